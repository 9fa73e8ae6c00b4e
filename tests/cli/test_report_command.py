"""`convlens report`, `train --report` and `evaluate --json`: files, numbers, exit codes and one clear line."""

import csv
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sklearn.metrics import f1_score

from convlens.cli.report_command import divide_arguments
from convlens.data import load_dataset
from convlens.errors import OutputError, UsageError
from convlens.network import Network, initial_weights
from convlens.preprocessing import Preprocessing
from convlens.trained_model import TrainedModel, load_model

NETWORK = "conv 4 3x3 pad 1, relu, maxpool 2, dense"
QUICK = ("train", "tiny", "--network", NETWORK, "--epochs", "2", "--threads", "1", "--batch-size", "50")


def is_report(path: Path) -> bool:
    text = path.read_text(encoding="utf-8")
    return text.startswith("<!DOCTYPE html>") and "</html>" in text and "<h1>Report of <bdi>" in text


def test_the_report_of_a_run_goes_into_its_folder(convlens, trained_run):
    ran = convlens("report", str(trained_run))
    assert ran.code == 0
    assert ran.err == ""
    assert is_report(trained_run / "report.html")
    (found,) = convlens("evaluate", str(trained_run), "--json").lines
    low, high = (100 * end for end in found["interval_95"])
    accuracy, warning, report = ran.out.splitlines()
    assert accuracy == (
        f"Accuracy: {100 * found['accuracy']:.2f} % of 297 images of tiny test "
        f"(95 % interval {low:.2f} to {high:.2f} %), first"
    )
    assert warning.startswith("warning: With only 297 images, the accuracy may be anywhere from ")
    assert report == "Report: runs/first/report.html"
    page = (trained_run / "report.html").read_text(encoding="utf-8")
    assert f'<p class="big">{100 * found["accuracy"]:.2f} %</p>' in page


def test_latest_is_the_last_run(convlens, trained_run):
    ran = convlens("report", "latest")
    assert ran.code == 0
    assert (trained_run / "report.html").exists()
    assert Path(ran.out.splitlines()[-1].removeprefix("Report: ")).resolve() == (trained_run / "report.html").resolve()


def test_out_names_another_file(convlens, trained_run):
    ran = convlens("report", str(trained_run), "--out", "mine.html")
    assert ran.code == 0
    assert ran.out.endswith("Report: mine.html\n")
    assert is_report(Path("mine.html"))
    assert not (trained_run / "report.html").exists()


def test_a_model_that_lies_elsewhere_has_its_report_in_this_folder(convlens, trained_run):
    shutil.copy(trained_run / "model.safetensors", "moved.safetensors")
    ran = convlens("report", "moved.safetensors", "tiny")
    assert ran.code == 0
    assert ran.out.endswith("Report: report.html\n")
    assert "Report of <bdi>moved</bdi>" in Path("report.html").read_text()


def test_a_file_that_is_no_report_is_left_alone(convlens, trained_run):
    Path("photo.html").write_text("mine")
    ran = convlens("report", str(trained_run), "--out", "photo.html")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        "error: photo.html already exists and is not a report, so it is not overwritten. "
        "Give another name with --out.\n"
    )
    assert Path("photo.html").read_text() == "mine"


def test_the_place_is_looked_at_before_anything_is_computed(convlens, trained_run, monkeypatch):
    monkeypatch.setattr("convlens.report.study_model", lambda *_, **__: pytest.fail("it was computed first"))
    Path("photo.html").write_text("mine")
    assert convlens("report", str(trained_run), "--out", "photo.html").code == 1
    ran = convlens("report", str(trained_run), "--out", ".")
    assert (ran.code, ran.err) == (1, "error: cannot write .: Is a directory. Give another name with --out.\n")


def test_an_old_report_is_replaced(convlens, trained_run):
    for data in ((), ("tiny",)):
        assert convlens("report", str(trained_run), *data, "--out", "same.html").code == 0
    first = Path("same.html").read_text()
    Path("same.html").write_text(first[:2000])  # an old one, of another version, cut short
    shutil.copytree(trained_run, "runs/second")
    assert convlens("report", "runs/second", "--out", "same.html").code == 0
    assert Path("same.html").read_text() != first
    assert "Report of <bdi>second</bdi>" in Path("same.html").read_text()
    assert list(Path().glob(".*.part")) == []


def without_the_peak(found: dict[str, Any]) -> dict[str, Any]:
    """What is the same each time: the machine's speed is measured anew."""
    speed = found["training"]["speed"]
    return {**found, "training": {**found["training"], "speed": {**speed, "peak": 0, "share_of_peak": 0}}}


