"""A small known dataset for the commands, and a way to run them in this process."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from convlens.cli.main import run
from convlens.data import CATALOGUE, CatalogueEntry, Dataset, write_idx
from convlens.files import sha256_of_file


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


@pytest.fixture
def tiny(digits_8x8: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CatalogueEntry:
    """`tiny`, a known dataset of 8×8 digits that lies in the data folder already; no source could deliver it."""
    folder = tmp_path / "data" / "Tiny" / "raw"
    folder.mkdir(parents=True)
    parts = {"train": digits_8x8.train, "t10k": digits_8x8.test}
    assert digits_8x8.test is not None
    files = {}
    for prefix, part in parts.items():
        for name, array in (
            ("images-idx3-ubyte", part.images[:, 0]),
            ("labels-idx1-ubyte", part.labels.astype("uint8")),
        ):
            write_idx(folder / f"{prefix}-{name}", array)
            files[f"{prefix}-{name}"] = sha256_of_file(folder / f"{prefix}-{name}")
    entry = CatalogueEntry(
        name="tiny",
        title="Tiny digits",
        licence="BSD",
        shape=(1, 8, 8),
        class_names=digits_8x8.train.class_names,
        counts={"train": len(digits_8x8.train), "test": len(digits_8x8.test)},
        folder="Tiny",
        files=files,
        sources=(),
        preprocessing="letterbox",
    )
    monkeypatch.setitem(CATALOGUE, "tiny", entry)
    monkeypatch.setenv("CONVLENS_DATA", str(tmp_path / "data"))
    return entry


TINY_NETWORK = "conv 4 3x3 pad 1, relu, maxpool 2, dense"


@pytest.fixture
def trained_run(convlens: Callable[..., Ran], tiny: CatalogueEntry) -> Path:
    """A run folder: `tiny`, learned for two epochs."""
    ran = convlens("train", "tiny", "--network", TINY_NETWORK, "--epochs", "2", "--threads", "1", "--out", "runs/first")
    assert ran.code == 0, ran.err
    return Path("runs/first")
