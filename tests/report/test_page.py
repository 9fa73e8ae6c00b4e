"""The page as a document: it shows the study's numbers, is whole and accessible, and takes every text for text."""

import base64
import csv
import dataclasses
import io
import re
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import scipy.special

from convlens.report import Study, study_model
from convlens.report.course import Course
from convlens.report.page import write_page


@pytest.fixture(scope="module")
def page(digits_report, read_page) -> Any:
    return read_page(digits_report)


@pytest.fixture(scope="module")
def numbers(digits_study: Study) -> dict[str, Any]:
    return digits_study.as_dict()


@pytest.fixture(scope="module")
def probabilities(digits_study: Study) -> np.ndarray:
    logits = digits_study.model.logits(digits_study.chosen.images.images).astype(np.float64)
    return scipy.special.softmax(logits / digits_study.model.calibration.temperature, axis=1)


def percent(value: float | None, digits: int = 2) -> str:
    return "–" if value is None else f"{100 * value:.{digits}f} %"


def between(ends: Any, digits: int = 2) -> str:
    return f"{100 * ends[0]:.{digits}f} to {100 * ends[1]:.{digits}f} %"


def sure(value: float) -> str:
    if 0.9995 <= value < 1:
        return ">99.9 %"
    return "<0.1 %" if 0 < value < 0.0005 else f"{100 * value:.1f} %"


def plain(value: float, digits: int = 4) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


def section(page: Any, name: str) -> Any:
    return page.one("section", id=name)


# What is shown


def test_on_top_stand_accuracy_interval_and_what_it_is_worst_at(page, numbers):
    header = page.one("header")
    assert header.one("p", class_="big").text == percent(numbers["accuracy"])
    assert header.one("p", class_="lead").text == (
        "of 297 images of digits test are classified correctly; "
        f"the 95 % interval is {between(numbers['interval_95'])}. "
        f"{297 - numbers['correct']} are wrong."
    )
    assert header.one("h1").text == "Report of digits-run"
    worst = min(numbers["classes"], key=lambda name: numbers["classes"][name]["recall"])
    row = numbers["classes"][worst]
    missed = row["support"] - numbers["confusion"][int(worst)][int(worst)]
    assert (
        f"The class with the lowest recall is {worst}: "
        f"{missed} of {row['support']} images are missed ({percent(1 - row['recall'], 1)})." in header.text
    )
    wrong = np.array(numbers["confusion"]) * (1 - np.eye(10, dtype=int))
    true, said = divmod(int(wrong.argmax()), 10)
    assert f"The most frequent mistake is {true} predicted as {said}, {wrong.max()} times." in header.text
    left = numbers["at_threshold"]
    assert (
        f"With its threshold at {percent(left['threshold'])}, the model answers "
        f"{percent(left['coverage'])} of these images" in header.text
    )


def test_on_top_stands_whether_the_numbers_can_be_trusted(page, numbers):
    header = page.one("header")
    assert "Read these numbers with care." in header.text
    told = [one.text for one in header.one("ul", class_="trust").all("li")]
    order = ["bad", "warning", "unknown", "good"]
    checks = sorted(numbers["trust"], key=lambda check: order.index(check["verdict"]))
    assert [text[1:] for text in told] == [" ".join(check["sentence"].split()) for check in checks]
    words = [one.attributes["aria-label"] for one in header.all("span", class_="mark")]
    assert words == [{"warning": "warning", "good": "good"}[check["verdict"]] for check in checks]


def test_the_table_of_classes(page, numbers):
    table = section(page, "classes").one("table")
    assert table.rows == [
        [
            name,
            str(row["support"]),
            percent(row["recall"], 1),
            between(row["recall_interval_95"], 1),
            percent(row["precision"], 1),
            between(row["precision_interval_95"], 1),
            percent(row["f1"], 1),
            between(row["f1_interval_95"], 1),
        ]
        for name, row in numbers["classes"].items()
    ]