def test_json_is_one_object_with_the_numbers_of_evaluate(convlens, trained_run):
    ran = convlens("report", str(trained_run), "--json")
    (found,) = ran.lines
    assert found.pop("report") == "runs/first/report.html"
    (numbers,) = convlens("evaluate", str(trained_run), "--json").lines
    assert without_the_peak(found) == without_the_peak(numbers)
    assert ran.err == ""
    assert is_report(trained_run / "report.html")


def test_evaluate_has_every_number_of_the_report(convlens, trained_run):
    (found,) = convlens("evaluate", str(trained_run), "--json").lines
    assert set(found) == {
        "model", "data", "total", "correct", "accuracy", "interval_95", "loss", "classes", "confusion", "temperature",
        "expected_calibration_error", "expected_calibration_error_before_temperature",
        "expected_calibration_error_equal_mass", "expected_calibration_error_equal_mass_before_temperature",
        "negative_log_likelihood", "brier_score", "brier_score_before_temperature", "reliability",
        "reliability_before_temperature", "area_under_risk_coverage", "at_threshold", "notes", "trust",
        "hardest_errors", "label_errors", "risk_against_coverage", "corruptions", "kernels", "layers", "training",
        "doubtful_labels", "bent_images",
    }  # fmt: skip
    assert found["model"] == "runs/first"
    assert len(found["hardest_errors"]) == found["total"] - found["correct"]
    assert len(found["corruptions"]) == 6
    assert (found["bent_images"], found["doubtful_labels"]) == (found["corruptions"], found["label_errors"])
    assert len(found["training"]["epochs"]) == 2
    assert len(found["training"]["losses"]) == 24
    test, model = load_dataset("tiny").test, load_model(trained_run)
    assert test is not None
    mean: Any = f1_score(test.labels, model.logits(test.images).argmax(1), average="macro")
    assert sum(row["f1"] for row in found["classes"].values()) / 10 == pytest.approx(mean, abs=1e-9)
    assert found["layers"]["parameters"] == load_model(trained_run).parameters


def test_several_models_are_compared_in_this_folder(convlens, trained_run):
    assert convlens(*QUICK, "--seed", "5", "--out", "runs/second").code == 0
    ran = convlens("report", "runs/first", "runs/second", "tiny")
    assert ran.code == 0, ran.err
    lines = [line for line in ran.out.splitlines() if not line.startswith("warning: ")]
    assert [line.rpartition(", ")[2] for line in lines[:2]] == ["first", "second"]
    assert lines[2:] == ["Report: report.html"]
    text = Path("report.html").read_text()
    assert "<h1>Comparison of 2 models</h1>" in text
    assert not Path("runs/first/report.html").exists()
    (found,) = convlens("report", "runs/first", "runs/second", "--json", "--out", "both.html").lines
    assert found["report"] == "both.html"
    assert [model["name"] for model in found["models"]] == ["first", "second"]
    (pair,) = found["pairs"]
    first, second = (np.array(model["confusion"]).trace() for model in found["models"])
    assert pair["only_first"] - pair["only_second"] == first - second
    # A comparison is a report, so another one may take its place.
    assert convlens("report", "runs/first", "--out", "report.html").code == 0
    assert is_report(Path("report.html"))


def test_the_same_run_twice_is_no_comparison_of_two_names(convlens, trained_run):
    shutil.copytree(trained_run, "elsewhere/first")
    (found,) = convlens("report", "runs/first", "elsewhere/first", "tiny", "--json").lines
    names = [model["name"] for model in found["models"]]
    assert len(set(names)) == 2


def test_data_stand_behind_the_models():
    assert divide_arguments(["latest"]) == (["latest"], None)
    assert divide_arguments(["anything"]) == (["anything"], None)
    assert divide_arguments(["latest", "mnist"]) == (["latest"], "mnist")
    assert divide_arguments(["a.safetensors", "b.safetensors"]) == (["a.safetensors", "b.safetensors"], None)
    assert divide_arguments(["a.safetensors", "b.safetensors", "photos"]) == (
        ["a.safetensors", "b.safetensors"],
        "photos",
    )
    Path("run").mkdir()
    Path("run/config.toml").touch()
    Path("photos").mkdir()
    assert divide_arguments(["latest", "run", "photos"]) == (["latest", "run"], "photos")
    with pytest.raises(UsageError, match="'photos' is not a model: no run folder with a model, no"):
        divide_arguments(["latest", "photos", "run"])
    with pytest.raises(
        UsageError, match=r"no model was named. Give a model file, a run folder, latest, or hf://user/name."
    ):
        divide_arguments([])


