"""`convlens evaluate`: the same numbers on the screen, in JSON and by scikit-learn."""

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
import scipy.special
from PIL import Image
from rich.console import Console
from rich.text import Text
from sklearn.metrics import accuracy_score, confusion_matrix

from convlens.calibration import Calibration
from convlens.cli.evaluation_command import _matrix
from convlens.data import cache_folder, load_dataset
from convlens.evaluation import Evaluation, evaluate
from convlens.network import Network, initial_weights
from convlens.preprocessing import Preprocessing
from convlens.trained_model import TrainedModel, load_model


def test_json_has_what_scikit_learn_counts(convlens, trained_run):
    ran = convlens("evaluate", str(trained_run), "--json")
    (found,) = ran.lines
    test = load_dataset("tiny").test
    assert test is not None
    predicted = load_model(trained_run).logits(test.images).argmax(1)
    assert found["accuracy"] == pytest.approx(accuracy_score(test.labels, predicted))
    assert found["confusion"] == confusion_matrix(test.labels, predicted, labels=range(10)).tolist()
    low, high = found["interval_95"]
    assert low < found["accuracy"] < high
    assert ran.err == ""


@pytest.mark.parametrize("given", ["latest", "runs/latest", "runs/first"])
def test_json_names_the_run(convlens, trained_run, given):
    (found,) = convlens("evaluate", given, "--json").lines
    assert found["model"] == "runs/first"


def test_classes_are_compared_before_any_picture_is_decoded(convlens):
    preprocessing, network = Preprocessing((1, 16, 16), "letterbox", None), Network.from_text("dense")
    weights = initial_weights(network, (1, 16, 16), 2, 0)
    TrainedModel(network, weights, preprocessing, ("cat", "dog")).save("m.safetensors")
    picture_folder(Path("photos"), ("emu", "yak"))
    ran = convlens("evaluate", "m.safetensors", "photos")
    assert (ran.code, ran.out) == (3, "")
    assert ran.err == (
        "error: this model has other classes: 2 classes (cat, dog), while photos has 2 classes (emu, yak). "
        "Evaluate it on data with its classes.\n"
    )
    assert not cache_folder().exists()  # decoded pictures are kept there


def test_the_screen_shows_accuracy_classes_and_matrix(convlens, trained_run):
    ran = convlens("evaluate", "latest")
    (found,) = convlens("evaluate", "latest", "--json").lines
    assert ran.out.startswith(f"Accuracy: {found['accuracy'] * 100:.2f} % of 297 images of tiny test (95 % interval")
    assert "95 % interval" in ran.out
    assert "precision" in ran.out
    assert "Confusion matrix" in ran.out
    rows = [line.split() for line in ran.out.splitlines() if line.split() and line.split()[0] == "7"]
    assert rows[0][-1] == str(found["classes"]["7"]["support"])


def test_many_classes_show_the_most_frequent_mistakes(convlens, trained_run, monkeypatch):
    monkeypatch.setattr("convlens.cli.evaluation_command.MOST_CLASSES_IN_A_MATRIX", 5)
    out = convlens("evaluate", "latest").out
    assert "Confusion matrix" not in out
    assert "Most frequent mistakes" in out


def test_a_model_for_other_classes_says_both(convlens, trained_run):
    model = load_model(trained_run)
    others = tuple(f"[b]class {number}[/b]" for number in range(10))
    TrainedModel(model.network, model.weights, model.preprocessing, others, model.facts).save("other.safetensors")
    ran = convlens("evaluate", "other.safetensors", "tiny")
    assert ran.code == 3
    assert "this model has other classes: 10 classes ([b]class 0[/b], " in ran.err
    assert "tiny has 10 classes (0, 1, 2, 3, 4, …)" in ran.err


def test_a_model_of_unknown_data_asks_for_its_name(convlens, trained_run):
    model = load_model(trained_run)
    TrainedModel(model.network, model.weights, model.preprocessing, model.class_names, {"data": "mine"}).save(
        "m.safetensors"
    )
    ran = convlens("evaluate", "m.safetensors")
    assert ran.code == 2
    assert "trained on 'mine', which is not a known dataset. Name the data to evaluate it on." in ran.err


def test_places_without_a_model_have_exit_code_4(convlens):
    ran = convlens("evaluate", "latest")
    assert ran.code == 4
    assert "there is no latest run" in ran.err


def with_calibration(run: Path, calibration: Calibration, name: str = "calibrated.safetensors") -> TrainedModel:
    model = dataclasses.replace(load_model(run), calibration=calibration)
    model.save(name)
    return model


def test_a_model_without_a_threshold_says_so(convlens, trained_run):
    model = with_calibration(trained_run, Calibration())
    lines = convlens("evaluate", "calibrated.safetensors").out.splitlines()
    error = evaluate(model, load_dataset("tiny")).calibration_error
    assert lines[1].startswith(
        f"Expected calibration error {error * 100:.2f} % (no temperature was fitted), Brier score 0."
    )
    assert lines[2] == "No threshold: every image is answered, none is unknown"


