"""The edges of what can be judged: each gives a report or one clear line, never a division by zero or a warning."""

import dataclasses
import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import convlens
from convlens.calibration import Calibration
from convlens.data import Dataset, LabelledImages
from convlens.errors import DataError, ModelFileError, OutputError, UsageError
from convlens.report import Study, study_model, write_report
from convlens.report.course import Course, read_course
from convlens.report.interior import tell_training
from convlens.report.page import write_page

PETS = ("cat", "dog", "emu")


@pytest.fixture
def told(read_page) -> Callable[..., tuple[dict[str, Any], Any]]:
    """A function: model, images → the study's numbers, proved to be JSON, and its page, proved to say no NaN."""

    def tell(model: Any, images: Any) -> tuple[dict[str, Any], Any]:
        study = images if isinstance(images, Study) else study_model(model, images)
        numbers = json.loads(json.dumps(study.as_dict(), allow_nan=False))
        page = read_page(write_page(study))
        texts = [page.text, *(value for element in page for value in element.attributes.values())]
        strange = [found[0] for text in texts if (found := re.search(r"\b(nan|inf|None(?! of))\b.{0,30}", text))]
        assert strange == []
        return numbers, page

    return tell


def top(page: Any) -> str:
    return page.one("header").text


def test_no_images_are_refused_in_one_line():
    with pytest.raises(DataError, match=r"^nothing: there are no pixels in images of the shape \(0, 1, 8, 8\)"):
        LabelledImages(np.zeros((0, 1, 8, 8), np.uint8), np.zeros(0, np.int64), PETS, "nothing")


def test_a_dataset_without_test_images_is_refused_in_one_line(make_reader, show):
    dataset = Dataset("pets", show(PETS, [0], [0]), None, "letterbox")
    with pytest.raises(DataError, match="pets has no test images, so there is nothing to evaluate"):
        study_model(make_reader(PETS), dataset)


def test_one_right_image(make_reader, show, told):
    numbers, page = told(make_reader(PETS), show(PETS, [1], [1]))
    assert (numbers["accuracy"], numbers["hardest_errors"], numbers["label_errors"]) == (1, [], [])
    assert numbers["reliability"] == [
        {"images": 1, "correct": 1, "confidence": pytest.approx(np.exp(4) / (np.exp(4) + 2)), "accuracy": 1,
         "interval_95": pytest.approx([0.2065, 1], abs=1e-4), "certainty": numbers["reliability"][0]["confidence"]}
    ]  # fmt: skip
    assert "100.00 % of 1 image of painted" in top(page)
    assert "The model made no mistake on these images." in top(page)
    assert "1 images" not in page.text
    assert "No image was misclassified." in page.one("section", id="errors").text
    assert page.one("section", id="corruptions").one("p").text.startswith("Accuracy on 1 image as each corruption ")
    assert len(page.one("section", id="kernels").all("h3")) == 1


def test_one_wrong_image(make_reader, show, told):
    numbers, page = told(make_reader(PETS), show(PETS, [1], [2]))
    assert (numbers["accuracy"], numbers["risk_against_coverage"][0]["risk"]) == (0, 1)
    assert "The most frequent mistake is dog predicted as emu, once." in top(page)
    assert "1 images" not in page.text
    assert "1 labels" not in page.text


def test_a_model_of_one_class(make_reader, show, told):
    numbers, page = told(make_reader(("only",)), show(("only",), [0, 0], [0, 0]))
    assert (numbers["accuracy"], numbers["loss"], numbers["brier_score"]) == (1, 0, 0)
    assert numbers["label_errors"] == []
    assert page.one("table", class_="matrix").rows == [["only", "2"]]


def test_two_classes(make_reader, show, told):
    numbers, page = told(make_reader(("cat", "dog")), show(("cat", "dog"), [0, 0, 1, 1], [0, 1, 1, 1]))
    assert numbers["confusion"] == [[1, 1], [0, 2]]
    assert page.one("table", class_="matrix").rows == [["cat", "1", "1"], ["dog", "·", "2"]]
    assert "The class with the lowest recall is cat: 1 of 2 images is missed (50.0 %)." in top(page)