def test_the_matrix_and_the_images_behind_its_cells(page, numbers, digits_study, probabilities):
    confusions = section(page, "confusions")
    table = confusions.one("table", class_="matrix")
    assert table.rows == [
        [str(true), *(str(count or "·") for count in row)] for true, row in enumerate(numbers["confusion"])
    ]
    cells = [(true, said) for true in range(10) for said in range(10) if numbers["confusion"][true][said]]
    buttons = [button.attributes["popovertarget"] for button in table.all("button")]
    assert buttons == [f"cell-{true}-{said}" for true, said in cells]
    judged = digits_study.evaluation
    for true, said in cells:
        behind = confusions.one("div", id=f"cell-{true}-{said}")
        count = numbers["confusion"][true][said]
        shown = [picture.attributes["alt"] for picture in behind.all("img")]
        assert len(shown) == min(count, 8 if true == said else 24)
        (images,) = np.nonzero((judged.labels == true) & (judged.predicted == said))
        way = 1 if true == said else -1
        images = sorted(images.tolist(), key=lambda index: way * probabilities[index, said])[: len(shown)]
        assert shown == [f"digits test {index}" for index in images]
        captions = [caption.text for caption in behind.all("figcaption")]
        assert captions == [sure(probabilities[index, said]) for index in images]
        assert (f"{len(shown)} of {count} are shown" in behind.text) == (len(shown) < count)


def test_a_picture_behind_a_cell_is_the_image_itself(page, digits_study):
    from PIL import Image

    errors = section(page, "errors").all("img")
    address = errors[0].attributes["src"]
    assert address.startswith("data:image/png;base64,")
    index = int(digits_study.evaluation.hardest_errors(1)[0])
    with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as picture:
        np.testing.assert_array_equal(np.array(picture), digits_study.chosen.images.images[index, 0])


def cards(part: Any) -> list[tuple[str, list[tuple[str, str]]]]:
    """The name of each card's image, and its classes with their probabilities."""
    return [
        (
            card.one("p", class_="where").text,
            [
                (" ".join(part.text for part in term.all("bdi", "span")), value.text)
                for term, value in zip(card.all("dt"), card.all("dd"), strict=True)
            ],
        )
        for list_ in part.all("ul", class_="cards")
        for card in list_.all("li")
    ]  # fmt: skip


def test_the_hardest_errors_with_their_probabilities(page, numbers, probabilities):
    shown = cards(section(page, "errors"))
    hardest = numbers["hardest_errors"][:24]
    assert [name for name, _ in shown] == [one["image"] for one in hardest]
    for (_, lines), one in zip(shown, hardest, strict=True):
        assert lines[0] == (one["said"], sure(one["probability"]))
        assert (f"{one['true']} true", sure(one["probability_of_true"])) in lines
        second = np.sort(probabilities[one["index"]])[-2]
        assert lines[1][1] == sure(second)


def test_the_label_errors_and_their_file(page, numbers):
    part = section(page, "labels")
    label_errors = numbers["label_errors"]
    assert f"The model disagrees with {len(label_errors)} labels here" in part.text
    expected = [
        (
            one["image"],
            [
                (one["suggested"], sure(one["suggested_probability"])),
                (f"{one['given']} label", sure(one["given_probability"])),
            ],
        )
        for one in label_errors[:24]
    ]
    assert cards(part) == expected
    link = part.one("a")
    assert link.attributes["download"] == "label-errors.csv"
    kind, _, content = link.attributes["href"].partition(",")
    assert kind == "data:text/csv;charset=utf-8;base64"
    rows = list(csv.DictReader(io.StringIO(base64.b64decode(content).decode())))
    assert [(row["image"], row["given"], row["suggested"]) for row in rows] == [
        (one["image"], one["given"], one["suggested"]) for one in label_errors
    ]
    assert [float(row["margin"]) for row in rows] == [one["margin"] for one in label_errors]


