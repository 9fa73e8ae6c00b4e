"""Labels of the training images, judged by models that did not learn from them, and the list of suspected ones."""

import csv
import dataclasses
import io
import json

import numpy as np
import pytest

from convlens.data import Dataset, LabelledImages
from convlens.errors import DataError, UsageError
from convlens.evaluation import SuspectedLabel
from convlens.report import Study, TrainingLabels, judge_training_labels, study_model, write_label_errors
from convlens.report.page import write_page
from convlens.report.training_labels import COLUMNS
from convlens.training import EpochDone, TrainingStarted, train

SWAPPED = np.random.default_rng(0).choice(1500, 15, replace=False)


@pytest.fixture(scope="module")
def mislabelled(digits_8x8: Dataset) -> Dataset:
    """The digits with another label on one of a hundred training images."""
    labels = digits_8x8.train.labels.copy()
    labels[SWAPPED] = (labels[SWAPPED] + np.random.default_rng(1).integers(1, 10, len(SWAPPED))) % 10
    return dataclasses.replace(digits_8x8, train=dataclasses.replace(digits_8x8.train, labels=labels))


@pytest.fixture(scope="module")
def study(mislabelled: Dataset) -> Study:
    model = train(mislabelled, network="conv 8 3x3 pad 1, relu, maxpool 2, dense", epochs=20, threads=1)
    return study_model(model, mislabelled)


@pytest.fixture(scope="module")
def judged(study: Study) -> TrainingLabels:
    return judge_training_labels(study)


def test_most_of_the_wrong_labels_are_among_the_most_suspect(judged):
    assert (judged.folds, len(judged.learned_from.images)) == (3, 1500)
    suspected = {one.index for one in judged.label_errors[:30]}  # 2 % of the images
    assert len(suspected & set(SWAPPED.tolist())) >= 12  # 80 % of the wrong labels


def test_for_the_wrong_labels_the_right_ones_are_suggested(judged, digits_8x8):
    suggested = {one.index: one.suggested for one in judged.label_errors}
    right = [suggested.get(index) == digits_8x8.train.labels[index] for index in SWAPPED.tolist()]
    assert sum(right) >= 12


def test_the_most_suspect_comes_first(judged):
    margins = [one.suggested_probability - one.given_probability for one in judged.label_errors]
    assert margins == sorted(margins, reverse=True)
    assert 0 < margins[-1] < margins[0] <= 1


def test_the_dictionary_has_names_and_counts(judged, mislabelled):
    found = json.loads(json.dumps(judged.as_dict(), allow_nan=False))
    assert (found["images"], found["folds"]) == (1500, 3)
    assert found["seconds"] > 0
    first = judged.label_errors[0]
    assert found["label_errors"][0] == {
        "image": f"digits train {first.index}",
        "index": first.index,
        "given": str(mislabelled.train.labels[first.index]),
        "suggested": str(first.suggested),
        "given_probability": first.given_probability,
        "suggested_probability": first.suggested_probability,
        "margin": first.suggested_probability - first.given_probability,
        "doubt": first.suggested_probability - first.given_probability,
    }
    assert len(found["label_errors"]) == len(judged.label_errors)


def test_the_judging_tells_of_its_three_trainings(study):
    events = []
    judge_training_labels(study, on_event=events.append)
    started = [event.images for event in events if isinstance(event, TrainingStarted)]
    assert started == [1000, 1000, 1000]
    assert len([event for event in events if isinstance(event, EpochDone)]) == 60


def test_the_judging_can_be_stopped(study):
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        judge_training_labels(study, should_stop=lambda: True)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_the_list_has_the_judged_images_and_behind_them_those_of_the_training(study, judged):
    text = write_label_errors(study, judged)
    assert text.splitlines()[0] == ",".join(COLUMNS)
    rows = rows_of(text)
    count = len(study.label_errors)
    assert [row["part"] for row in rows] == ["judged"] * count + ["training"] * len(judged.label_errors)
    assert count > 0
    for row, one in zip(rows, [*study.label_errors, *judged.label_errors], strict=True):
        part = "digits test" if row["part"] == "judged" else "digits train"
        assert (row["image"], int(row["index"])) == (f"{part} {one.index}", one.index)
        assert (int(row["given"]), int(row["suggested"])) == (one.given, one.suggested)
        assert float(row["given_probability"]) == one.given_probability
        assert float(row["suggested_probability"]) == one.suggested_probability
        assert float(row["margin"]) == float(row["doubt"]) == one.suggested_probability - one.given_probability


