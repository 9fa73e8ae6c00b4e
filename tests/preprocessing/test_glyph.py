"""Finding the ink on clean, noisy, unevenly lit and empty paper."""

import io

import numpy as np
import pytest
from PIL import Image

from convlens.preprocessing.glyph import (
    even_out_light,
    find_background,
    find_glyph_box,
    is_dark_on_light,
    stretch_contrast,
)

INSIDE = (slice(30, 80), slice(60, 90))  # 50 rows, 30 columns


def paper(light, ink, noise=0.0, shape=(120, 160)):
    pixels = np.full(shape, float(light))
    pixels[INSIDE] = ink
    pixels += np.random.default_rng(1).normal(scale=noise, size=shape) if noise else 0
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("light", "ink", "dark_on_light"),
    [(255, 0, True), (0, 255, False), (90, 10, True), (200, 250, False), (140, 100, True)],
)
def test_polarity(light, ink, dark_on_light):
    assert is_dark_on_light(paper(light, ink, noise=3)) is dark_on_light


def test_the_background_of_ink_that_reaches_the_border():
    # 16 of 20 border pixels are ink, 16 of 36 altogether, none of 4 corners: 0.8 + 0.44 + 0 are less than half of 3.
    ring = np.zeros((6, 6), np.uint8)
    ring[1:-1, [0, 5]] = 200
    ring[[0, 5], 1:-1] = 200
    assert find_background(ring) == (0, 0)
    assert not is_dark_on_light(ring)
    assert find_background(255 - ring) == (255, 0)
    assert is_dark_on_light(255 - ring)


def test_noise_is_one_level_and_its_deviation_is_measured():
    noise = np.clip(np.random.default_rng(2).normal(60, 10, (200, 300)), 0, 255).astype(np.uint8)
    level, deviation = find_background(noise)
    assert level == pytest.approx(60, abs=1)
    assert deviation == pytest.approx(6.745, abs=1)  # of a normal distribution: 0.6745 of its deviation


def test_stretching_by_hand():
    # background 40, ink 140: (60 − 40)·255/100 = 51
    pixels = np.full((9, 9), 40, np.uint8)
    pixels[4, 4], pixels[4, 5], pixels[5, 5] = 140, 60, 10
    ink = stretch_contrast(pixels)
    assert ink is not None
    assert ink[4, 3:7].tolist() == [0, 255, 51, 0]
    assert ink[5, 5] == 0


def test_clean_light_on_dark_is_left_alone():
    pixels = np.zeros((28, 28), np.uint8)
    pixels[9:15, 9:12] = 254
    assert stretch_contrast(pixels) is pixels


@pytest.mark.parametrize("noise", [0, 3, 10])
def test_no_ink_on_empty_paper(noise):
    empty = np.clip(np.random.default_rng(2).normal(60, noise, (200, 300)), 0, 255).astype(np.uint8)
    assert stretch_contrast(empty) is None


def found(pixels):
    ink = stretch_contrast(255 - pixels)
    assert ink is not None
    return find_glyph_box(ink)


@pytest.mark.parametrize("noise", [0, 4, 12])
def test_the_box_is_exact_on_noisy_paper(noise):
    assert found(paper(220, 40, noise)) == INSIDE


def test_the_box_on_a_bad_jpeg():
    file = io.BytesIO()
    Image.fromarray(paper(220, 40, 6)).save(file, "JPEG", quality=20)
    box = found(np.asarray(Image.open(file)))
    assert box is not None
    rows, columns = box
    assert abs(rows.start - 30) <= 1
    assert abs(rows.stop - 80) <= 1
    assert abs(columns.start - 60) <= 1
    assert abs(columns.stop - 90) <= 1


def test_dust_is_left_out():
    pixels = paper(220, 40)
    pixels[5:8, 5:8] = 60
    pixels[110:112, 150:153] = 60
    pixels[50:53, 140:143] = 60
    assert found(pixels) == INSIDE


def test_parts_of_a_letter_are_kept():
    pixels = paper(220, 40)
    pixels[10:18, 70:80] = 40  # the dot of an i
    assert found(pixels) == (slice(10, 80), slice(60, 90))


def test_a_line_of_one_pixel_is_ink():
    pixels = np.full((100, 100), 255, np.uint8)
    pixels[20:90, 50] = 0
    assert found(pixels) == (slice(20, 90), slice(50, 51))


def test_faint_rims_are_kept_where_the_size_is_right():
    pixels = np.zeros((28, 28), np.uint8)
    pixels[5:23, 10:15] = 255
    pixels[[4, 23], 12] = 3
    assert find_glyph_box(pixels) == (slice(5, 23), slice(10, 15))
    assert find_glyph_box(pixels, wanted=20) == (slice(4, 24), slice(10, 15))


def test_no_box_around_nothing():
    assert find_glyph_box(np.zeros((28, 28), np.uint8), wanted=20) is None


def test_light_from_one_side_is_taken_out():
    slope = np.linspace(-30, 30, 160)
    uneven = np.clip(np.rint(paper(200, 60, noise=2) + slope), 0, 255).astype(np.uint8)
    even, span = even_out_light(uneven)
    assert span == pytest.approx(60, abs=3)
    assert np.abs(even.astype(int) - paper(200, 60, noise=2)).max() <= 3
    assert found(even) == INSIDE


@pytest.mark.parametrize(("shape", "span"), [((56, 56), 0), ((57, 56), 60), ((56, 57), 60)])
def test_of_small_pictures_no_light_is_taken_out(shape, span):
    slope = np.linspace(-30, 30, shape[1])
    uneven = np.broadcast_to(np.rint(200 + slope), shape).astype(np.uint8)
    assert even_out_light(uneven)[1] == pytest.approx(span, abs=3)


@pytest.mark.parametrize(("noise", "span"), [(14, 60), (16, 0)])
def test_light_must_explain_two_thirds_of_the_border(noise, span):
    # The median distance from the border's median is about 21. Half of the noise is left beside a plane: 7 or 8.
    random = np.random.default_rng(0)
    uneven = 150 + np.linspace(-30, 30, 160) + random.uniform(-noise, noise, (120, 160))
    assert even_out_light(np.rint(uneven).astype(np.uint8))[1] == span


def test_even_light_and_cropped_ink_are_left_alone():
    even = paper(200, 60)
    assert even_out_light(even) == (even, 0)
    cropped = np.full((100, 100), 255, np.uint8)
    cropped[:, :30] = 0  # ink at three sides
    assert even_out_light(cropped) == (cropped, 0)
