"""A function that runs commands in this process, and a run folder that one of them wrote."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from convlens.cli.main import run
from convlens.data import CatalogueEntry


@dataclass(frozen=True)
class Ran:
    """The output and the result of a command."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict]:
        """Return stdout as JSON, one object per line."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def convlens(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Return `convlens("layers", "dense")`, which runs that command."""

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


TINY_NETWORK = "conv 4 3x3 pad 1, relu, maxpool 2, dense"


@pytest.fixture(scope="session")
def kept_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which `trained_run` keeps `runs` for the next tests."""
    return tmp_path_factory.mktemp("kept") / "runs"


@pytest.fixture
def trained_run(convlens: Callable[..., Ran], tiny: CatalogueEntry, kept_runs: Path) -> Path:
    """Return a run folder: `tiny`, trained for two epochs. It is trained once, and every test gets a copy."""
    if kept_runs.exists():
        shutil.copytree(kept_runs, "runs", symlinks=True)
        return Path("runs/first")
    ran = convlens("train", "tiny", "--network", TINY_NETWORK, "--epochs", "2", "--threads", "1", "--out", "runs/first")
    assert ran.code == 0, ran.err
    shutil.copytree("runs", kept_runs, symlinks=True)
    return Path("runs/first")
