"""The README's three digits: the committed files are what the script draws, and they come to look like MNIST."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convlens.preprocessing import Preprocessing, prepare

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def script():
    import sys

    spec = importlib.util.spec_from_file_location("draw_digits", EXAMPLES / "draw_digits.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def test_the_committed_digits_are_what_the_script_draws(script):
    for digit in script.DIGITS:
        with Image.open(EXAMPLES / "digits" / f"{digit.name}.png") as committed:
            expected = np.asarray(committed).astype(int)
        drawn = np.asarray(script.draw_digit(digit)).astype(int)
        assert drawn.shape == expected.shape
        assert np.abs(drawn - expected).mean() < 0.5  # other versions of Pillow may round an edge otherwise


@pytest.mark.parametrize("name", ["two", "five", "seven"])
def test_they_come_to_look_like_mnist(name):
    prepared = prepare(Preprocessing(), EXAMPLES / "digits" / f"{name}.png")
    rows, columns = np.nonzero(prepared.pixels[0] > 25)
    assert max(np.ptp(rows), np.ptp(columns)) + 1 in (19, 20)
    assert 20 < prepared.pixels.mean() < 50  # MNIST: 33
    assert "dark on light, inverted" in prepared.notes
