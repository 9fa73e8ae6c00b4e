"""Predictions of many images: a sequence like a list, and arrays that say the same."""

import copy
import pickle
from dataclasses import replace

import numpy as np
import pytest

from convlens.calibration import Calibration
from convlens.errors import ImageError, UsageError
from convlens.prediction import Prediction, Predictions
from convlens.prediction.predictions import Origin, join_predictions
from convlens.preprocessing import Preprocessing

PETS = ("cat", "dog", "fish")
SHARES = np.array([[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.25, 0.5, 0.25], [np.nan] * 3])
PIXELS = np.arange(64, dtype=np.uint8).reshape(4, 1, 4, 4)
UNREADABLE = ImageError("d.png is empty.")


@pytest.fixture
def four() -> Predictions:
    """A sure answer, an unsure one, one at the threshold, and a file that could not be read."""
    origins = (
        Origin("a.png", notes=("inverted",), unlike=()),
        Origin("b.png", true_class="dog", unlike=()),
        Origin("c.png", unlike=("it is blue",)),
        Origin("d.png", unlike=(), error=UNREADABLE),
    )
    return Predictions(PETS, SHARES, PIXELS, Preprocessing((1, 4, 4), "letterbox"), Calibration(threshold=0.5), origins)


def test_arrays_say_what_single_predictions_say(four):
    assert four.labels.tolist() == ["cat", "fish", "dog", ""] == [one.class_name for one in four]
    assert four.class_numbers.tolist() == [0, 2, 1, -1]
    assert four.unknown.tolist() == [False, True, True, True] == [one.unknown for one in four]
    assert four.failed.tolist() == [False, False, False, True] == [one.failed for one in four]
    assert four.names == ("a.png", "b.png", "c.png", "d.png") == tuple(one.name for one in four)
    assert four.why_unknown == tuple(one.why_unknown for one in four)
    np.testing.assert_array_equal(four.confidences, [0.7, 0.4, 0.5, np.nan])
    np.testing.assert_array_equal(four.confidences, [one.probability for one in four])
    assert four.errors == {3: UNREADABLE}
    assert four.why_unknown == (
        "",
        "confidence 40.00 % is below the threshold of 50.00 %",
        "unlike the training images: it is blue",
        "could not be read: d.png is empty.",
    )


def test_it_is_used_like_a_list(four):
    assert len(four) == 4
    assert [one.class_name for one in four] == [four[place].class_name for place in range(4)]
    assert four[-1].name == "d.png"
    assert four[np.int64(1)].name == "b.png"
    assert four == list(four)
    assert list(four) == four
    assert four != list(four)[:3]
    assert four != [*list(four)[:3], four[0]]
    assert four[0] in four
    assert four.index(four[2]) == 2
    assert [one.name for one in reversed(four)] == ["d.png", "c.png", "b.png", "a.png"]
    assert four[:0] == []
    first, *others = four
    assert (first.name, len(others)) == ("a.png", 3)


def test_slices_masks_and_places_choose(four):
    assert four[1:3].names == ("b.png", "c.png")
    assert four[::-2].names == ("d.png", "b.png")
    assert four[four.unknown].names == ("b.png", "c.png", "d.png")
    assert four[[2, -4]].names == ("c.png", "a.png")
    assert four[[]] == []
    assert four[2:].errors == {1: UNREADABLE}
    assert four[1:][0] == four[1]


@pytest.mark.parametrize("place", ["1", None, 1.0, True, [True], [[0]], ["a.png"], np.array([0.5]), {}])
def test_what_is_no_place_is_refused(four, place):
    with pytest.raises(UsageError, match=r"is not an index\. Give a whole|cannot select predictions\. Give whole"):
        four[place]


@pytest.mark.parametrize("place", [4, -5, [0, 4]])
def test_places_beyond_the_end(four, place):
    with pytest.raises(IndexError, match=r"index (4|-5) is out of range for 4 predictions, counted from 0"):
        four[place]


def test_a_single_prediction_has_all_that_is_known(four):
    first, second, _, failed = four
    assert (first.notes, first.true_class, second.true_class) == (("inverted",), "", "dog")
    assert first.top(2) == [("cat", 0.7), ("dog", 0.2)]
    assert second.as_dict()["true_class"] == "dog"
    assert "true_class" not in first.as_dict()
    np.testing.assert_array_equal(second.pixels, PIXELS[1])
    assert repr(failed) == "Prediction(failed, 'd.png' could not be read)"
    assert (failed.error, failed.top(), np.isnan(failed.probability)) == (UNREADABLE, [], True)
    assert failed.as_dict() == {
        "class": None,
        "probability": None,
        "unknown": True,
        "why_unknown": "could not be read: d.png is empty.",
        "probabilities": {"cat": None, "dog": None, "fish": None},
        "notes": [],
    }


