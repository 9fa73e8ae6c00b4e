"""Augmentation: the numbers that are drawn, how far they reach, and that nothing but seed, epoch and place decides."""

import numpy as np
import pytest

from convlens.engines import AugmentationSettings, draw_changes
from convlens.engines.augmentation import (
    BLUR,
    CHANGE_NUMBERS,
    COVER,
    ELASTIC_X,
    ELASTIC_Y,
    GAIN,
    KEY,
    NOISE,
    OFFSET,
    THICKNESS,
    unchanged,
)
from convlens.errors import UsageError

SHAPE = (3, 20, 40)
ALL = AugmentationSettings(0.1, 20, 0.25, 0.2, 0.3, 0.02, 0.5, 0.8, 0.4, 0.2, 0.5, 0.1, 0.3, True, True)


def test_without_any_settings_nothing_is_changed():
    drawn = draw_changes(AugmentationSettings(), 3, 0, range(100), SHAPE)
    drawn[:, KEY] = 0  # of a noise that is not there
    np.testing.assert_array_equal(drawn, unchanged(100))


def test_changes_depend_on_seed_epoch_and_place_alone():
    whole = draw_changes(ALL, 3, 1, range(10_000), SHAPE)
    assert whole.shape == (10_000, CHANGE_NUMBERS)
    assert whole.dtype == np.float32
    for places in (range(5), range(4090, 4100), range(8191, 8193), range(7, 9000)):
        np.testing.assert_array_equal(draw_changes(ALL, 3, 1, places, SHAPE), whole[places.start : places.stop])
    assert draw_changes(ALL, 3, 1, range(3, 3), SHAPE).shape == (0, CHANGE_NUMBERS)
    for other in (draw_changes(ALL, 4, 1, range(10), SHAPE), draw_changes(ALL, 3, 2, range(10), SHAPE)):
        assert (other[:, KEY] != whole[:10, KEY]).all()
    assert len(np.unique(whole[:, KEY])) > 9900  # one block is not the next one again


def test_a_long_epoch_changes_distant_images_alike():
    whole = draw_changes(ALL, 3, 1, range(40_000), SHAPE)
    np.testing.assert_array_equal(whole[:-16_384], whole[16_384:])
    assert len(np.unique(whole[:16_384, KEY])) > 16_300
    next_epoch = draw_changes(ALL, 3, 2, range(40_000), SHAPE)
    assert (next_epoch[:, KEY] != whole[:, KEY]).mean() > 0.999


def test_shifts_reach_their_share_of_the_side_and_no_further():
    affine = draw_changes(AugmentationSettings(shift=0.1), 0, 0, range(4000), SHAPE)[:, :6]
    np.testing.assert_array_equal(affine[:, [0, 1, 3, 4]], np.tile([1, 0, 0, 1], (4000, 1)))
    for column, side in ((2, 40), (5, 20)):
        assert 0.098 * side < np.abs(affine[:, column]).max() <= 0.1 * side
        assert abs(affine[:, column].mean()) < 0.005 * side


def test_a_turn_keeps_lengths_and_angles():
    affine = draw_changes(AugmentationSettings(rotation=20), 0, 0, range(4000), SHAPE)[:, [0, 1, 3, 4]].reshape(
        -1, 2, 2
    )
    np.testing.assert_allclose(affine @ affine.transpose(0, 2, 1), np.tile(np.eye(2), (4000, 1, 1)), atol=1e-6)
    angles = np.degrees(np.arcsin(affine[:, 0, 1]))
    assert 19.9 < np.abs(angles).max() <= 20.0001
    assert abs(angles.mean()) < 0.5


def test_size_aspect_and_shear_are_within_their_bounds():
    def matrices(settings: AugmentationSettings) -> np.ndarray:
        drawn = draw_changes(settings, 0, 0, range(4000), SHAPE)
        return drawn[:, [0, 1, 3, 4]].reshape(-1, 2, 2).astype(float)

    sizes = np.sqrt(np.linalg.det(matrices(AugmentationSettings(scale=0.25))))
    assert 0.8 <= sizes.min() < 0.802
    assert 1.247 < sizes.max() <= 1.2501
    jittered = matrices(AugmentationSettings(aspect=0.2))
    np.testing.assert_allclose(np.linalg.det(jittered), 1, atol=1e-6)
    proportions = jittered[:, 0, 0] / jittered[:, 1, 1]
    assert 1 / 1.201 <= proportions.min() < 0.84
    assert 1.19 < proportions.max() <= 1.2001
    sheared = matrices(AugmentationSettings(shear=0.3))
    np.testing.assert_allclose(sheared[:, [0, 1, 1], [0, 1, 0]], np.tile([1, 1, 0], (4000, 1)), atol=1e-6)
    assert 0.297 < np.abs(sheared[:, 0, 1]).max() <= 0.3


