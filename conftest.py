"""Where the native engine was not built, its module's examples cannot run."""

try:
    import convlens.engines._native  # noqa: F401
except ImportError:
    collect_ignore = ["src/convlens/engines/native.py"]