def test_a_class_never_predicted_has_no_precision(make_reader, show, told):
    numbers, page = told(make_reader(PETS), show(PETS, [0, 1, 2, 2], [0, 1, 0, 1]))
    assert numbers["classes"]["emu"]["precision"] is None
    emu = page.one("section", id="classes").one("table").rows[2]
    assert emu[:5] == ["emu", "2", "0.0 %", "0.0 to 65.8 %", "–"]


def test_a_class_never_present_is_named_and_not_drawn(make_reader, show, told):
    numbers, page = told(make_reader(PETS), show(PETS, [0, 1, 1, 0], [0, 1, 0, 2]))
    assert numbers["classes"]["emu"]["recall"] is None
    assert "Class emu has no images here and is not evaluated." in top(page)
    drawn = [text.text for text in page.one("header").one("svg").all("text")]
    assert "cat" in drawn
    assert "emu" not in drawn
    assert page.one("section", id="classes").one("table").rows[2][1:3] == ["0", "–"]


def test_only_one_of_the_classes_is_present(make_reader, show, told):
    numbers, page = told(make_reader(PETS), show(PETS, [2, 2, 2], [2, 2, 0]))
    assert numbers["classes"]["emu"]["recall"] == 2 / 3
    assert "It is worst at" not in top(page)
    assert "The most frequent mistake is emu predicted as cat, once." in top(page)
    assert "2 classes (cat, dog) have no images here and are not evaluated." in top(page)


def test_all_right(make_reader, show, told):
    model = make_reader(PETS, calibration=Calibration(1.0, 0.5, 0.01, 1.0, 0.0, 300))
    numbers, page = told(model, show(PETS, [0, 1, 2] * 50, [0, 1, 2] * 50))
    assert (numbers["correct"], numbers["at_threshold"]["error"], numbers["area_under_risk_coverage"]) == (150, 0, 0)
    assert "The model made no mistake on these images." in top(page)
    assert page.one("section", id="confidence").all("table")[2].rows[4][2] == "100.0 %"


def test_all_wrong(make_reader, show, told):
    model = make_reader(PETS, calibration=Calibration(threshold=0.5))
    numbers, page = told(model, show(PETS, [0, 1, 2] * 50, [1, 2, 0] * 50))
    assert (numbers["correct"], numbers["at_threshold"]["error"]) == (0, 1)
    assert (len(numbers["hardest_errors"]), len(numbers["label_errors"])) == (150, 150)
    assert top(page).startswith("Report of model 0.00 % of 150 images of painted are classified correctly")
    # None of the five rates can be had.
    assert {tuple(row[1:]) for row in page.one("section", id="confidence").all("table")[2].rows} == {("none", "0.0 %")}


def test_a_threshold_that_nothing_reaches(make_reader, show, told):
    model = make_reader(PETS, calibration=Calibration(1.0, 1.0, 0.01, 0.0, None, 30))
    numbers, page = told(model, show(PETS, [0, 1], [0, 2]))
    assert (numbers["at_threshold"]["answered"], numbers["at_threshold"]["error"]) == (0, None)
    assert "With its threshold at 100.00 %, the model answers none of these images" in top(page)


@pytest.mark.parametrize("temperature", [0.001, 1000.0])
def test_extreme_temperatures(temperature, make_reader, show, told):
    model = make_reader(PETS, calibration=Calibration(temperature, 0.34, 0.01, 0.5, 0.1, 30))
    numbers, page = told(model, show(PETS, [0, 1, 2, 0], [0, 1, 2, 1]))
    surest = 1 / (1 + 2 * np.exp(-4 / temperature))
    assert numbers["hardest_errors"][0]["probability"] == pytest.approx(surest)
    # Of four images one is wrong; a wrong answer costs 4 / T + log(1 + 2 exp(−4 / T)), a right one only the logarithm.
    expected = 1 / temperature + np.log1p(2 * np.exp(-4 / temperature))
    assert numbers["negative_log_likelihood"] == pytest.approx(expected)
    assert f"a temperature of {temperature:.3f}" in page.one("section", id="confidence").text


