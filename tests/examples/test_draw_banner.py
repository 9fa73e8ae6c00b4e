"""The picture that opens the README, for the tutorial's network and for others."""

import importlib.util
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

SPEC = importlib.util.spec_from_file_location("draw_banner", Path(__file__).parents[2] / "examples/draw_banner.py")
assert SPEC is not None
assert SPEC.loader is not None
banner = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(banner)

RANDOM = np.random.default_rng(0)
DIGIT = RANDOM.integers(0, 256, (1, 28, 28)).astype(np.uint8)
STAGES = [("conv 8 3×3, relu, maxpool 2", RANDOM.random((8, 14, 14))), ("conv 16", RANDOM.random((16, 7, 7)))]


def test_the_tutorials_network():
    content = banner.draw(DIGIT, STAGES, np.eye(10)[7], list("0123456789"))
    width, height = Image.open(io.BytesIO(content)).size
    assert width == 1200
    assert 350 < height < 500
    assert content == banner.draw(DIGIT, STAGES, np.eye(10)[7], list("0123456789"))


@pytest.mark.parametrize("maps", [np.zeros((1, 3, 3)), RANDOM.random((5, 20, 30)), -RANDOM.random((40, 2, 9))])
def test_any_number_of_maps_and_classes(maps):
    names = ["x" * 300, "الرقم", *map(str, range(98))]
    probabilities = np.linspace(1, 0, 100) / 50
    assert banner.draw(np.zeros((3, 20, 30), np.uint8), [("a, b", maps)], probabilities, names).startswith(b"\x89PNG")
