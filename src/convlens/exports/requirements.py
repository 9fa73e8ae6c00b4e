"""Checks that the packages that a format needs are installed."""

from collections.abc import Sequence
from importlib.util import find_spec

from convlens.errors import MissingDependency


def missing_packages(packages: Sequence[str]) -> list[str]:
    """Return the packages that are not installed; none of them is imported.

    >>> missing_packages(["numpy", "no_such_package"])
    ['no_such_package']
    """
    return [package for package in packages if find_spec(package) is None]


def require_packages(format: str, packages: Sequence[str], extra: str) -> None:
    """Check that the packages of an extra are installed, before any of them is imported.

    Raises:
        MissingDependency: one is not installed.

    >>> require_packages("onnx", ["numpy"], "onnx")
    """
    if missing := missing_packages(packages):
        verb = "are" if len(missing) > 1 else "is"
        raise MissingDependency(
            f"the format {format!r} needs {' and '.join(missing)}, which {verb} not installed. "
            f"pip install 'convlens[{extra}]'"
        )