NETWORKS = {
    "no convolution": ("dense 16, relu, dense", (1, 8, 8)),
    "nothing but the output": ("dense", (1, 8, 8)),
    "no max-pooling": ("conv 4 3x3, relu, dense", (1, 8, 8)),
    "batch normalisation": ("conv 4 3x3 pad 1, batchnorm, relu, maxpool 2, dense", (1, 8, 8)),
    "colours": ("conv 4 3x3 pad 1, relu, maxpool 2, conv 6 3x3, relu, globalavgpool, dense", (3, 32, 32)),
    "one kernel of one pixel": ("conv 1 1x1, dense", (1, 8, 8)),
    "as large as the image": ("conv 3 8x8, relu, dense", (1, 8, 8)),
    "one pixel": ("dense", (1, 1, 1)),
    "every other layer": (
        "conv 70 7x7 stride 4, leaky_relu, conv 9 3x3, tanh, avgpool 2, sigmoid, dropout 0.5, dense 5, dense",
        (1, 96, 96),
    ),
    "wide": ("conv 2 3x3 pad 1, relu, dense", (1, 8, 60)),
}


@pytest.mark.parametrize(("network", "shape"), NETWORKS.values(), ids=NETWORKS)
def test_networks_of_every_kind(network, shape, make_model, random_images, told):
    images, labels = random_images(7, shape, 3)
    model = make_model(network, shape, PETS)
    numbers, page = told(model, LabelledImages(images, labels, PETS, "noise"))
    assert numbers["total"] == 7
    part = page.one("section", id="kernels")
    convolutions = [text for text in network.split(", ") if text.startswith("conv")]
    assert [layer["text"] for layer in numbers["kernels"]] == convolutions
    if convolutions:
        assert part.all("h3")[0].text == f"Layer 0: {convolutions[0]}"
        assert len(part.one("ul", class_="kernels").all("img")) == len(model.weights["0.weight"])
        assert ("3 input channels are side by side" in part.text) == (shape[0] == 3)
    else:
        assert "This network has no convolution, so there are no kernels to show." in part.text
    assert "dead" not in " ".join(sentence.text for sentence in part.all("figcaption"))


def test_a_network_whose_kernels_are_all_dead(make_model, random_images, told):
    model = make_model("conv 3 3x3, relu, dense", class_names=PETS)
    model.weights["0.weight"][:] = 0
    model.weights["0.bias"][:] = 0
    images, labels = random_images(5, (1, 8, 8), 3)
    numbers, page = told(model, LabelledImages(images, labels, PETS, "noise"))
    assert numbers["kernels"][0]["dead"] == [0, 1, 2]
    assert "kernels 0, 1, 2 are dead" in page.one("section", id="kernels").text
    assert len(page.all("b", class_="flag")) == 3


def test_a_network_with_blocks_is_moved_in_and_its_kernels_and_maps_say_the_branch(make_model, random_images, told):
    text = "conv 2 1x1, residual(conv 3 3x3 pad 1, relu, shortcut conv 3 1x1), concat(conv 2 1x1; ), dense"
    model = make_model(text, class_names=PETS)
    model.weights["1.shortcut.0.weight"][1] = 0
    images, labels = random_images(5, (1, 8, 8), 3)
    numbers, page = told(model, LabelledImages(images, labels, PETS, "noise"))
    part = page.one("section", id="network")
    cells = [row.all("td")[0] for row in part.one("table").all("tr")[1:-1]]
    assert [cell.children for cell in cells] == [
        ["conv 2 1x1"], ["  body: conv 3 3x3 pad 1"], ["  relu"], ["  shortcut: conv 3 1x1"], ["add"],
        ["  branch 0: conv 2 1x1"], ["concat"], ["flatten"], ["dense 3"],
    ]  # fmt: skip
    assert all(cell.has("class", "as-is") for cell in cells)
    assert "layer 2 + layer 3" in part.one("table").text
    assert [layer["inputs"] for layer in numbers["layers"]["layers"][4:7]] == [[2, 3], [4], [5, 4]]
    assert [layer["text"] for layer in numbers["kernels"]] == [
        "conv 2 1x1", "body: conv 3 3x3 pad 1", "shortcut: conv 3 1x1", "branch 0: conv 2 1x1"
    ]  # fmt: skip
    part = page.one("section", id="kernels")
    assert "Layer 3 (shortcut: conv 3 1x1): kernel 1 is dead; its weights are all zero." in part.text
    first = part.all("div", class_="maps")[0]
    assert [caption.text for caption in first.all("figcaption")] == [
        "the network's input, 1×8×8", "0 conv 2 1x1, 2×8×8", "1 body: conv 3 3x3 pad 1, 3×8×8", "2 body: relu, 3×8×8",
        "3 shortcut: conv 3 1x1, 3×8×8", "4 add, 3×8×8", "5 branch 0: conv 2 1x1, 2×8×8", "6 concat, 5×8×8",
    ]  # fmt: skip


