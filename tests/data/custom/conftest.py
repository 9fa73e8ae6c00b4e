"""Folders of small images, and decoding in this process, because starting another takes longer than the decoding."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from convlens.pixels import encode_png

WritePhotos = Callable[..., Path]


@pytest.fixture(autouse=True)
def decode_here(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no other processes, except for tests that use `processes`."""
    if "processes" not in request.fixturenames:
        monkeypatch.setattr("convlens.pixels.processes.sys.executable", "")


@pytest.fixture
def processes() -> None:
    """Decode in other processes, as outside of tests."""


@pytest.fixture
def write_photos() -> WritePhotos:
    """Return a function (folder, class=count, ...) that writes grey images of 20×20 pixels and returns the folder."""

    def write(folder: Path, size: tuple[int, int] = (20, 20), **classes: int) -> Path:
        for name, count in classes.items():
            (folder / name).mkdir(parents=True, exist_ok=True)
            for number in range(count):
                random = np.random.default_rng([len(name), ord(name[0]), number])
                pixels = random.integers(0, 256, size, np.uint8)
                (folder / name / f"{number}.png").write_bytes(encode_png(pixels))
        return folder

    return write