def test_the_affine_map_is_scale_times_shear_times_rotation_of_the_shifted_position():
    settings = AugmentationSettings(shift=0.1, rotation=20, scale=0.25, shear=0.3)
    affine = draw_changes(settings, 0, 0, range(4000), SHAPE)[:, :6].reshape(-1, 2, 3).astype(float)
    (a, b), (d, e) = affine[:, :, :2].transpose(1, 2, 0)
    size = np.hypot(d, e)  # the second row of scale · shear · rotation is size · (−sin, cos)
    angle = np.arctan2(-d, e)
    along, across = a * np.cos(angle) + b * np.sin(angle), b * np.cos(angle) - a * np.sin(angle)
    np.testing.assert_allclose(along, size, rtol=1e-5)
    lean, shift = across / size, -np.linalg.solve(affine[:, :, :2], affine[:, :, 2:])[:, :, 0]
    found = np.stack([np.log(size) / np.log(1.25), np.degrees(angle) / 20, lean / 0.3, *(shift / [4, 2]).T])
    np.testing.assert_allclose(np.abs(found).max(axis=1), 0.995, atol=0.00501)
    assert np.abs(np.corrcoef(found) - np.eye(5)).max() < 0.06  # each is drawn on its own
    np.testing.assert_allclose((np.abs(found) < 1e-6).mean(axis=1), 1 / 3, atol=0.03)


@pytest.mark.parametrize(("rotation", "still"), [(45, 1 / 3), (46, 0)])
def test_a_third_of_the_copies_stays_where_it_is_unless_they_turn_by_any_angle(rotation, still):
    drawn = draw_changes(AugmentationSettings(rotation=rotation, elastic=0.02, shift=0.1), 0, 0, range(4000), SHAPE)
    unmoved = (drawn[:, :6] == [1, 0, 0, 0, 1, 0]).all(axis=1)
    np.testing.assert_array_equal(unmoved, ~drawn[:, ELASTIC_X : ELASTIC_Y + 9].any(axis=1))
    assert unmoved.mean() == pytest.approx(still, abs=0.03)


def test_elastic_deformations_are_as_strong_as_they_were_asked_to_be():
    drawn = draw_changes(AugmentationSettings(elastic=0.02), 0, 0, range(8000), SHAPE)
    places = np.arange(40)
    across = np.cos(np.pi * np.arange(3)[:, None] * (places + 0.5) / 40)
    down = np.cos(np.pi * np.arange(3)[:, None] * (np.arange(20) + 0.5) / 20)
    for at in (ELASTIC_X, ELASTIC_Y):
        waves = drawn[:, at : at + 9].reshape(-1, 3, 3)
        assert not waves[:, 0, 0].any()
        assert not waves[:, 0, 1].any()
        assert not waves[:, 1, 0].any()
        moves = np.einsum("nij,jy,ix->nyx", waves, down, across)
        assert np.sqrt((moves**2).mean() * 1.5) == pytest.approx(0.02 * 40, rel=0.04)  # a third is still


def test_two_thirds_of_the_copies_keep_their_pixels():
    drawn = draw_changes(ALL, 0, 0, range(4000), SHAPE)
    for column in (THICKNESS, BLUR, NOISE):
        assert 0.64 < (drawn[:, column] == 0).mean() < 0.69
    assert -0.5 <= drawn[:, THICKNESS].min() < -0.49
    assert 0.49 < drawn[:, THICKNESS].max() <= 0.5
    assert drawn[:, BLUR].min() == 0
    assert 0.79 < drawn[:, BLUR].max() <= 0.8
    assert 25 < drawn[:, NOISE].max() <= 25.5