def test_the_list_can_be_cut_and_do_without_the_training(study, judged):
    assert [row["part"] for row in rows_of(write_label_errors(study, judged, 2))] == ["judged"] * 2 + ["training"] * 2
    assert {row["part"] for row in rows_of(write_label_errors(study, None))} == {"judged"}


FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\r=1", "fine", 'a "quoted", name', "two\nlines")


def test_names_that_a_spreadsheet_would_take_for_formulas_are_only_names(make_reader, show):
    true = np.arange(len(FORMULAS))
    images = show(FORMULAS, true, (true + 1) % len(FORMULAS), "=cmd|' /C calc'!A0")
    text = write_label_errors(study_model(make_reader(FORMULAS), images), None)
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(rows) == len(FORMULAS)
    for row in rows:
        index = int(row["index"])
        name = FORMULAS[index]
        assert row["given"] == (f"'{name}" if index < 6 else name)
        assert row["image"] == f"'=cmd|' /C calc'!A0 {index}"
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())


def test_the_page_shows_the_most_suspect_training_images(study, judged, read_page):
    part = read_page(write_page(study, judged)).one("section", id="labels")
    assert "The labels of 1,500 training images were checked by 3 models like this one" in part.text
    assert f"They disagree with {len(judged.label_errors)} label" in part.text
    assert "Not looked at here" not in part.text
    here, learned = part.all("ul", class_="cards")
    assert [one.text for one in learned.all("p", class_="where")] == [
        f"digits train {one.index}" for one in judged.label_errors[:24]
    ]
    assert len(here.all("li")) == min(24, len(study.label_errors))


def test_without_judging_the_page_says_that_nobody_looked(study, read_page):
    part = read_page(write_page(study)).one("section", id="labels")
    assert "The labels of the training images were not checked." in part.text


def test_no_suspect_training_label_is_said_in_words(study, judged, read_page):
    none = dataclasses.replace(judged, label_errors=())
    part = read_page(write_page(study, none)).one("section", id="labels")
    assert "They disagree with 0 labels." in part.text


def test_training_images_that_are_not_at_hand_are_an_error(study, mislabelled):
    alone = study_model(study.model, mislabelled.test)
    with pytest.raises(DataError, match=r"cannot be checked, because the images are missing or have changed\. Give"):
        judge_training_labels(alone)


def test_a_model_that_does_not_say_how_it_was_trained_is_an_error(study, mislabelled):
    silent = dataclasses.replace(study.model, facts={"data": "digits"})
    with pytest.raises(UsageError, match=r"this model does not say how it was trained\. Leave out training_labels="):
        judge_training_labels(study_model(silent, mislabelled))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": "many"}, "epochs"),
        ({"network": "nothing"}, "'nothing' is not a layer"),
        ({"unknown": 1}, "unknown"),
        ({"epochs": 0}, "epochs is 0; give a whole number from 1 to 100,000."),
    ],
)
def test_settings_that_are_nonsense_are_an_error_that_names_them(settings, message, study, mislabelled):
    model = dataclasses.replace(study.model, facts={"data": "digits", "settings": settings})
    with pytest.raises(UsageError, match=message):
        judge_training_labels(study_model(model, mislabelled))


def test_a_model_of_one_class_has_no_labels_to_suspect(make_reader, show):
    facts = {"data": "pets", "settings": {"epochs": 1}}
    model = make_reader(("only",), facts=facts)
    images = show(("only",), [0, 0, 0], [0, 0, 0])
    study = study_model(model, Dataset("pets", images, images, "letterbox"))
    with pytest.raises(UsageError, match="class"):
        judge_training_labels(study)


def test_a_model_knows_its_classes_by_the_names_of_the_images(judged):
    # Suspected label errors are numbers; the names belong to the images that were judged.
    swapped = dataclasses.replace(
        judged.learned_from.images, class_names=tuple(f"digit {number}" for number in range(10))
    )
    named = dataclasses.replace(judged.learned_from, images=swapped)
    one = SuspectedLabel(0, 3, 4, 0.1, 0.9)
    found = TrainingLabels(named, (one,), 3, 1.0).as_dict()["label_errors"]
    assert (found[0]["given"], found[0]["suggested"]) == ("digit 3", "digit 4")


def test_labelled_images_of_the_study_are_untouched(study, judged, mislabelled):
    assert isinstance(judged.learned_from.images, LabelledImages)
    np.testing.assert_array_equal(judged.learned_from.images.labels, mislabelled.train.labels)
