"""When a picture is already as MNIST makes them: the longest side of its ink is 18 to 20 pixels, and it is centred."""

import numpy as np
import pytest

from convlens.preprocessing.digit_rules import _is_as_mnist_makes_them


@pytest.mark.parametrize(
    ("top", "bottom", "dust", "fits"),
    [
        (5, 23, 0, True),  # 18 rows
        (6, 23, 0, False),  # 17
        (4, 24, 0, True),  # 20
        (4, 25, 0, False),  # 21, half a pixel beside the middle
        (5, 24, 0, True),  # 19, half a pixel beside the middle
        (6, 25, 0, False),  # 19, one and a half pixels beside it
        (6, 23, 25, False),  # an 18th row that is too faint to count
        (6, 23, 26, True),
    ],
)
def test_the_limits_of_what_needs_no_scaling(top, bottom, dust, fits):
    ink = np.zeros((28, 28), np.uint8)
    ink[top:bottom, 13:15] = 255
    ink[5, 13] = max(ink[5, 13], dust)
    for turned in (ink, ink.T):
        assert _is_as_mnist_makes_them(turned, 28, 20) is fits
    assert not _is_as_mnist_makes_them(np.pad(ink, 1), 28, 20)
