"""The one exit code that belongs to no error; the others stand in `convlens.errors`."""

EXIT_INTERRUPTED = 130
"""Stopped by Ctrl-C or SIGTERM, after saving; 128 + 2, as shells count signals."""