def sixteen(names: tuple[str, ...] = tuple("0123456789")) -> str:
    """A model, at this place, for images as small as files are read."""
    network, shape = Network.from_text("dense"), (1, 16, 16)
    weights = initial_weights(network, shape, len(names), 0)
    TrainedModel(network, weights, Preprocessing(shape, "letterbox"), names).save("sixteen.safetensors")
    return "sixteen.safetensors"


def picture_of_class(folder: Path, name: str) -> None:
    (folder / name).mkdir(parents=True)
    Image.fromarray(np.arange(256, dtype=np.uint8).reshape(16, 16)).save(folder / name / "1.png")


def label_error_rows(path: str) -> list[dict[str, str]]:
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_the_old_name_of_an_option_is_taken_and_told(convlens, trained_run):
    ran = convlens("report", str(trained_run), "--doubtful", "old.csv", "--no-mend")
    assert ran.code == 0
    assert ran.err.splitlines() == [
        "--doubtful is now --label-errors; the old name goes in Convlens 0.8.",
        "--no-mend is now --no-repair; the old name goes in Convlens 0.8.",
    ]
    assert convlens("report", str(trained_run), "--label-errors", "new.csv").err == ""
    assert label_error_rows("old.csv") == label_error_rows("new.csv")


def test_the_label_errors_go_to_a_file(convlens, trained_run):
    ran = convlens("report", str(trained_run), "--label-errors", "labels.csv", "--json")
    assert ran.code == 0
    (found,) = ran.lines
    rows = label_error_rows("labels.csv")
    assert [(row["part"], row["image"], row["given"], row["suggested"]) for row in rows] == [
        ("judged", one["image"], one["given"], one["suggested"]) for one in found["label_errors"]
    ]
    assert len(rows) > 10


def test_a_list_that_is_none_of_ours_is_not_overwritten(convlens, trained_run):
    # labels.csv is what many people call the labels that they train on.
    Path("labels.csv").write_text("path,label\n1.png,cat\n")
    ran = convlens("report", str(trained_run), "--label-errors", "labels.csv")
    assert Path("labels.csv").read_text() == "path,label\n1.png,cat\n"
    assert ran.code == 1
    assert ran.err.startswith("error: labels.csv already exists")


def test_a_list_of_ours_is_replaced(convlens, trained_run):
    for _ in range(2):
        assert convlens("report", str(trained_run), "--label-errors", "labels.csv").code == 0
    assert len(label_error_rows("labels.csv")) > 10


def test_training_labels_are_judged_by_three_models(convlens, trained_run):
    ran = convlens("report", str(trained_run), "--training-labels", "--label-errors", "labels.csv", "--json")
    assert ran.code == 0
    assert ran.err.splitlines() == [
        f"Checking training labels: model {number} of 3, on 1,000 images" for number in (1, 2, 3)
    ]
    (found,) = ran.lines
    judged = found["training_labels"]
    assert (judged["images"], judged["folds"]) == (1500, 3)
    rows = label_error_rows("labels.csv")
    assert [row["image"] for row in rows if row["part"] == "training"] == [
        one["image"] for one in judged["label_errors"]
    ]
    assert "The labels of 1,500 training images were checked by 3 models" in (trained_run / "report.html").read_text()


def test_training_labels_that_cannot_be_judged_have_one_clear_line(convlens, trained_run):
    model = load_model(trained_run)
    TrainedModel(model.network, model.weights, model.preprocessing, model.class_names, {}).save("bare.safetensors")
    ran = convlens("report", "bare.safetensors", "tiny", "--training-labels")
    assert (ran.code, ran.out) == (3, "")
    assert "cannot be checked, because the images are missing or have changed. Give their folder as data" in ran.err
    facts = {"data": "tiny"}
    TrainedModel(model.network, model.weights, model.preprocessing, model.class_names, facts).save("b.safetensors")
    ran = convlens("report", "b.safetensors", "tiny", "--training-labels")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: this model does not say how it was trained. Leave out --training-labels.\n"
    assert not Path("report.html").exists()


@pytest.mark.parametrize("option", [("--training-labels",), ("--label-errors", "labels.csv")])
def test_what_is_for_one_model_is_refused_for_several(option, convlens, trained_run):
    ran = convlens("report", "runs/first", "runs/first", *option)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "error: labels are checked and listed for one model at a time. Give one model.\n"


def test_the_engine_can_be_chosen(convlens, trained_run):
    (found,) = convlens("report", str(trained_run), "--engine", "torch", "--threads", "1", "--json").lines
    (other,) = convlens("evaluate", str(trained_run), "--json").lines
    assert found["confusion"] == other["confusion"]
    ran = convlens("report", str(trained_run), "--engine", "jax")
    assert ran.code == 2
    assert "engine 'jax' is not known; give auto, native or torch." in ran.err


