"""Fixtures for tests of whole benchmarks: images without files, and records that are captured instead of written."""

import numpy as np
import pytest

import recording
from convlens.data import Dataset, LabelledImages
from machine import Neighbours


@pytest.fixture
def noise() -> Dataset:
    """Return 300 training and 60 test images of noise with the size and the classes of MNIST."""
    generator = np.random.default_rng(0)

    def images(count: int, name: str) -> LabelledImages:
        pixels = generator.integers(0, 256, (count, 1, 28, 28), dtype=np.uint8)
        return LabelledImages(pixels, np.arange(count) % 10, tuple("0123456789"), name)

    return Dataset("mnist", images(300, "noise train"), images(60, "noise test"), "digit")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the sections that were written, by name; the machine counts as idle."""
    sections: dict[str, str] = {}
    monkeypatch.setattr(recording, "write_section", lambda name, section, _: sections.update({name: section}))
    monkeypatch.setattr(Neighbours, "cores", lambda _: 0.0)
    return sections
