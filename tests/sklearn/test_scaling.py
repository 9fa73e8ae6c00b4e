"""Which values are black and white: by hand, and against the rules of `convlens.train`."""

import numpy as np
import pytest

from convlens.errors import DataError, UsageError
from convlens.pixels.batches import read_batch
from convlens.sklearn import ConvlensClassifier, scaling
from convlens.sklearn.scaling import check_same_scale, find_scale, read_scale, to_pixels


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (np.array([[0, 1]], np.uint8), (0, 255)),
        (np.array([[False, True]]), (0, 1)),
        (np.array([[0, 256]], np.uint16), (0, 65_535)),
        (np.array([[0, 255]], np.uint16), (0, 255)),
        (np.array([[0.0, 0.001]]), (0, 1)),
        (np.array([[0.0, 1.0]], np.float16), (0, 1)),
        (np.array([[0.25, 1.0]]), (0, 1)),
        (np.array([[0.0, 1.01]]), (0, 1.01)),
        (np.array([[-0.01, 0.9]]), (-0.01, 0.9)),
        (np.array([[2, 127]]), (2, 127)),
        (np.array([[2, 128]]), (0, 255)),
        (np.array([[2.0, 255.0]]), (0, 255)),
        (np.array([[2.0, 256.0]]), (2, 256)),
        (np.array([[-1, 200]]), (-1, 200)),
        (np.array([[0, 1]]), (0, 1)),
        (np.array([[7.5, 7.5]]), (7.5, 7.5)),
    ],
)
def test_the_scale_of_values(values, scale):
    assert find_scale(values) == scale


@pytest.mark.parametrize(
    ("values", "scale", "expected"),
    [
        (np.array([3, 200], np.uint8), (0, 255), [3, 200]),
        (np.array([3, 200], np.uint8), (0, 200), [4, 255]),  # 3 · 255 / 200 = 3.8
        (np.array([0, 128, 129, 65_535], np.uint16), (0, 65_535), [0, 0, 1, 255]),
        (np.array([-0.2, 0.0, 0.1, 1.0, 1.07]), (0, 1), [0, 0, 26, 255, 255]),  # 25.5 rounds to an even number
        (np.array([-2.0, 0.0, 2.0], np.float32), (-2, 2), [0, 128, 255]),
        (np.array([-1, 3, 7]), (-1, 7), [0, 128, 255]),
        (np.array([0.5, 1.0], np.float16), (0, 1), [128, 255]),
        (np.array([False, True]), (0, 1), [0, 255]),
        (np.array([-1.7e308, 0.0, 1.7e308]), (-1.7e308, 1.7e308), [0, 128, 255]),  # the difference is infinite
        (np.array([6.0, 7.5, 8.0]), (7.5, 7.5), [0, 0, 255]),
    ],
)
def test_values_become_pixels(values, scale, expected):
    kept = values.copy()
    pixels = to_pixels(values, scale)
    assert pixels.dtype == np.uint8
    assert pixels.tolist() == expected
    np.testing.assert_array_equal(values, kept)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, np.uint16, np.bool_])
def test_pixels_are_those_that_train_makes(dtype):
    """More numbers than are scaled together, so that all parts are seen."""
    random = np.random.default_rng(3)
    images = random.random((700, 8, 8))
    images[0, 0, :2] = 0, 1
    if dtype is np.bool_:
        images = images > 0.5
    elif np.dtype(dtype).kind in "iu":
        images *= 65_535 if dtype is np.uint16 else 255
    images = images.astype(dtype)
    np.testing.assert_array_equal(to_pixels(images, find_scale(images))[:, None], read_batch(images))


def test_the_scale_of_fit_is_that_of_predictions():
    """A dark image alone, and one that is brighter than all that fit saw, as a scaler in front gives them."""
    X = np.repeat(np.linspace(-3, 5, 40)[:, None], 4, axis=1)
    fitted = ConvlensClassifier("dense", epochs=1, image_shape=(2, 2), threads=1).fit(X, np.arange(40) % 2)
    assert fitted.scale_ == (-3, 5)
    black_and_white = fitted.model_.predict_proba(
        np.array([0, 255], np.uint8)[:, None, None, None].repeat(2, 2).repeat(2, 3)
    )
    np.testing.assert_array_equal(fitted.predict_proba([[-3.0] * 4])[0], black_and_white[0])
    np.testing.assert_array_equal(fitted.predict_proba([[-9.0] * 4])[0], black_and_white[0])
    np.testing.assert_array_equal(fitted.predict_proba([[99.0] * 4])[0], black_and_white[1])