def test_show_opens_the_report(convlens, trained_run, monkeypatch):
    shown = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    assert convlens("report", str(trained_run), "--show").code == 0
    assert shown == [(trained_run / "report.html").resolve().as_uri()]


def photos(folder: Path) -> Path:
    """Ten classes of two pictures, named as `tiny`'s classes are."""
    random = np.random.default_rng(0)
    for name in "0123456789":
        (folder / name).mkdir(parents=True)
        for number in range(2):
            pixels = random.integers(0, 256, (20, 20), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"<b>{number}.png")
    return folder


def test_images_of_ones_own_are_judged_under_their_files_names(convlens):
    (found,) = convlens("report", sixteen(), str(photos(Path("photos"))), "--json").lines
    assert found["total"] == 20
    assert {Path(one["image"]).name for one in found["hardest_errors"]} <= {"<b>0.png", "<b>1.png"}
    assert any("evaluated on all of its 20 images" in note for note in found["notes"])
    text = Path("report.html").read_text()
    assert "&lt;b&gt;0.png" in text
    assert "<b>0" not in text
    assert "evaluated on all of its 20 images" in text


def test_training_can_write_the_report_too(convlens, tiny):
    ran = convlens(*QUICK, "--out", "runs/a", "--report")
    assert ran.code == 0
    assert is_report(Path("runs/a/report.html"))
    assert ran.out.startswith("Accuracy: ")
    assert "Run folder: runs/a" in ran.out
    assert not Path("report.html").exists()
    without = convlens(*QUICK, "--out", "runs/b")
    assert without.code == 0
    assert not Path("runs/b/report.html").exists()


def test_a_report_leaves_the_json_of_the_training_as_it_is(convlens, tiny):
    ran = convlens(*QUICK, "--out", "runs/a", "--report", "--json")
    assert [line["event"] for line in ran.lines] == ["epoch", "epoch", "done"]
    assert ran.err == ""
    assert is_report(Path("runs/a/report.html"))


def test_a_report_that_fails_loses_nothing_of_the_training(convlens, tiny, monkeypatch):
    def fail(*_: Any, **__: Any) -> None:
        raise OutputError("cannot write the report: the disk is full.")

    monkeypatch.setattr("convlens.report.write_report", fail)
    ran = convlens(*QUICK, "--out", "runs/a", "--report")
    assert ran.code == 1
    assert ran.err.splitlines()[-1] == "error: cannot write the report: the disk is full."
    assert "Run folder: runs/a" in ran.out
    assert load_model("runs/a").facts["finished"] is True


def test_a_training_without_test_images_keeps_its_model_though_there_is_no_report(convlens, digits_8x8):
    np.savez("train.npz", x_train=digits_8x8.train.images[:60, 0], y_train=digits_8x8.train.labels[:60])
    ran = convlens("train", "train.npz", "--recipe", "fast", "--epochs", "1", "--out", "runs/a", "--report", "--json")
    assert ran.lines[-1]["event"] == "done"
    assert Path("runs/a/model.safetensors").is_file()
    assert Path("runs/a/report.html").is_file() == (ran.code == 0)
    assert len([line for line in ran.err.splitlines() if line.startswith("error: ")]) == (ran.code != 0)


def test_help_says_what_a_report_is(convlens):
    ran = convlens("report", "--help")
    assert ran.code == 0
    assert "Write one offline HTML file that says how good a model is and where it fails." in ran.out
    for option in ("--out", "--training-labels", "--label-errors", "--json", "--show"):
        assert option in ran.out
    assert ran.out.index("convlens report latest") < ran.out.index("Arguments")


def test_bad_data_have_exit_code_3(convlens, trained_run):
    model = sixteen()
    Path("empty").mkdir()
    for name in ("gnu", "yak"):
        picture_of_class(Path("strange"), name)
    for data, message in (
        ("empty", "empty has no images: it is empty"),
        ("nowhere/", "nowhere"),
        ("strange", "this model has other classes: 10 classes (0, 1, 2, 3, 4, …)"),
    ):
        ran = convlens("report", model, data)
        assert (ran.code, ran.out) == (3, "")
        error = ran.err[ran.err.index("error: ") :]
        assert error.count("\n") == 1
        assert message in error
    ran = convlens("report", str(trained_run), "strange")
    assert (ran.code, ran.out) == (3, "")
    assert "this model takes images of 1×8×8; files are read as squares of 16 to 96 pixels" in ran.err
    assert list(Path().glob("**/*.html")) == []