def test_images_that_are_all_black_or_all_alike(make_model, told):
    model = make_model("conv 3 3x3, relu, dense", class_names=PETS)
    images = LabelledImages(np.zeros((40, 1, 8, 8), np.uint8), np.arange(40) % 3, PETS, "night")
    numbers, _ = told(model, images)
    assert len(numbers["risk_against_coverage"]) == 1


def test_a_model_with_no_facts_at_all(make_reader, show, told):
    numbers, page = told(make_reader(PETS), show(PETS, [0, 1, 2], [0, 1, 1]))
    assert set(numbers["training"]) == {"epochs", "losses", "speed"}
    assert numbers["trust"][0]["verdict"] == "unknown"
    assert "could not be compared with the training images, which are missing" in top(page)
    terms = [term.text for term in page.one("section", id="training").all("dt")]
    assert terms == ["network", "parameters"]


def test_an_unfinished_model_says_so(make_reader, show, told):
    numbers, page = told(make_reader(PETS, facts={"finished": False}), show(PETS, [0, 1, 2], [0, 1, 1]))
    assert [check["kind"] for check in numbers["trust"]] == ["copies", "amount", "unfinished"]
    assert "Training was stopped early; this is the model at that point." in top(page)
    facts = page.one("section", id="training").one("dl")
    assert facts.all("dd")[-1].text == "no, training was stopped early"


def test_a_model_that_answers_with_no_numbers_is_refused_in_one_line(make_model, random_images):
    images, labels = random_images(5, (1, 8, 8), 3)
    model = make_model("dense 8, relu, dense", class_names=PETS)
    for array in model.weights.values():
        array[:] = 1e30
    with pytest.raises(ModelFileError, match=r"^this model's output is NaN or infinite: its weights are too large"):
        study_model(model, LabelledImages(images, labels, PETS, "noise"))


def test_a_model_whose_weights_are_no_numbers_is_refused_in_one_line(make_model, random_images):
    images, labels = random_images(5, (1, 8, 8), 3)
    model = make_model(class_names=PETS)
    model.weights["1.bias"][1] = np.nan
    with pytest.raises(UsageError, match=r"^the weights do not fit the network: 1\.bias holds NaN or infinity\.$"):
        study_model(model, LabelledImages(images, labels, PETS, "noise"))


@pytest.fixture
def copied_run(digits_run: Path) -> Path:
    """A run folder that a test may damage."""
    return Path(shutil.copytree(digits_run, "copied"))


def test_metrics_with_values_that_are_no_numbers_leave_gaps(copied_run, digits_8x8, told):
    (copied_run / "metrics.csv").write_text(
        "epoch,steps,loss,accuracy,validation_accuracy,learning_rate,seconds,images_per_second\n"
        "0,10,nan,nan,nan,nan,nan,nan\n1,10,inf,0.5,-inf,,x,\n2,10,0.5,0.75,0.7,0.1,1.5,100\n"
    )
    numbers, page = told(None, study_model(copied_run, digits_8x8))
    assert [row["loss"] for row in numbers["training"]["epochs"]] == [None, None, 0.5]
    assert page.one("section", id="training").one("table").rows == [
        ["1", "–", "–", "–", "–", "–"],
        ["2", "–", "50.00 %", "–", "–", "–"],
        ["3", "0.5000", "75.00 %", "70.00 %", "0.10000", "1.5 s"],
    ]


