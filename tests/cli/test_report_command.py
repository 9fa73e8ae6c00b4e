"""`convlens report`, `train --report` and `evaluate --json`: what they write, what they print, what they refuse."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from sklearn.metrics import f1_score

from convlens.cli.report_command import divide_arguments
from convlens.data import load_dataset
from convlens.errors import UsageError
from convlens.trained_model import TrainedModel, load_model


def test_the_report_of_a_run_lies_in_its_folder(convlens, trained_run):
    ran = convlens("report", "latest")
    page = (trained_run / "report.html").read_text(encoding="utf-8")
    (found,) = convlens("evaluate", "latest", "--json").lines
    assert ran.code == 0
    assert f"Accuracy: {found['accuracy'] * 100:.2f} % of 297 images of tiny test (95 % interval" in ran.out
    assert ran.out.splitlines()[-1].endswith("report.html")
    assert f'<p class="big">{found["accuracy"] * 100:.2f} %</p>' in page
    assert page.startswith("<!DOCTYPE html>")


def test_out_names_another_file_and_an_old_report_is_replaced(convlens, trained_run):
    assert convlens("report", "latest", "--out", "deep/mine.html").code == 0
    page = Path("deep/mine.html")
    page.write_text(page.read_text(encoding="utf-8")[:2000], encoding="utf-8")  # an old one, of another version
    assert convlens("report", "latest", "tiny", "--out", "deep/mine.html").code == 0
    assert page.read_text(encoding="utf-8").endswith("</html>")
    assert not (trained_run / "report.html").exists()


def test_a_file_that_is_no_report_is_left_alone(convlens, trained_run):
    Path("notes.html").write_text("my notes", encoding="utf-8")
    ran = convlens("report", "latest", "--out", "notes.html")
    assert ran.code == 1
    assert ran.err.startswith("error: notes.html is there already and is no report, so it is left alone. Give another")
    assert Path("notes.html").read_text(encoding="utf-8") == "my notes"


def test_json_is_one_object_with_the_numbers_of_evaluate(convlens, trained_run):
    (told,) = convlens("report", "latest", "--json").lines
    (found,) = convlens("evaluate", "latest", "--json").lines
    assert told["report"].endswith("report.html")
    for name in found.keys() - {"training"}:  # which has the peak, measured each time
        assert told[name] == found[name], name
    test, predicted = load_dataset("tiny").test, load_model(trained_run)
    assert test is not None
    scores: Any = f1_score(test.labels, predicted.logits(test.images).argmax(1), average="macro")
    mean = sum(row["f1"] for row in found["classes"].values()) / 10
    assert mean == pytest.approx(scores, abs=1e-9)
    for name in ("trust", "hardest_errors", "doubtful_labels", "bent_images", "kernels", "layers", "reliability"):
        assert found[name], name


def test_several_models_are_put_side_by_side(convlens, trained_run):
    shutil.copytree(trained_run, "runs/other")
    ran = convlens("report", "latest", "runs/other", "tiny", "--json")
    (told,) = ran.lines
    assert told["report"] == "report.html"
    assert [model["name"] for model in told["models"]] == [trained_run.name, "other"]
    (pair,) = told["pairs"]
    assert (pair["only_first"], pair["only_second"], pair["mcnemar_p"]) == (0, 0, 1)
    assert "Comparison of 2 models" in Path("report.html").read_text(encoding="utf-8")
    refused = convlens("report", "latest", "runs/other", "--training-labels")
    assert refused.code == 2
    assert "--training-labels and --doubtful are for a report of one model." in refused.err


def test_models_come_first_and_data_last(trained_run):
    assert divide_arguments(["latest"]) == (["latest"], None)
    assert divide_arguments(["anything"]) == (["anything"], None)
    assert divide_arguments(["latest", str(trained_run), "mnist"]) == (["latest", str(trained_run)], "mnist")
    assert divide_arguments(["a.safetensors", "photos"]) == (["a.safetensors"], "photos")
    with pytest.raises(UsageError, match=r"^'photos' is no model: it is neither a run folder with a model nor a "):
        divide_arguments(["latest", "photos", "latest"])


def test_what_is_no_model_and_what_is_damaged(convlens, trained_run):
    ran = convlens("report", "nowhere")
    assert (ran.code, ran.out) == (4, "")
    assert "nowhere: no such file or folder. Give a model file, a run folder, or latest." in ran.err
    content = (trained_run / "model.safetensors").read_bytes()
    Path("cut.safetensors").write_bytes(content[:-5])
    ran = convlens("report", "cut.safetensors", "tiny")
    assert ran.code == 4
    assert "cut.safetensors is cut short" in ran.err
    assert not Path("report.html").exists()


def test_data_that_do_not_fit_are_bad_data(convlens, trained_run):
    model = load_model(trained_run)
    names = tuple("abcdefghij")
    TrainedModel(model.network, model.weights, model.preprocessing, names, model.facts).save("o.safetensors")
    ran = convlens("report", "o.safetensors", "tiny")
    assert ran.code == 3
    assert "this model is for other classes" in ran.err
    assert not Path("report.html").exists()


def test_doubtful_labels_of_test_and_training_images_become_a_table(convlens, trained_run):
    ran = convlens("report", "latest", "--training-labels", "--doubtful", "labels.csv", "--json")
    (told,) = ran.lines
    with Path("labels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    judged = [row for row in rows if row["part"] == "judged"]
    training = [row for row in rows if row["part"] == "training"]
    assert len(judged) == len(told["doubtful_labels"])
    assert len(training) == len(told["training_labels"]["doubtful_labels"]) > 0
    doubts = [float(row["doubt"]) for row in training]
    assert doubts == sorted(doubts, reverse=True)
    assert told["training_labels"]["images"] == 1500
    assert ran.err.count("Judging training labels: model ") == 3


def test_train_writes_a_report_when_asked(convlens, tiny):
    ran = convlens("train", "tiny", "--epochs", "1", "--report")
    assert ran.code == 0
    assert "report.html" in ran.out
    page = Path("runs/latest/report.html")
    assert "Report of" in page.read_text(encoding="utf-8")
    assert Path("runs/latest/losses.csv").read_text(encoding="utf-8").startswith("step,loss\n1,")


def test_a_report_without_test_images_is_one_line_and_loses_nothing(convlens, digits_8x8):
    import numpy as np

    np.savez("train.npz", x_train=digits_8x8.train.images[:60, 0], y_train=digits_8x8.train.labels[:60])
    ran = convlens("train", "train.npz", "--recipe", "fast", "--epochs", "1", "--report", "--json")
    done = json.loads(ran.out.splitlines()[-1])
    assert done["event"] == "done"
    run = Path(done["run"])
    assert (run / "model.safetensors").is_file()
    assert (run / "report.html").is_file() == (ran.code == 0)


def test_the_help_opens_with_examples(convlens):
    ran = convlens("report", "--help")
    assert ran.code == 0
    assert ran.out.index("convlens report latest") < ran.out.index("Arguments")