def test_a_scale_that_is_given_is_taken():
    X = np.repeat(np.arange(16.0)[:, None], 4, axis=1)
    fitted = ConvlensClassifier("dense", epochs=1, image_shape=(2, 2), scale=(0, 32), threads=1).fit(
        X, np.arange(16) % 2
    )
    assert fitted.scale_ == (0, 32)
    grey = fitted.model_.predict_proba(np.full((1, 1, 2, 2), 64, np.uint8))  # 8 · 255 / 32 = 63.75
    np.testing.assert_array_equal(fitted.predict_proba(X[8:9]), grey)
    assert read_scale((np.float64(0), np.int64(16))) == (0, 16)


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (np.array([[0.0, 1.07]]), (0, 1)),
        (np.array([[0.0, 127.0]]), (0, 1)),
        (np.array([[-1.0, 200.0]]), (0, 1)),
        (np.array([[0.0, 256.0]]), (0, 1)),
        (np.array([[0, 1]], np.uint8), (0, 255)),
        (np.array([[0.0, 1.0]]), (0, 255)),
        (np.array([[0.0, 0.0]]), (0, 255)),
        (np.array([[0.5, 1.5]]), (0, 255)),
        (np.array([[-0.5, 0.5]]), (0, 255)),
        (np.array([[0.5, 0.9]]), (0, 16)),
    ],
)
def test_values_that_may_be_on_the_scale_of_fit(values, scale):
    check_same_scale(values, scale)


def test_pixels_of_another_scale_than_fit_saw_are_refused():
    message = (
        r"^X has float64 values from 0\.25 to 1, but fit had values from 0 to 255\. Give X \* 255, or fit with scale="
    )
    with pytest.raises(DataError, match=message):
        check_same_scale(np.array([[0.25, 1.0]]), (0, 255))
    images = np.random.default_rng(3).integers(0, 256, (40, 2, 2), dtype=np.uint8)
    images[0, 0] = 0, 255
    y = np.arange(40) % 2
    fitted = ConvlensClassifier("dense", epochs=1, threads=1).fit(images / 255, y)
    message = r"^X has uint8 values from 0 to 255, but fit had values from 0 to 1\. Give X / 255, or fit with scale="
    with pytest.raises(DataError, match=message):
        fitted.predict(images)
    with pytest.raises(DataError, match=message):
        fitted.score(images, y)
    given = ConvlensClassifier("dense", epochs=1, threads=1, scale=(0, 1)).fit(images / 255, y)
    assert given.predict(images).shape == (40,)  # whoever gives a scale means it


@pytest.mark.parametrize(
    "given", ["pixels", (0,), (0, 1, 2), (1, 0), (3, 3), (0, np.nan), (-np.inf, 0), (0, "1"), 16, None]
)
def test_what_is_no_scale_is_refused(given):
    with pytest.raises(
        UsageError, match=r"^scale is .*; give \"auto\", or the values of black and white, such as \(0, 16\)"
    ):
        read_scale(given)


def test_a_scale_may_be_read_from_numbers_of_any_kind():
    assert read_scale("auto") is None
    for given in ((-2, 0.5), [-2, 0.5], np.array([-2, 0.5])):
        scale = read_scale(given)
        assert scale == (-2.0, 0.5)
        assert scale is not None
        assert [type(end) for end in scale] == [float, float]


def test_an_array_without_values_is_on_every_scale():
    check_same_scale(np.zeros((0, 4)), (0, 255))
    for scale in ((0, 1), (0, 255)):
        assert to_pixels(np.zeros((3, 0)), scale).shape == (3, 0)


def test_values_of_another_scale_are_refused_from_where_they_cannot_be_meant():
    with pytest.raises(
        DataError, match=r"from 0 to 128, but fit had values from 0 to 1\. Give X / 255, or fit with scale=\(0, 1\)"
    ):
        check_same_scale(np.array([[0, 128]]), (0, 1))
    with pytest.raises(DataError, match=r"Give X \* 255, or fit with scale=\(0, 255\)"):
        check_same_scale(np.array([[0.0, 0.5, 0.0]], np.float32), (0, 255))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int32])
def test_many_values_are_scaled_part_by_part_to_the_same_pixels(dtype, monkeypatch):
    values = np.random.default_rng(0).integers(-50, 400, (23, 10)).astype(dtype)
    expected = np.clip(np.rint((values.astype(float) + 20) * 255 / 320), 0, 255)
    for at_a_time in (1, 10, 35, 229, 230, 10**6):
        monkeypatch.setattr(scaling, "_AT_A_TIME", at_a_time)
        np.testing.assert_array_equal(to_pixels(values, (-20, 300)), expected)