def test_contrast_turns_about_mid_grey_and_brightness_adds():
    drawn = draw_changes(AugmentationSettings(contrast=0.4), 0, 0, range(4000), SHAPE)
    gain, offset = drawn[:, GAIN : GAIN + 3], drawn[:, OFFSET : OFFSET + 3]
    np.testing.assert_allclose(gain * 127.5 + offset, 127.5, atol=1e-4)
    assert 0.6 <= gain.min() < 0.61
    assert 1.39 < gain.max() <= 1.4
    np.testing.assert_array_equal(gain, gain[:, [0, 0, 0]])
    drawn = draw_changes(AugmentationSettings(brightness=0.2), 0, 0, range(4000), SHAPE)
    assert 50 < np.abs(drawn[:, OFFSET]).max() <= 51
    assert (drawn[:, GAIN] == 1).all()
    coloured = draw_changes(AugmentationSettings(contrast=0.4, colour=0.5), 0, 0, range(4000), SHAPE)
    assert (coloured[:, GAIN] != coloured[:, GAIN + 1]).any()
    assert 1.4 < coloured[:, GAIN : GAIN + 3].max() <= 1.6  # 0.4 for all channels and 0.4 · 0.5 for each
    coloured = draw_changes(AugmentationSettings(brightness=0.2, colour=0.5), 0, 0, range(4000), SHAPE)
    assert 51 < np.abs(coloured[:, OFFSET : OFFSET + 3]).max() <= 76.5
    assert (coloured[:, GAIN : GAIN + 3] == 1).all()


def test_covers_lie_inside_the_image():
    drawn = draw_changes(AugmentationSettings(cover=0.3), 0, 0, range(4000), SHAPE)
    top, left, bottom, right, level = drawn[:, COVER : COVER + 5].T
    assert (top >= 0).all()
    assert (left >= 0).all()
    assert (bottom <= 20).all()
    assert (right <= 40).all()
    assert (bottom - top).max() <= 7
    assert 10 < (right - left).max() <= 13
    assert 0.3 < (right > left).mean() < 0.36
    assert level.min() == 0
    assert level.max() == 255


def test_mirrors_turn_half_of_the_copies_round():
    drawn = draw_changes(AugmentationSettings(flip_horizontal=True), 0, 0, range(4000), SHAPE)
    assert set(np.unique(drawn[:, 0])) == {-1, 1}
    assert (drawn[:, 4] == 1).all()
    assert 0.47 < (drawn[:, 0] == -1).mean() < 0.53
    upside_down = draw_changes(AugmentationSettings(flip_vertical=True), 0, 0, range(4000), SHAPE)
    assert (upside_down[:, 0] == 1).all()
    assert 0.47 < (upside_down[:, 4] == -1).mean() < 0.53


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shift": -0.1}, r"shift is -0.1; give a number from 0 to 1\."),
        ({"rotation": 181}, r"rotation is 181; give a number from 0 to 180\."),
        ({"noise": float("nan")}, r"noise is nan; give a number from 0 to 1\."),
        ({"blur": "much"}, r"blur is 'much'; give a number from 0 to 1\."),
        ({"flip_vertical": 1}, r"flip_vertical is 1; give True or False\."),
    ],
    ids=["negative", "too far", "nan", "text", "flip"],
)
def test_amounts_that_cannot_be_are_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        AugmentationSettings(**settings)


def test_the_description_names_what_is_changed():
    assert AugmentationSettings().describe() == "none"
    assert ALL.describe().startswith("shift 0.1, rotation 20°, scale 0.25")
    assert ALL.describe().endswith("cover 0.3, mirrored left to right, mirrored upside down")


def test_settings_can_be_written_and_read():
    assert AugmentationSettings.from_text(ALL.describe()) == ALL
    assert AugmentationSettings.from_text("none") == AugmentationSettings()
    assert AugmentationSettings.from_text(" noise 0.2 ,mirrored upside down") == AugmentationSettings(
        noise=0.2, flip_vertical=True
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("wobble 3", r"augmentation 'wobble 3' is not known; give none, or some of shift AMOUNT, rotation AMOUNT, .*"),
        ("shift", r"augmentation 'shift': give a number, such as shift 0\.1\."),
        ("shift much", r"augmentation 'shift much': give a number"),
        ("", r"augmentation '' is not known"),
        ("rotation 400", r"rotation is 400\.0; give a number from 0 to 180"),
    ],
    ids=["unknown", "no amount", "no number", "empty", "too much"],
)
def test_texts_that_are_no_augmentation_are_refused(text, message):
    with pytest.raises(UsageError, match=message):
        AugmentationSettings.from_text(text)


def test_weaker_settings_keep_more_of_light_than_of_places():
    weaker = ALL.scaled(0.2)
    assert (weaker.shift, weaker.cover, weaker.rotation) == pytest.approx((0.02, 0.06, 4))
    assert (weaker.noise, weaker.contrast) == pytest.approx((0.22 / 3, 0.88 / 3))
    assert weaker.flip_horizontal
    assert ALL.scaled(1.0) == ALL
