"""A way to run the commands in this process, and a run folder that one of them wrote."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from convlens.cli.main import run
from convlens.data import CatalogueEntry


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict]:
        """Its stdout as JSON, a line an object."""
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def convlens(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """`convlens("layers", "dense")` runs that command."""

    def call(*arguments: str) -> Ran:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return call


TINY_NETWORK = "conv 4 3x3 pad 1, relu, maxpool 2, dense"


@pytest.fixture
def trained_run(convlens: Callable[..., Ran], tiny: CatalogueEntry) -> Path:
    """A run folder: `tiny`, learned for two epochs."""
    ran = convlens("train", "tiny", "--network", TINY_NETWORK, "--epochs", "2", "--threads", "1", "--out", "runs/first")
    assert ran.code == 0, ran.err
    return Path("runs/first")
