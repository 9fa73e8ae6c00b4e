"""Checks that the packages that the server needs are installed."""

from importlib.util import find_spec

from convlens.errors import MissingDependency

PACKAGES = ("fastapi", "uvicorn")


def require_server() -> None:
    """Check that the packages of the extra `server` are installed, before any of them is imported.

    Raises:
        MissingDependency: one is not installed.
    """
    missing = [package for package in PACKAGES if find_spec(package) is None]
    if missing:
        verb = "are" if len(missing) > 1 else "is"
        raise MissingDependency(
            f"the page's server needs {' and '.join(missing)}, which {verb} not installed. "
            "pip install 'convlens[server]'"
        )
