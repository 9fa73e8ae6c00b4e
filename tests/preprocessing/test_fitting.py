"""What is learned from the training images: their shape, polarity and looks."""

import numpy as np
import pytest

from convlens.errors import UsageError
from convlens.preprocessing import Preprocessing, fit_preprocessing


def images_with_borders(*levels, channels=1):
    images = np.full((len(levels), channels, 9, 9), 128, np.uint8)
    for image, level in zip(images, levels, strict=True):
        image[:, [0, -1], :] = level
        image[:, :, [0, -1]] = level
    return images


def test_mnist_is_what_the_defaults_say():
    assert fit_preprocessing(np.zeros((3, 1, 28, 28), np.uint8), "digit") == Preprocessing()


@pytest.mark.parametrize(
    ("levels", "light_on_dark"),
    [([0] * 20, True), ([250] * 20, False), ([0] * 19 + [250], True), ([0] * 18 + [250] * 2, None)],
)
def test_polarity_where_nearly_all_agree(levels, light_on_dark):
    assert fit_preprocessing(images_with_borders(*levels), "letterbox").light_on_dark is light_on_dark


def test_colour_is_never_inverted():
    fitted = fit_preprocessing(images_with_borders(*[0] * 20, channels=3), "letterbox")
    assert fitted.light_on_dark is None
    assert fitted.image_shape == (3, 9, 9)
    assert fitted.normalisation.mean == (0.0, 0.0, 0.0)


def test_what_cannot_be_fitted():
    with pytest.raises(UsageError, match="images of the shape 0×1×28×28: give at least one"):
        fit_preprocessing(np.zeros((0, 1, 28, 28), np.uint8), "digit")
    with pytest.raises(UsageError, match=r"images of the shape 5×28×28: give .* as N × channels × height × width"):
        fit_preprocessing(np.zeros((5, 28, 28), np.uint8), "digit")
    with pytest.raises(UsageError, match="the rules 'digit' make square grey images, not 3×28×28"):
        fit_preprocessing(np.zeros((5, 3, 28, 28), np.uint8), "digit")


def test_the_appearance_by_hand():
    # A bar of 12 × 4 in a frame of 24: 0.5 of its side, and 48 of 576 pixels. Three rows lower than the middle.
    images = np.full((8, 1, 24, 24), 200, np.uint8)
    images[:, :, 9:21, 10:14] = 50
    looks = fit_preprocessing(images, "glyph").appearance
    assert looks is not None
    assert looks.images == 8
    assert (looks.fill.lowest, looks.fill.middle, looks.fill.highest) == (0.5, 0.5, 0.5)
    assert (looks.background.middle, looks.contrast.middle, looks.softness.highest) == (200, 150, 0)
    assert looks.ink_share.middle == round(48 / 576, 4)
    assert (looks.centre.down, looks.centre.right) == (0.125, 0)
    assert looks.centre.distance == looks.centre.farthest == 0
