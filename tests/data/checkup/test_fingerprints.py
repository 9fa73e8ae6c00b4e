import numpy as np
import pytest

from convlens.data.checkup import fingerprints
from convlens.data.checkup.fingerprints import average, shrink, take_fingerprints


def test_shrinking_averages_blocks_by_hand():
    images = np.zeros((1, 1, 64, 64), np.uint8)
    images[0, 0, :2, :2] = [[10, 20], [30, 41]]
    small = shrink(images)
    assert small.shape == (1, 1, 32, 32)
    assert small[0, 0, 0, 0] == 25.25
    assert small.sum() == 25.25


@pytest.mark.parametrize(("side", "small"), [(8, 8), (32, 32), (33, 16), (64, 32), (65, 21), (96, 32)])
def test_nothing_is_larger_than_32_pixels(side, small):
    assert shrink(np.zeros((2, 3, side, side), np.uint8)).shape == (2, 3, small, small)


def test_blocks_that_do_not_divide_evenly_keep_an_even_picture_even():
    assert (average(np.full((1, 1, 13, 7), 200, np.uint8), 4, 3) == 200).all()
    assert (average(np.full((1, 1, 3, 3), 200, np.uint8), 8, 8) == 200).all()


def test_an_outline_is_what_numpy_says_the_spectrum_is(random_images):
    images, _ = random_images(3, (1, 20, 28), 2)
    grey = images[:, 0].astype(np.float32)
    spectrum = np.abs(np.fft.fft2(grey))
    places = [(down, across) for down in range(-4, 5) for across in range(5) if across or down > 0]
    expected = np.stack([spectrum[:, down, across] for down, across in places], axis=1)
    expected = np.sqrt(expected / expected.sum(axis=1, keepdims=True))
    np.testing.assert_allclose(fingerprints._outline(grey), expected, rtol=1e-4)


def test_a_shift_on_an_even_background_leaves_the_outline_alone(digits_24x24):
    images = np.pad(digits_24x24[0][:50], ((0, 0), (0, 0), (4, 4), (4, 4)))
    moved = np.roll(images, (2, -1), axis=(2, 3))
    outlines = fingerprints._outline(images[:, 0].astype(np.float32))
    np.testing.assert_allclose(fingerprints._outline(moved[:, 0].astype(np.float32)), outlines, atol=2e-3)


def test_styles_by_hand():
    image = np.zeros((1, 1, 8, 8), np.uint8)
    image[0, 0, 2:6, 2:6] = 160
    background, brightness, contrast, roughness = take_fingerprints(image).styles[0].tolist()
    assert (background, brightness) == (0, 40)  # 16 of 64 pixels have 160
    assert contrast == pytest.approx(160 * (0.25 * 0.75) ** 0.5, rel=1e-5)
    assert roughness == pytest.approx(8 * 160 / 56, rel=1e-5)  # 8 steps of 160 among 56 neighbours, either way


def test_pieces_give_the_same_as_the_whole(random_images, monkeypatch):
    images, _ = random_images(50, (3, 40, 40), 2)
    whole = take_fingerprints(images)
    monkeypatch.setattr(fingerprints, "_CHUNK_PIXELS", 7 * 3 * 40 * 40)
    told = []
    pieces = take_fingerprints(images, lambda done, total: told.append((done, total)))
    assert told == [(7, 50), (14, 50), (21, 50), (28, 50), (35, 50), (42, 50), (49, 50), (50, 50)]
    np.testing.assert_allclose(pieces.outlines, whole.outlines, atol=1e-5)
    np.testing.assert_array_equal(pieces.thumbs, whole.thumbs)
    np.testing.assert_allclose(pieces.styles, whole.styles, rtol=1e-5)


def test_images_of_one_colour_have_fingerprints_too():
    prints = take_fingerprints(np.full((4, 1, 16, 16), 9, np.uint8))
    assert np.isfinite(prints.outlines).all()
    assert prints.styles[0].tolist() == [9, 9, 0, 0]
