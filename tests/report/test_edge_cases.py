"""Reports of almost nothing and of strange models: each is a page or one clear line."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from convlens.calibration import Calibration
from convlens.data import LabelledImages
from convlens.errors import DataError, ModelFileError
from convlens.report import study_model, write_report
from convlens.report.page import write_page


@pytest.fixture
def report(make_model, read_page):
    """A function: class names, labels, … → the page of a model with random weights, read back, and its numbers."""

    def make(class_names, labels, shape=(1, 8, 8), **model):
        random = np.random.default_rng(7)
        images = random.integers(0, 256, (len(labels), *shape), np.uint8)
        given = LabelledImages(images, np.array(labels), class_names, "some")
        study = study_model(make_model(shape=shape, class_names=class_names, **model), given)
        return read_page(write_page(study)), json.loads(json.dumps(study.as_dict(), allow_nan=False))

    return make


def test_one_image(report):
    page, numbers = report(("cat", "dog"), [1])
    assert numbers["total"] == 1
    assert page.one("p", class_="big").text in ("0.00 %", "100.00 %")
    assert "1 images are few" in page.text or "1 image" in page.text


def test_one_class(report):
    page, numbers = report(("cat",), [0, 0, 0])
    assert numbers["accuracy"] == 1
    assert numbers["doubtful_labels"] == []
    assert "It made no mistake here." in page.text


def test_a_class_never_present_and_one_never_predicted(report):
    page, numbers = report(("cat", "dog", "emu"), [0, 0, 0, 0, 1])
    emu = numbers["classes"]["emu"]
    assert (emu["support"], emu["recall"], emu["recall_interval_95"]) == (0, None, [0, 1])
    assert "Class emu has no image here and is not judged." in page.text


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        ("dense", (1, 8, 8)),
        ("conv 3 3x3, batchnorm, relu, globalavgpool, dense", (1, 8, 8)),
        ("conv 70 7x7 stride 4, leaky_relu, conv 9 3x3, tanh, avgpool 2, sigmoid, globalavgpool, dense", (1, 96, 96)),
        ("conv 2 3x3 pad 1, relu, maxpool 2, dropout 0.5, dense 5, relu, dense", (1, 19, 19)),
    ],
)
def test_networks_of_all_kinds(report, network, shape):
    page, numbers = report(("cat", "dog"), [0, 1, 1], shape, network=network)
    assert numbers["layers"]["layers"]
    assert len(page.all("section")) == 9
    assert ("no convolution" in page.text) == (network == "dense")


def test_all_right_and_all_wrong(make_reader, show, read_page):
    names = ("cat", "dog")
    right = read_page(write_page(study_model(make_reader(names), show(names, [0, 1, 0], [0, 1, 0]))))
    assert right.one("p", class_="big").text == "100.00 %"
    assert "No image was judged wrongly." in right.text
    wrong = read_page(write_page(study_model(make_reader(names), show(names, [0, 1, 0], [1, 0, 1]))))
    assert wrong.one("p", class_="big").text == "0.00 %"
    assert len(wrong.one("section", id="errors").all("img")) == 3


@pytest.mark.parametrize("calibration", [Calibration(0.001, 0.9, 0.01, 1.0, 0.0, 10), Calibration(1000.0, 1.0, 0.01)])
def test_temperatures_at_their_ends(report, calibration):
    page, numbers = report(("cat", "dog"), [0, 1, 1, 0], calibration=calibration)
    assert numbers["temperature"] == calibration.temperature
    assert "temperature" in page.text


def test_an_unfinished_model_says_so(report):
    page, _ = report(("cat", "dog"), [0, 1], facts={"finished": False})
    assert "The training was stopped before its end; this is the model as it was then." in page.text


@pytest.mark.parametrize(("classes", "matrix"), [(30, True), (31, False)])
def test_more_than_thirty_classes_are_a_picture_instead_of_a_table(report, classes, matrix):
    page, _ = report(tuple(f"class {number}" for number in range(classes)), list(range(classes)) * 2)
    assert bool(page.all("table", class_="matrix")) == matrix
    assert bool(page.all("img", class_="heat")) != matrix


def test_no_images_are_refused_in_one_line():
    with pytest.raises(DataError, match=r"^nothing: there are no pixels in images of the shape"):
        LabelledImages(np.zeros((0, 1, 8, 8), np.uint8), np.zeros(0, np.int64), ("cat", "dog"), "nothing")


def test_an_empty_folder_is_refused_in_one_line(make_model):
    Path("empty").mkdir()
    with pytest.raises(DataError, match=r"^empty[^\n]*$"):
        write_report(make_model(shape=(1, 16, 16)), Path("empty"))
    assert not Path("report.html").exists()


def test_answers_that_are_no_numbers_are_refused_in_one_line(make_model, show):
    model = make_model("dense 4, dense", (1, 8, 8))
    huge = {name: np.full_like(array, 1e38) for name, array in model.weights.items()}
    with pytest.raises(ModelFileError, match=r"^this model answers with NaN or infinity: its weights are too large\."):
        write_report(dataclasses.replace(model, weights=huge), show(("cat", "dog"), [0, 1], [0, 1]))
    assert not Path("report.html").exists()


def test_a_run_with_damaged_and_missing_files_has_a_report(digits_run, digits_8x8, tmp_path, read_page):
    import shutil

    run = tmp_path / "run"
    shutil.copytree(digits_run, run)
    (run / "losses.csv").write_bytes(b"step,loss\n1,nan\n\xff\xfe2,0.5\n")
    (run / "metrics.csv").write_text("epoch,loss,accuracy,seconds\n0,nan,0.5,inf\n1,0.3,,2\n", encoding="utf-8")
    (run / "environment.json").write_text("[" * 100_000, encoding="utf-8")
    page = read_page(write_report(run, digits_8x8, run / "report.html"))
    rows = page.one("section", id="training").all("table")[0].rows
    assert [row[1] for row in rows] == ["–", "0.3000"]
    for name in ("losses.csv", "metrics.csv", "environment.json", "config.toml"):
        (run / name).unlink()
    page = read_page(write_report(run, digits_8x8, run / "report.html"))
    assert "The course of the training is not here" in page.text