def test_single_predictions_are_equal_where_the_same_was_said_of_the_same_pixels(four):
    first = four[0]
    assert first == four[0]
    assert hash(first) == hash(four[0])
    assert first == replace(first, name="elsewhere.png")
    for changed in (
        replace(first, pixels=first.pixels + np.uint8(1)),
        replace(first, probabilities=first.probabilities[::-1]),
        replace(first, notes=()),
        replace(first, why_unknown="?"),
        replace(first, class_names=("cat", "dog", "cow")),
    ):
        assert first != changed
    assert four[3] == four[3]  # NaN is NaN
    assert first != "cat"


def test_repr_shows_the_first_and_how_many_more(four):
    assert repr(four) == (
        "Predictions([Prediction('cat', probability=0.7000), Prediction(unknown, best guess 'fish', "
        "probability=0.4000), Prediction(unknown, best guess 'dog', probability=0.5000), ... 1 more])"
    )
    assert repr(four[:0]) == "Predictions([])"
    assert repr(four[:1]) == "Predictions([Prediction('cat', probability=0.7000)])"


def test_parts_are_joined_in_order(four):
    plain = replace(four[:1], _origins=None)
    joined = join_predictions([four[2:], plain, four[:2]])
    assert joined.names == ("c.png", "d.png", "", "a.png", "b.png")
    assert joined.labels.tolist() == ["dog", "", "cat", "cat", "fish"]


def test_predictions_travel(four):
    for other in (copy.deepcopy(four), pickle.loads(pickle.dumps(four))):
        assert other == four
        assert str(other.errors[3]) == "d.png is empty."


def test_whether_images_resemble_the_training_images_is_asked_once_and_late(digit_model, monkeypatch):
    asked: list[int] = []
    from convlens.prediction import predictions

    look = predictions.find_unlike_of_many
    monkeypatch.setattr(
        predictions, "find_unlike_of_many", lambda images, rules: asked.append(len(images)) or look(images, rules)
    )
    images = np.zeros((5, 28, 28), np.uint8)
    images[1:, 4:24, 12:16] = 255
    found = digit_model.predict(images)
    assert found.labels.shape == (5,)
    assert found.probabilities.shape == (5, 10)
    assert asked == []
    assert found[0].why_unknown == "unlike the training images: there is nothing on it"
    assert asked == [1]
    assert found.unknown.tolist() == [True, False, False, False, False]
    assert asked == [1, 4]
    assert [one.unknown for one in found] == [True, False, False, False, False]
    assert found[:1][0].unknown
    assert asked == [1, 4]


def test_an_array_that_is_dark_on_light_is_used_as_it_is_and_says_so(digit_model):
    images = np.zeros((2, 28, 28), np.uint8)
    images[:, 4:24, 12:16] = 255
    images[1] = 255 - images[1]
    plain, inverted = digit_model.predict(images)
    assert plain.notes == ()
    assert inverted.notes == (
        "dark on light, and used as it is: the training images are light on dark; repair=True inverts it",
    )
    np.testing.assert_array_equal(inverted.pixels[0], images[1])
    repaired = digit_model.predict(images, repair=True)
    np.testing.assert_array_equal(repaired[1].pixels, repaired[0].pixels)
    assert "dark on light, inverted" in repaired[1].notes
    assert isinstance(repaired[1], Prediction)


def test_an_answer_with_just_the_threshold_is_one(four):
    alike = replace(four[:2], probabilities=np.array([[0.5, 0.25, 0.25], [0.25, 0.25, 0.5 - 1e-9]]), _looked_at={})
    assert alike.unknown.tolist() == [False, True]


def test_predictions_equal_lists_and_are_never_compared_with_arrays(four):
    assert four != "cat"
    assert four != 5
    with pytest.raises(
        UsageError, match=r"predictions are not an array\. Use \.labels \(class names\), \.class_numbers or"
    ):
        _ = four == np.array(["cat", "fish", "dog", ""])
    with pytest.raises(UsageError, match="predictions are not an array"):
        np.asarray(four)


def test_what_was_seen_of_an_image_stays_with_it(four):
    reasons = four.why_unknown
    assert four[1:].why_unknown == reasons[1:]
    assert four[::-1].why_unknown == reasons[::-1]
