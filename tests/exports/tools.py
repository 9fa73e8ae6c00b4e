"""What a test does if a program that it needs is missing: it is skipped, but if CI is set, it fails."""

import importlib.util
import os
import shutil

import pytest

from convlens import TrainedModel
from convlens.errors import MissingDependency
from convlens.exports.format import ExportFormat
from convlens.exports.options import DEFAULTS, ExportOptions

IN_CI = bool(os.environ.get("CI"))
INSTALL = "scripts/runtimes installs it"


def needs(*choices: str | tuple[str, ...]) -> pytest.MarkDecorator:
    """Mark a test that needs programs: each by its name, or by several of which one is enough."""
    named = [one if isinstance(one, tuple) else (one,) for one in choices]
    missing = [" or ".join(names) for names in named if not any(map(shutil.which, names))]
    return pytest.mark.skipif(bool(missing) and not IN_CI, reason=f"{', '.join(missing)}: missing; {INSTALL}")


def needs_package(name: str) -> pytest.MarkDecorator:
    """Mark a test that imports a package."""
    missing = importlib.util.find_spec(name) is None
    return pytest.mark.skipif(missing and not IN_CI, reason=f"{name}: missing; {INSTALL}")


def skip_without_tools(kind: ExportFormat, model: TrainedModel, options: ExportOptions = DEFAULTS) -> None:
    """Skip the test if what the format needs is not installed."""
    try:
        kind.check(model, options)
    except MissingDependency as missing:
        if IN_CI:
            raise
        pytest.skip(str(missing))