def test_metrics_without_any_number(copied_run, digits_8x8, told):
    (copied_run / "metrics.csv").write_text("epoch,loss\nnan,nan\nnan,nan\n")
    (copied_run / "losses.csv").write_text("step,loss\n1,nan\n2,inf\n")
    numbers, page = told(None, study_model(copied_run, digits_8x8))
    assert numbers["training"]["losses"] == [[1, None], [2, None]]
    assert "The loss of every step" not in page.text


DAMAGED = {
    "empty": b"",
    "binary": bytes(range(256)) * 20,
    "only a head": b"step,loss\n",
    "another head": b"a,b\n1,2\n",
    "cut": b"step,loss\n1,2.5\n2,2.",
    "gaps": b"step,loss\n1,2.5\n2,nan\n,\n4,1.5,extra,columns\nfive,1\n6\n",
    "one step": b"step,loss\n1,2.5\n",
    "no order": b"step,loss\n7,1\n3,2\n-5,3\n",
    "huge numbers": b"step,loss\n1,1e308\n2,1.7e308\n3,-1.7e308\n",
    "huge steps": b"step,loss\n1,2\n1e300,1\n",
    "negative": b"step,loss\n1,-2\n2,-3\n",
    "an endless field": b"step,loss\n" + b"1" * 200_000 + b",2\n",
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_damaged_losses_are_left_out_or_shown_as_far_as_they_go(content, digits_study, tmp_path):
    (tmp_path / "losses.csv").write_bytes(content)
    study = dataclasses.replace(digits_study, course=read_course(tmp_path / "model.safetensors"))
    losses = json.loads(json.dumps(study.as_dict()["training"]["losses"], allow_nan=False))
    drawing = tell_training(study)["losses"]
    assert bool(drawing) == any(loss is not None for _, loss in losses)
    assert not re.search(r"\b(nan|inf)\b", drawing)


def test_many_epochs_do_not_make_a_large_page(digits_study):
    row: dict[str, float | None] = {
        "loss": 0.1,
        "accuracy": 0.9,
        "validation_accuracy": 0.8,
        "learning_rate": 0.01,
        "seconds": 1.0,
    }
    long = dataclasses.replace(digits_study, course=Course(epochs=(row,) * 20_000))
    assert len(write_page(long)) < 5_000_000


def many(classes: int, images: int) -> tuple[tuple[str, ...], np.ndarray]:
    return tuple(f"class {number}" for number in range(classes)), np.arange(images) % classes


def test_thirty_classes_are_a_table_and_thirty_one_a_picture(make_reader, show, told):
    for classes in (30, 31):
        names, true = many(classes, 2 * classes)
        said = np.where(np.arange(2 * classes) < 3, true + 1, true)
        numbers, page = told(make_reader(names), show(names, true, said))
        part = page.one("section", id="confusions")
        assert len(part.all("table", class_="matrix")) == (classes == 30)
        assert len(part.all("img", class_="heat")) == (classes == 31)
        if classes == 31:
            assert "With 31 classes, the matrix is shown as a picture." in part.text
            pairs = [["class 0", "class 1", "1"], ["class 1", "class 2", "1"], ["class 2", "class 3", "1"]]
            assert part.one("table").rows == pairs
            (popover, *_) = part.all("div", popover="")
            assert popover.one("img").attributes["alt"] == "painted 0"
        assert f"24 worst of {classes} classes" in page.one("header").one("figcaption").text
        assert sum(sum(row) for row in numbers["confusion"]) == 2 * classes


def test_a_thousand_classes_with_few_images(make_reader, show, told):
    names, true = many(1000, 300)
    numbers, page = told(make_reader(names), show(names, true, np.where(true % 10 == 0, (true + 5) % 1000, true)))
    assert (numbers["total"], numbers["correct"]) == (300, 270)
    part = page.one("section", id="classes")
    assert part.one("summary").text == "All 1000 classes"
    assert len(part.one("table").rows) == 1000
    assert (
        "700 classes (class 300, class 301, class 302 and 697 more) have no images here and are not evaluated."
        in top(page)
    )


def test_a_picture_of_a_matrix_has_a_pixel_for_each_pair(make_reader, show, told):
    import base64
    import io

    from PIL import Image

    names, true = many(40, 80)
    _, page = told(make_reader(names), show(names, true, np.where(true == 7, 3, true)))
    address = page.one("img", class_="heat").attributes["src"]
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as picture:
        opaque = np.array(picture.convert("RGBA"))[..., 3] > 0
    expected = np.eye(40, dtype=bool)
    expected[7, 7], expected[7, 3] = False, True
    np.testing.assert_array_equal(opaque, expected)


def test_what_lies_beside_a_model_may_be_damaged_or_gone(copied_run, digits_8x8, told):
    (copied_run / "losses.csv").write_bytes(b"step,loss\n1,nan\n\xff\xfe2,0.5\n")
    (copied_run / "environment.json").write_text("[" * 100_000)
    numbers, _ = told(None, study_model(copied_run, digits_8x8))
    assert numbers["training"]["losses"] == []
    assert len(numbers["training"]["epochs"]) == 4
    for name in ("losses.csv", "metrics.csv", "environment.json", "config.toml"):
        (copied_run / name).unlink()
    numbers, page = told(None, study_model(copied_run, digits_8x8))
    assert numbers["training"]["epochs"] == []
    assert "There is no training history" in page.one("section", id="training").text


# The way through `convlens.write_report`


def test_an_empty_folder_is_refused_in_one_line_and_leaves_no_report(make_model):
    Path("empty").mkdir()
    with pytest.raises(DataError, match=r"^empty has no images: it is empty[^\n]*$"):
        write_report(make_model(shape=(1, 16, 16)), Path("empty"))
    assert not Path("report.html").exists()


def test_write_report_takes_a_model_or_the_place_of_one(digits_run, digits_study, digits_8x8, read_page):
    for model in (digits_run, digits_study.model):
        path = convlens.write_report(model, digits_8x8, "mine.html")
        assert path == Path("mine.html")
        lead = read_page(path).one("p", class_="lead").text
        assert lead.startswith("of 297 images of digits test are classified correctly")


def test_write_report_leaves_other_files_alone(digits_study, digits_8x8):
    Path("notes.html").write_text("<p>mine</p>")
    with pytest.raises(OutputError, match=r"notes\.html already exists and is not a report, so it is not overwritten"):
        write_report(digits_study.model, digits_8x8, "notes.html")
    assert Path("notes.html").read_text() == "<p>mine</p>"
    Path("folder").mkdir()
    with pytest.raises(OutputError, match=r"cannot write folder: Is a directory\. Give another name with out=\."):
        write_report(digits_study.model, digits_8x8, "folder")


def test_write_report_of_no_models_says_so(digits_8x8):
    with pytest.raises(UsageError, match="model"):
        write_report([], digits_8x8)


def test_training_labels_of_several_models_are_refused_not_forgotten(digits_study, digits_8x8):
    with pytest.raises(UsageError, match="one model"):
        write_report([digits_study.model, digits_study.model], digits_8x8, training_labels=True)


@pytest.mark.skipif(os.name != "posix", reason="only there can a name be bytes that are no text")
def test_a_run_folder_whose_name_is_no_text_has_a_report_all_the_same(digits_run, digits_8x8, read_page):
    folder = Path(os.fsdecode(b"run-\xff"))
    try:
        shutil.copytree(digits_run, folder)
    except OSError:
        pytest.skip("this file system takes no such name")
    path = write_report(folder, digits_8x8, folder / "report.html")
    assert read_page(path).one("h1").text.startswith("Report of run-")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="only there are named pipes")
def test_write_report_does_not_wait_for_a_pipe(digits_study, digits_8x8):
    os.mkfifo("pipe.html")
    with pytest.raises(
        OutputError, match=r"^pipe\.html is a device or a pipe, not a file\. Give another name with out=\."
    ):
        write_report(digits_study.model, digits_8x8, "pipe.html")
