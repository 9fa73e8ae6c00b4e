"""Each corruption does what its name says: literals by hand, SciPy's word where there is one, and no surprises."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage

from corrupted_images import CORRUPTIONS, blur, corrupt, edges, geometry, light, noise, strokes


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(5)


@pytest.fixture
def squares() -> np.ndarray:
    """20 images of a white square, 8×8, in the middle."""
    images = np.zeros((20, 28, 28))
    images[:, 10:18, 10:18] = 1
    return images


def centre_of_mass(image: np.ndarray) -> tuple[float, float]:
    rows, columns = np.indices(image.shape)
    return float((rows * image).sum() / image.sum()), float((columns * image).sum() / image.sum())


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_every_corruption_changes_some_and_is_the_same_again(name: str, random_images: Callable[..., tuple]):
    images, _ = random_images(12, (1, 28, 28), 10)
    before = images.copy()
    spoilt = corrupt(images, name, seed=1)
    assert (spoilt.dtype, spoilt.shape) == (np.uint8, images.shape)
    np.testing.assert_array_equal(images, before)
    assert (spoilt != images).mean() > 0.02
    np.testing.assert_array_equal(corrupt(images, name, seed=1), spoilt)
    if name not in ("scale", "brightness", "stripe", "edges"):  # these have nothing random
        assert (corrupt(images, name, seed=2) != spoilt).any()


def test_blocks_make_no_seam(monkeypatch: pytest.MonkeyPatch, random_images: Callable[..., tuple]):
    images, _ = random_images(5, (1, 28, 28), 10)
    whole = corrupt(images, "scale")
    monkeypatch.setattr("corrupted_images.BLOCK", 2)
    np.testing.assert_array_equal(corrupt(images, "scale"), whole)


def test_wrong_names_and_wrong_images_are_refused():
    with pytest.raises(ValueError, match=r"corruption 'snow' is not known; give one of shot noise, impulse noise"):
        corrupt(np.zeros((1, 1, 28, 28), np.uint8), "snow")
    with pytest.raises(ValueError, match=r"images of float64 and the shape \(1, 1, 28, 28\); give uint8, N×1×28×28"):
        corrupt(np.zeros((1, 1, 28, 28)), "fog")  # type: ignore
    with pytest.raises(ValueError, match=r"the shape \(1, 3, 28, 28\)"):
        corrupt(np.zeros((1, 3, 28, 28), np.uint8), "fog")


def test_shot_noise_counts_three_grains(generator: np.random.Generator):
    spoilt = noise.shot_noise(np.full((50, 28, 28), 0.5), generator)
    np.testing.assert_allclose(spoilt * 3, np.rint(spoilt * 3))
    assert spoilt.mean() == pytest.approx(0.5, abs=0.01)
    assert spoilt.var() == pytest.approx(0.5 / 3, abs=0.01)  # of a Poisson number with the mean 1.5, divided by 3
    assert not noise.shot_noise(np.zeros((2, 28, 28)), generator).any()


def test_impulse_noise_is_salt_as_often_as_pepper(generator: np.random.Generator):
    spoilt = noise.impulse_noise(np.full((50, 28, 28), 0.5), generator)
    assert (spoilt == 0).mean() == pytest.approx(0.085, abs=0.01)
    assert (spoilt == 1).mean() == pytest.approx(0.085, abs=0.01)
    assert set(np.unique(spoilt)) == {0.0, 0.5, 1.0}


def test_glass_only_moves_ink(monkeypatch: pytest.MonkeyPatch, generator: np.random.Generator):
    monkeypatch.setattr(blur, "GLASS_DEVIATION", 1e-9)  # no smoothing
    images = generator.random((3, 28, 28))
    spoilt = blur.glass_blur(images, generator)
    np.testing.assert_allclose(np.sort(spoilt.reshape(3, -1)), np.sort(images.reshape(3, -1)))
    assert 0.4 < (spoilt != images).mean() < 1
    np.testing.assert_array_equal(spoilt[:, 0], images[:, 0])  # the swaps end at the second row


def test_motion_leaves_a_trail_on_one_side(monkeypatch: pytest.MonkeyPatch, generator: np.random.Generator):
    monkeypatch.setattr(blur, "MOTION_ANGLE", 0.0)
    image = np.zeros((1, 28, 28))
    image[0, 14, 14] = 1
    spoilt = blur.motion_blur(image, generator)
    weights = np.exp(-(np.arange(12) ** 2) / 18)
    np.testing.assert_allclose(spoilt[0, 14, 3:15][::-1], weights / weights.sum())
    assert spoilt.sum() == pytest.approx(1)


@pytest.mark.parametrize(("name", "growth"), [("shear", 1 / np.cos(0.4)), ("scale", 0.49), ("rotate", 1.0)])
def test_shapes_keep_their_centre_and_grow_as_they_should(
    name: str, growth: float, squares: np.ndarray, generator: np.random.Generator
):
    smooth = ndimage.gaussian_filter(squares, (0, 2, 2))
    for before, after in zip(smooth, CORRUPTIONS[name](smooth, generator), strict=True):
        assert after.sum() == pytest.approx(growth * before.sum(), rel=0.01)
        assert centre_of_mass(after) == pytest.approx((13.5, 13.5), abs=0.02)


def test_turning_is_scipys(squares: np.ndarray, generator: np.random.Generator):
    spoilt = geometry.rotate(squares, generator)
    both = [ndimage.rotate(squares[0], sign * np.degrees(0.4), reshape=False, order=1) for sign in (-1, 1)]
    which = [min((np.abs(image - one).max(), k) for k, one in enumerate(both)) for image in spoilt]
    assert max(difference for difference, _ in which) < 1e-9
    assert {k for _, k in which} == {0, 1}


def test_leaning_is_to_either_side(generator: np.random.Generator):
    bars = np.zeros((20, 28, 28))
    bars[:, 4:24, 13:15] = 1
    leans = [centre_of_mass(one[:10])[1] - centre_of_mass(one[18:])[1] for one in geometry.shear(bars, generator)]
    # 10 − 4.5 rows or so above the middle and as many below, each moved by tan(0.4) a row.
    assert {round(abs(lean)) for lean in leans} == {6}
    assert {np.sign(lean) for lean in leans} == {-1, 1}


def test_moves_are_three_pixels_both_ways(generator: np.random.Generator):
    images = np.zeros((40, 28, 28))
    images[:, 10, 12] = 1
    places = {tuple(map(int, np.argwhere(one)[0])) for one in geometry.translate(images, generator)}
    assert places == {(7, 9), (7, 15), (13, 9), (13, 15)}
    assert not geometry.translate(np.pad(np.ones((1, 1, 28)), ((0, 0), (27, 0), (0, 0))), generator)[0, :24].any()


def test_light_by_hand(generator: np.random.Generator):
    images = np.full((1, 28, 28), 0.2)
    np.testing.assert_allclose(light.brightness(images, generator), 0.7)
    striped = light.stripe(images, generator)
    np.testing.assert_allclose(striped[0, 5], [0.8] * 7 + [0.2] * 14 + [0.8] * 7)


def test_fog_leaves_a_quarter_of_the_contrast(monkeypatch: pytest.MonkeyPatch, generator: np.random.Generator):
    images = np.zeros((3, 28, 28))
    images[:, 10, 10] = 1
    foggy = light.fog(images, generator)
    assert foggy.min() >= 0
    assert foggy.max() <= 1
    monkeypatch.setattr(light, "make_clouds", lambda *_: np.full((256, 256), 0.5))
    even = light.fog(images, generator)
    assert even[0, 10, 10] - even[0, 0, 0] == pytest.approx(0.25)
    assert even[0, 0, 0] == pytest.approx(0.375)  # 3 · 0.5 · 1 / (1 + 3)


def test_clouds_are_even_in_the_small_and_have_no_seam(generator: np.random.Generator):
    clouds = light.make_clouds(64, light.FOG_DECAY, generator)
    assert (clouds.min(), clouds.max()) == (0, 1)
    steps = np.abs(np.diff(clouds, axis=1)).mean()
    assert steps < 0.05
    assert np.abs(clouds[:, 0] - clouds[:, -1]).mean() < 3 * steps


def test_mud_covers_with_dark_grey_and_nothing_else(generator: np.random.Generator):
    on_black = light.spatter(np.zeros((20, 28, 28)), generator)
    covered = on_black > 0
    assert 0.1 < covered.mean() < 0.5
    assert 0.8 * 63 / 255 <= on_black[covered].min() <= on_black.max() <= 63 / 255 + 1e-9
    on_white = light.spatter(np.ones((20, 28, 28)), np.random.default_rng(5))
    again = light.spatter(np.zeros((20, 28, 28)), np.random.default_rng(5))
    np.testing.assert_array_equal(on_white < 1, again > 0)


def test_a_stroke_fades_from_its_middle():
    stroke = strokes.draw_stroke(np.full((1, 3), 10.0), 28)
    # 1 + log(1 − d / 2.3) for d = 0, 1; from 1.454 on it is below 0.
    np.testing.assert_allclose(stroke[0, 8:13, 1], [0, 1 + np.log(1.3 / 2.3), 1, 1 + np.log(1.3 / 2.3), 0])


def test_a_dotted_line_has_gaps_of_two(generator: np.random.Generator):
    lines = strokes.dotted_line(np.zeros((30, 28, 28)), generator)
    shown = lines.any(axis=1)
    np.testing.assert_array_equal(shown, np.tile([False, False, True, True] * 7, (30, 1)))
    assert lines.max() <= 1


def test_a_level_zigzag_by_hand():
    rows = strokes._zigzag_rows(np.arange(28), 12.0, 12.0)
    np.testing.assert_allclose(rows[2:15], [12, 13, 14, 13, 12, 11, 10, 11, 12, 13, 14, 13, 12])
    assert rows[25] == pytest.approx(12)


def test_a_zigzag_begins_and_ends_where_it_should(generator: np.random.Generator):
    lines = strokes.zigzag(np.zeros((30, 28, 28)), generator)
    columns = np.asarray(lines > 0).max(axis=1)
    assert columns[:, 3:22].any()
    assert not columns[:, :2].any()
    assert not columns[:, 25:].any()
    slanted = strokes._zigzag_rows(np.arange(28), 5.0, 9.0)
    assert slanted[2] == pytest.approx(5)
    assert slanted[25] == pytest.approx(9)


def test_edges_of_a_square_are_a_closed_line_of_one_pixel(squares: np.ndarray, generator: np.random.Generator):
    found = np.asarray(edges.canny_edges(squares, generator)[0])
    assert set(np.unique(found)) == {0.0, 1.0}
    assert ndimage.label(found, np.ones((3, 3)))[1] == 1  # type: ignore
    assert ndimage.label(found == 0)[1] == 2  # type: ignore
    # The left side is crossed once or, where the two pixels along it are equally steep, at both of them.
    assert found[13, :14].sum() in (1, 2)
    assert not edges.canny_edges(np.full((1, 28, 28), 0.5), generator)[:, 4:-4, 4:-4].any()


def test_weak_edges_stay_where_a_strong_one_goes_on(monkeypatch: pytest.MonkeyPatch, generator: np.random.Generator):
    images = np.zeros((2, 28, 28))
    images[0, :, 14:] = 0.05 * 10 ** np.linspace(0, 1, 28)[:, np.newaxis]  # as steep as below at the top, then more
    images[1, :, 14:] = 0.055  # a steepness between 0.1 and 0.2 everywhere

    def rows_with_edges() -> np.ndarray:
        return np.asarray(edges.canny_edges(images, generator)[:, 4:-4, 10:18]).max(axis=2)

    assert rows_with_edges()[0].all()
    assert not rows_with_edges()[1].any()
    monkeypatch.setattr(edges, "WEAK", edges.STRONG)
    assert not rows_with_edges()[0, 0]


def test_images_of_a_stack_do_not_see_each_other(generator: np.random.Generator, squares: np.ndarray):
    mixed = np.stack([squares[0], np.zeros((28, 28)), squares[0].T])
    together = edges.canny_edges(mixed, generator)
    alone = [edges.canny_edges(one[np.newaxis], generator)[0] for one in mixed]
    np.testing.assert_array_equal(together, np.stack(alone))