def test_calibration_before_and_after_temperature(page, numbers):
    part = section(page, "confidence")
    assert f"divided by a temperature of {plain(numbers['temperature'], 3)}, fitted on 300 held-out images" in part.text
    bins, measures, thresholds = part.all("table")
    assert bins.rows == [
        [str(bin["images"]), sure(bin["confidence"]), percent(bin["accuracy"], 1), between(bin["interval_95"], 1)]
        for bin in numbers["reliability"]
    ]
    error, mass = "expected_calibration_error", "expected_calibration_error_equal_mass"
    assert [row[1:] for row in measures.rows] == [
        [percent(numbers[f"{mass}_before_temperature"]), percent(numbers[mass])],
        [percent(numbers[f"{error}_before_temperature"]), percent(numbers[error])],
        [plain(numbers["loss"]), plain(numbers["negative_log_likelihood"])],
        [plain(numbers["brier_score_before_temperature"]), plain(numbers["brier_score"])],
    ]
    assert [row[0] for row in thresholds.rows] == ["5 %", "2 %", "1 %", "0.5 %", "0.1 %"]
    assert f"The area under the curve is {plain(numbers['area_under_risk_coverage'], 5)}." in part.text


def test_what_a_threshold_buys(page, digits_study, probabilities):
    judged = digits_study.evaluation
    best, wrong = probabilities.max(axis=1), judged.predicted != judged.labels
    rows = section(page, "confidence").all("table")[2].rows
    for (_, threshold, answered), most in zip(rows, (0.05, 0.02, 0.01, 0.005, 0.001), strict=True):
        fitting = [one for one in best if wrong[best >= one].mean() <= most]
        assert answered == percent((best >= min(fitting)).mean(), 1)
        assert threshold == sure(min(fitting))


def test_where_no_temperature_was_fitted_there_is_no_before(make_reader, show, read_page):
    names = ("cat", "dog")
    page = read_page(write_page(study_model(make_reader(names), show(names, [0, 1, 1], [0, 1, 0]))))
    part = section(page, "confidence")
    assert "No temperature was fitted" in part.text
    assert [head.text for head in part.all("table")[1].all("th", scope="col")] == ["measure", "uncalibrated"]
    assert {len(row) for row in part.all("table")[1].rows} == {2}


def test_corrupted_images_as_numbers(page, numbers):
    part = section(page, "corruptions")
    assert len(part.all("svg")) == 6
    for figure, curve in zip(part.all("figure"), numbers["corruptions"], strict=True):
        assert figure.one("figcaption").text == curve["kind"].capitalize()
        assert figure.one("table").rows == [
            [
                f"{point['strength']:.2g}".replace("-", "−"),
                percent(point["accuracy"], 1),
                between(point["interval_95"], 1),
            ]
            for point in curve["points"]
        ]


def terms(list_: Any) -> list[tuple[str, str]]:
    """A list of terms as pairs, letter by letter as they stand there."""
    return list(zip([one.raw for one in list_.all("dt")], [one.raw for one in list_.all("dd")], strict=True))


def test_the_training(page, numbers, digits_study):
    part = section(page, "training")
    facts, settings = (dict(terms(list_)) for list_ in part.all("dl"))
    training = numbers["training"]
    assert facts["network"] == "conv 8 3x3 pad 1, relu, maxpool 2, dense"
    assert facts["trained on"] == "digits (1,200 images)"
    assert facts["epochs"] == "4 (40 steps)"
    assert (facts["recipe"], facts["seed"], facts["engine"]) == ("fast", "3", training["engine"])
    assert facts["time"] == f"{training['seconds']:.1f} s"
    assert facts["speed"].startswith(f"{training['speed']['images_per_second']:,.0f} images per second")
    assert facts["parameters"] == f"{digits_study.model.parameters:,}"
    assert (settings["batch size"], settings["optimizer, beta2"], settings["threads"]) == ("128", "0.97", "1")
    assert part.one("table").rows == [
        [
            str(number),
            plain(row["loss"]),
            percent(row["accuracy"]),
            percent(row["validation_accuracy"]),
            plain(row["learning_rate"], 5),
            f"{row['seconds']:,.1f} s",
        ]
        for number, row in enumerate(training["epochs"], 1)
    ]
    assert len(part.all("svg")) == 2


