"""Which labels are suspect, in which order, and how that is said; worked out by hand."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.calibration import Calibration
from convlens.errors import UsageError
from convlens.evaluation import (
    SuspectedLabel,
    describe_label_error,
    find_disagreements,
    find_label_errors,
    rank_labels,
)

NAMES = ("cat", "dog", "emu")
# Agreed with by far; suspect by 0.25; by 0.75; agreed with by 0.125; suspect by 0.5, of two other classes alike.
FIVE = np.array([[0.875, 0.125, 0.0], [0.5, 0.25, 0.25], [0.0, 0.125, 0.875], [0.125, 0.5, 0.375], [0.5, 0.0, 0.5]])
GIVEN = np.array([0, 1, 1, 1, 1])


def test_labels_are_ranked_by_how_much_more_probable_another_class_is():
    order, margins = rank_labels(FIVE, GIVEN)
    assert order.tolist() == [2, 4, 1, 3, 0]
    assert margins.tolist() == [0.75, 0.5, 0.25, -0.125, -0.75]


def test_equally_label_errors_stay_in_their_order():
    order, margins = rank_labels(np.tile([0.25, 0.75], (4, 1)), np.array([1, 0, 1, 0]))
    assert order.tolist() == [1, 3, 0, 2]
    assert margins.tolist() == [0.5, 0.5, -0.5, -0.5]


def test_only_labels_are_found_that_the_model_disagrees_with():
    found = find_label_errors(FIVE, GIVEN)
    assert found == [
        SuspectedLabel(2, given=1, suggested=2, given_probability=0.125, suggested_probability=0.875),
        SuspectedLabel(4, given=1, suggested=0, given_probability=0.0, suggested_probability=0.5),  # the first
        SuspectedLabel(1, given=1, suggested=0, given_probability=0.25, suggested_probability=0.5),
    ]
    assert [one.margin for one in found] == [0.75, 0.5, 0.25]


def test_as_many_are_found_as_are_asked_for():
    assert [one.index for one in find_label_errors(FIVE, GIVEN, most=2)] == [2, 4]
    assert find_label_errors(FIVE, GIVEN, most=0) == []
    assert len(find_label_errors(FIVE, GIVEN, most=9)) == 3


def test_labels_that_the_model_agrees_with_come_behind_where_they_are_asked_for():
    found = find_label_errors(FIVE, GIVEN, only_disagreeing=False)
    assert [one.index for one in found] == [2, 4, 1, 3, 0]
    agreed = found[3]
    assert (agreed.given, agreed.suggested, agreed.margin) == (1, 2, -0.125)


def test_a_model_that_cannot_tell_two_classes_apart_suspects_nothing():
    assert find_label_errors(np.array([[0.5, 0.5]]), np.array([0])) == []
    (undecided,) = find_label_errors(np.array([[0.5, 0.5]]), np.array([0]), only_disagreeing=False)
    assert (undecided.suggested, undecided.margin) == (1, 0)


def test_where_the_given_class_has_the_same_number_as_the_likeliest_another_one_is_suggested():
    (sure,) = find_label_errors(np.array([[0.0, 1.0, 0.0]]), np.array([1]), only_disagreeing=False)
    assert (sure.given, sure.suggested, sure.margin) == (1, 0, -1)
    (wrong,) = find_label_errors(np.array([[0.0, 1.0, 0.0]]), np.array([2]))
    assert (wrong.given, wrong.suggested, wrong.margin) == (2, 1, 1)


def test_no_images_have_no_label_errors():
    order, margins = rank_labels(np.zeros((0, 3)), np.zeros(0, int))
    assert (order.tolist(), margins.tolist()) == ([], [])
    assert find_label_errors(np.zeros((0, 3)), np.zeros(0, int)) == []


def test_probabilities_are_left_as_they_were():
    probabilities = FIVE.copy()
    find_label_errors(probabilities, GIVEN)
    np.testing.assert_array_equal(probabilities, FIVE)


@pytest.mark.parametrize(
    ("shape", "labels", "text"),
    [((3, 1), 3, r"\(3, 1\) for 3"), ((3,), 3, r"\(3,\) for 3"), ((2, 2), 1200, r"\(2, 2\) for 1,200")],
)
def test_what_is_no_table_of_classes_is_refused(shape, labels, text):
    message = f"^probabilities of the shape {text} labels: give one row for each label, with at least two classes\\.$"
    for function in (rank_labels, find_label_errors):
        with pytest.raises(UsageError, match=message):
            function(np.zeros(shape), np.zeros(labels, int))


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(2, 6))
def test_the_margin_is_that_of_a_plain_loop(seed, count, classes):
    random = np.random.default_rng(seed)
    probabilities = random.dirichlet(np.ones(classes), count)
    labels = random.integers(0, classes, count)
    expected = {
        place: max(value for number, value in enumerate(row) if number != label) - row[label]
        for place, (row, label) in enumerate(zip(probabilities.tolist(), labels.tolist(), strict=True))
    }
    found = find_label_errors(probabilities, labels, only_disagreeing=False)
    assert sorted(one.index for one in found) == list(range(count))
    assert [one.margin for one in found] == [expected[one.index] for one in found]
    assert [one.margin for one in found] == sorted(expected.values(), reverse=True)
    disagreeing = {place for place, label in enumerate(labels) if probabilities[place].argmax() != label}
    assert {one.index for one in find_label_errors(probabilities, labels)} == disagreeing


def test_planted_mistakes_come_first():
    """A model that knows the truth nine times out of ten, and 20 labels of 500 that are wrong."""
    random = np.random.default_rng(1)
    truth = random.integers(0, 5, 500)
    probabilities = np.full((500, 5), 0.02)
    probabilities[np.arange(500), truth] = random.uniform(0.9, 0.92, 500)
    labels, planted = truth.copy(), random.choice(500, 20, replace=False)
    labels[planted] = (truth[planted] + 1) % 5
    found = find_label_errors(probabilities, labels)
    assert {one.index for one in found} == set(planted.tolist())
    assert all(one.suggested == truth[one.index] for one in found)


@pytest.mark.parametrize("rows", [1, 3, 1000])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_disagreements_of_logits_are_those_of_their_probabilities(monkeypatch, rows, temperature):
    """Found in blocks, of the wrong answers alone; some of 40 are there twice, so that margins are equal."""
    monkeypatch.setattr("convlens.evaluation.label_errors._ROWS", rows)
    random = np.random.default_rng(2)
    logits, labels = random.normal(size=(40, 3)).astype(np.float32), random.integers(0, 3, 40)
    logits[30:], labels[30:] = logits[:10], labels[:10]
    calibration = Calibration(temperature)
    expected = find_label_errors(calibration.probabilities(logits), labels)
    assert 15 < len(expected) < 40
    assert find_disagreements(logits, labels, calibration) == expected
    assert find_disagreements(logits, labels, calibration, most=5) == expected[:5]


def test_where_nothing_is_wrong_there_are_no_disagreements():
    assert find_disagreements(np.eye(3), np.arange(3), Calibration()) == []
    assert find_disagreements(np.zeros((0, 3)), np.zeros(0, int), Calibration()) == []
    # Of equal logits the first class is taken, but the given one is as probable.
    assert find_disagreements(np.zeros((1, 3)), np.array([1]), Calibration()) == []


def test_a_suspect_label_is_described_by_names_in_plain_values():
    (found,) = find_label_errors(FIVE.astype(np.float32), GIVEN, most=1)
    described = describe_label_error(found, NAMES, lambda index: f"pets/{index}.png")
    assert json.loads(json.dumps(described)) == {
        "image": "pets/2.png",
        "index": 2,
        "given": "dog",
        "suggested": "emu",
        "given_probability": 0.125,
        "suggested_probability": 0.875,
        "margin": 0.75,
        "doubt": 0.75,
    }
