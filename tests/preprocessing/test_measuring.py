"""How images look, in numbers: worked out by hand, and by SciPy's ways to the same."""

import numpy as np
import pytest
from scipy import ndimage

from convlens.preprocessing.measuring import measure


def one(pixels):
    looks = measure(pixels[None])
    return {name: getattr(looks, name)[0] for name in looks.__dataclass_fields__}


def bar(paper=0, ink=200):
    """10 rows × 4 columns of ink in 20×20, 2 below and 1 right of the middle."""
    pixels = np.full((20, 20), paper, np.uint8)
    pixels[7:17, 9:13] = ink
    return pixels


def test_a_bar_by_hand():
    looks = one(bar())
    assert not looks["dark_ink"]
    assert (looks["background"], looks["contrast"]) == (0, 200)
    assert looks["fill"] == 0.5  # 10 of 20 rows
    assert looks["ink_share"] == pytest.approx(40 / 400)
    assert looks["box_centre"].tolist() == pytest.approx([2 / 20, 1 / 20])
    assert looks["mass_centre"].tolist() == pytest.approx([2 / 20, 1 / 20])
    assert (looks["unevenness"], looks["border_ink"], looks["softness"]) == (0, 0, 0)
    # 2 · area / outline: 80 / 28 pixels; the corner where both differences meet counts √2 and not 2
    assert looks["stroke"] == pytest.approx(80 / (26 + 2**0.5) / 20)


def test_turned_to_dark_on_light_everything_else_stays():
    light, dark = one(bar()), one(255 - bar())
    assert dark.pop("dark_ink")
    assert not light.pop("dark_ink")
    assert dark.pop("background") == 255
    light.pop("background")
    for name, value in light.items():
        np.testing.assert_allclose(dark[name], value, atol=1e-6, err_msg=name)


def test_the_share_does_not_depend_on_the_contrast():
    faint, strong = one(bar(100, 130)), one(bar(0, 250))
    for name in ("fill", "ink_share", "stroke", "softness"):
        assert faint[name] == pytest.approx(strong[name]), name


@pytest.mark.parametrize("width", [3, 6, 9])
def test_stroke_thickness_of_rings_is_that_of_the_pen(width):
    rows, columns = np.mgrid[:120, :120] - 59.5
    distance = np.abs(np.hypot(rows, columns) - 40)
    ring = np.clip(width / 2 + 0.5 - distance, 0, 1) * 255
    assert one(ring.astype(np.uint8))["stroke"] * 120 == pytest.approx(width, rel=0.12)


def test_centres_and_box_agree_with_scipy():
    blobs = ndimage.gaussian_filter(np.random.default_rng(3).random((40, 60)) > 0.995, 2.0, output=np.float64)
    pixels = np.rint(blobs / blobs.max() * 255).astype(np.uint8)
    pixels[[0, -1]] = 0
    pixels[:, [0, -1]] = 0
    looks = one(pixels)
    middle = (np.array(ndimage.center_of_mass(pixels)) + 0.5) / (40, 60) - 0.5
    np.testing.assert_allclose(looks["mass_centre"], middle, atol=1e-5)
    ((rows, columns),) = ndimage.find_objects((pixels >= 0.2 * pixels.max()).astype(int))
    assert looks["fill"] == pytest.approx(max((rows.stop - rows.start) / 40, (columns.stop - columns.start) / 60))


def test_uneven_paper_and_ink_on_the_border():
    assert one(bar()[:, 5:13])["border_ink"] == pytest.approx(8 / 52, abs=0.05)
    slope = np.tile(np.linspace(0, 200, 20), (20, 1)).astype(np.uint8)
    assert not measure(slope[None]).is_even[0]
    assert measure(bar()[None]).is_even[0]


@pytest.mark.parametrize("shape", [(1, 1), (1, 50), (50, 1), (2, 2)])
@pytest.mark.parametrize("level", [0, 77, 255])
def test_images_of_nothing_have_numbers_too(shape, level):
    looks = measure(np.full((3, *shape), level, np.uint8))
    assert len(looks) == 3
    for name in looks.__dataclass_fields__:
        assert np.isfinite(getattr(looks, name)).all(), name
    assert looks.contrast.tolist() == [0, 0, 0]


def test_many_at_once_are_measured_like_each_alone():
    images = np.random.default_rng(0).integers(0, 256, (7, 12, 9)).astype(np.uint8)
    together = measure(images)
    for place, image in enumerate(images):
        for name, value in one(image).items():
            np.testing.assert_allclose(getattr(together, name)[place], value, rtol=1e-5, err_msg=name)