def test_a_model_outside_of_its_run_folder_has_no_curves(digits_study, read_page):
    alone = dataclasses.replace(digits_study, course=Course())
    part = section(read_page(write_page(alone)), "training")
    assert "There is no training history" in part.text
    assert part.all("svg", "table") == []


def test_the_layers(page, numbers):
    rows = section(page, "network").one("table").rows
    for row, layer in zip(rows[:-1], numbers["layers"]["layers"], strict=True):
        assert row[1] == layer["text"]
        assert row[2] == "×".join(f"{one:,}" for one in layer["output_shape"])
        assert row[4] == (f"{layer['parameters']:,}" if layer["parameters"] else "")
        assert row[6] == (f"{layer['multiply_adds']:,}" if layer["multiply_adds"] else "")
    totals = [f"{numbers['layers'][name]:,}" for name in ("parameters", "multiply_adds")]
    assert rows[-1] == ["sum", "total", "", "", totals[0], "", totals[1], ""]


def test_every_kernel_of_the_first_layer(page, digits_study):
    weights, bias = digits_study.model.weights["0.weight"], digits_study.model.weights["0.bias"]
    shown = section(page, "kernels").one("ul", class_="kernels").all("figure")
    assert [one.text for one in shown] == [f"{number} {plain(value, 2)}" for number, value in enumerate(bias)]
    for figure, kernel in zip(shown, weights, strict=True):
        values = ", ".join(" ".join(plain(float(value), 2) for value in row) for row in kernel[0])
        assert figure.one("img").attributes["title"] == values
        assert values in figure.one("img").attributes["alt"]


def test_the_pictures_of_kernels_have_the_colours_of_their_weights(page, digits_study):
    from PIL import Image

    weights = digits_study.model.weights["0.weight"]
    largest = np.abs(weights).max()
    shown = section(page, "kernels").one("ul", class_="kernels").all("img")
    for image, kernel in zip(shown, weights, strict=True):
        with Image.open(io.BytesIO(base64.b64decode(image.attributes["src"].partition(",")[2]))) as picture:
            pixels = np.array(picture.convert("RGB")).astype(int)
        assert pixels.shape == (3, 3, 3)
        share = kernel[0] / largest
        # from white, (255, 255, 255), to blue, (0, 114, 178), or orange, (213, 94, 0)
        full = np.where(share[..., np.newaxis] > 0, [0, 114, 178], [213, 94, 0])
        expected = 255 + np.abs(share)[..., np.newaxis] * (full - 255)
        assert np.abs(pixels - expected).max() <= 2


def test_the_maps_of_a_right_image_the_hardest_error_and_one_just_right(page, digits_study, probabilities):
    judged = digits_study.evaluation
    best, right = probabilities.max(axis=1), judged.predicted == judged.labels
    surest, least = int(np.where(right, best, -1).argmax()), int(np.where(right, best, 2).argmin())
    hardest = int(judged.hardest_errors(1)[0])
    part = section(page, "kernels")
    titles = [head.one("bdi").text for head in part.all("h3")[1:]]
    expected = (
        ("Most confident right answer", surest),
        ("Most confident error", hardest),
        ("Least confident right answer", least),
    )
    assert titles == [f"{words}: digits test {index}, {judged.labels[index]}" for words, index in expected]
    maps = part.all("div", class_="maps")
    for of_image in maps:
        captions = [caption.text for caption in of_image.all("figcaption")]
        assert captions == [
            "the network's input, 1×8×8", "0 conv 8 3x3 pad 1, 8×8×8", "1 relu, 8×8×8", "2 maxpool 2, 8×4×4",
        ]  # fmt: skip


