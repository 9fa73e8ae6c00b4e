"""`convlens evaluate`: the same numbers on the screen, in JSON and by scikit-learn."""

import pytest
from sklearn.metrics import accuracy_score, confusion_matrix

from convlens.data import load_dataset
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


def test_the_screen_shows_accuracy_classes_and_matrix(convlens, trained_run):
    ran = convlens("evaluate", "latest")
    (found,) = convlens("evaluate", "latest", "--json").lines
    assert ran.out.startswith(f"Accuracy: {found['accuracy'] * 100:.2f} % of 297 test images of tiny")
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
    assert "this model is for other classes: it knows 10 classes ([b]class 0[/b], " in ran.err
    assert "tiny has 10 classes (0, 1, 2, 3, 4, …)" in ran.err


def test_a_model_of_unknown_data_asks_for_its_name(convlens, trained_run):
    model = load_model(trained_run)
    TrainedModel(model.network, model.weights, model.preprocessing, model.class_names, {"data": "mine"}).save(
        "m.safetensors"
    )
    ran = convlens("evaluate", "m.safetensors")
    assert ran.code == 2
    assert "trained on 'mine', which is no known dataset. Name the data to evaluate it on." in ran.err


def test_places_without_a_model_have_exit_code_4(convlens):
    ran = convlens("evaluate", "latest")
    assert ran.code == 4
    assert "there is no latest run" in ran.err