def test_the_threshold_and_the_calibration_error_stand_above_the_tables(convlens, trained_run):
    model = with_calibration(trained_run, Calibration(0.5, 0.6, 0.01, 0.9, 0.005, 2000))
    lines = convlens("evaluate", "calibrated.safetensors").out.splitlines()
    found = evaluate(model, load_dataset("tiny"))
    assert lines[1] == (
        f"Expected calibration error {found.calibration_error * 100:.2f} % "
        f"(before temperature {found.calibration_error_before * 100:.2f} %), Brier score {found.brier:.4f}"
    )
    assert found.answered is not None
    assert 0 < found.answered.coverage < 1
    assert lines[2] == (
        f"At the threshold of 60.00 %: answers {found.answered.coverage * 100:.2f} % of the images, "
        f"{found.answered.error * 100:.2f} % of those wrong (chosen for at most 1 %)"
    )
    assert lines[3] == ""


def test_json_has_the_calibration_and_what_is_left(convlens, trained_run):
    model = with_calibration(trained_run, Calibration(0.5, 0.6, 0.01, 0.9, 0.005, 2000))
    (found,) = convlens("evaluate", "calibrated.safetensors", "--json").lines
    test = load_dataset("tiny").test
    assert test is not None
    best = scipy.special.softmax(model.logits(test.images).astype(float) / 0.5, axis=1).max(axis=1)
    right = model.logits(test.images).argmax(1) == test.labels
    assert found["at_threshold"]["answered"] == (best >= 0.6).sum()
    assert found["at_threshold"]["wrong"] == ((best >= 0.6) & ~right).sum()
    assert found["temperature"] == 0.5
    assert 0 < found["expected_calibration_error"] < 1


def test_a_threshold_that_nothing_reaches(convlens, trained_run):
    with_calibration(trained_run, Calibration(threshold=1.0))
    out = convlens("evaluate", "calibrated.safetensors").out
    assert "At the threshold of 100.00 %: answers none of the images\n" in out


def picture_folder(folder: Path, classes: tuple[str, ...], count: int = 3) -> Path:
    for number, name in enumerate(classes):
        (folder / name).mkdir(parents=True)
        for index in range(count):
            pixels = np.full((20, 20), 30 * number + index, np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{index}.png")
    return folder


def test_images_of_ones_own_are_judged_and_what_was_left_out_is_said(convlens):
    network, names = Network.from_text("dense"), ("[b]cat[/b]", "dog")
    preprocessing = Preprocessing((1, 16, 16), "letterbox", None)
    TrainedModel(network, initial_weights(network, (1, 16, 16), 2, 0), preprocessing, names).save("m.safetensors")
    photos = picture_folder(Path("photos"), ("dog", "yak"))
    ran = convlens("evaluate", "m.safetensors", str(photos))
    assert ran.code == 0, ran.err
    assert " of 3 images of " in ran.out
    assert "evaluated on all of its 6 images" in ran.out
    assert "3 images left out: the model does not know 1 class (yak)" in ran.out
    assert "[b]cat[/b]" in ran.out
    assert "6 images" in ran.err  # while they are read
    others = picture_folder(Path("others"), ("dog", "yak"))
    ran = convlens("evaluate", "m.safetensors", str(others), "--json")
    assert "6 images" in ran.err
    (found,) = ran.lines
    assert found["total"] == 3
    assert found["notes"][-1] == "3 images left out: the model does not know 1 class (yak)"
    assert "photos" in convlens("evaluate", "m.safetensors", "photoss/").err


def evaluation_of(names: tuple[str, ...], confusion: np.ndarray) -> Evaluation:
    """One in which the true class of row r was called class c as often as `confusion` says."""
    true, said = (np.repeat(places, confusion.ravel()) for places in np.indices(confusion.shape).reshape(2, -1))
    logits = np.full((len(true), len(names)), -5.0, np.float32)
    logits[np.arange(len(true)), said] = 5
    return Evaluation("pets", names, true, logits)


def test_long_names_are_numbered_in_the_matrix_and_none_is_left_out():
    names = ("parrots of the north", "parrots of the south", "cat")
    found = _matrix(evaluation_of(names, np.array([[5, 1, 0], [2, 6, 0], [0, 0, 1234]])))
    assert found.columns == ("true \\ predicted", "    0", "    1", "    2")  # as wide as 1,234
    assert [Text.from_markup(" ".join(row)).plain for row in found.rows] == [
        "0 parrots of the north 5 1 ·",
        "1 parrots of the south 2 6 ·",
        "2 cat · · 1,234",
    ]


@pytest.mark.parametrize("width", [60, 80])
def test_a_matrix_of_twenty_classes_fits_any_terminal_in_parts(width):
    names = tuple(f"class {number}" for number in range(20))
    console = Console(width=width, file=io.StringIO(), record=True)
    console.print(_matrix(evaluation_of(names, np.diag(np.arange(1000, 1020)))))
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= width
    assert all(any(f"{number:,}" in line for line in lines) for number in range(1000, 1020))