# A whole and accessible document


def test_what_a_page_needs(page):
    assert page.children[0] != ""
    assert page.one("html").attributes["lang"] == "en"
    assert page.one("title").text == "Report: digits-run"
    assert page.one("meta", name="viewport").attributes["content"] == "width=device-width, initial-scale=1"
    policy = [
        meta.attributes["content"] for meta in page.all("meta") if meta.has("http-equiv", "Content-Security-Policy")
    ]
    assert policy == [
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    ]
    assert page.one("meta", name="generator").attributes["content"].startswith("Convlens ")
    assert len(page.all("main")) == len(page.all("h1")) == 1


def test_a_file_starts_with_its_document_type(digits_report):
    assert digits_report.read_bytes().startswith(b'<!DOCTYPE html>\n<html lang="en">')


def test_no_id_stands_there_twice(page):
    ids = [element.attributes["id"] for element in page if "id" in element.attributes]
    assert sorted({one for one in ids if ids.count(one) > 1}) == []
    assert len(ids) > 30


def test_everything_that_points_into_the_page_finds_its_place(page):
    ids = {element.attributes["id"] for element in page if "id" in element.attributes}
    popovers = {element.attributes["id"] for element in page if "popover" in element.attributes}
    targets = [element.attributes["popovertarget"] for element in page if "popovertarget" in element.attributes]
    links = [link.attributes["href"][1:] for link in page.all("a") if link.attributes["href"].startswith("#")]
    assert set(targets) == popovers
    assert len(popovers) > 20
    assert set(links) <= ids
    assert len(links) == 10
    for element in page:
        for name in ("href", "xlink:href", "clip-path"):
            value = element.attributes.get(name, "")
            if found := re.fullmatch(r"#(.+)|url\(#(.+)\)", value):
                assert (found[1] or found[2]) in ids, value


def test_every_image_has_a_text_and_every_drawing_a_caption(page):
    images = page.all("img")
    assert len(images) > 100
    assert [image for image in images if not image.attributes.get("alt", "").strip()] == []
    for drawing in page.all("svg"):
        assert drawing.attributes["aria-hidden"] == "true"
        assert drawing.parent.one("figcaption").text != ""


def test_every_cell_of_a_head_says_what_it_is_the_head_of(page):
    tables = page.all("table")
    assert len(tables) >= 12
    for table in tables:
        assert {head.attributes.get("scope") for head in table.all("th")} == {"col", "row"}
        for row in (row for body in table.all("tbody") for row in body.all("tr")):
            assert row.children[0].tag == "th"
        columns = len(table.one("thead").all("th"))
        assert {len(row) for row in table.rows} == {columns}


def test_what_scrolls_can_be_reached_by_keyboard_and_has_a_name(page):
    scrolling = page.all("div", class_="scroll")
    assert len(scrolling) == len(page.all("table")) + len(page.all("img", class_="diagram"))
    for element in scrolling:
        assert (element.attributes["tabindex"], element.attributes["role"]) == ("0", "region")
        assert element.attributes["aria-label"].strip()


def test_what_stands_beside_each_other_is_no_single_word(page):
    # Whoever hears the page, or copies from it, has no gap between two elements but a blank.
    lines = page.one("section", id="labels").all("dt")
    assert len(lines) == 48
    assert {line.text.split()[-1] for line in lines[1::2]} == {"label"}


def test_headings_leave_out_no_level(page):
    levels = [int(head.tag[1]) for head in page.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    # The verdict's own question stands between the title and the first section.
    after_header = [int(head.tag[1]) for head in page.one("main").all("h1", "h2", "h3", "h4")]
    assert after_header[0] == 2
    assert all(later - earlier <= 1 for earlier, later in pairwise(after_header))
