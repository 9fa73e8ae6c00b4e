"""Other people's digits: how they are drawn, how right answers are counted, and the whole of it with made-up models."""

import argparse
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

import foreign_digits
from convlens.data import Dataset
from foreign_digits import (
    DRAWINGS,
    accuracy_of,
    draw_sheet,
    format_results,
    load_foreign_digits,
    main,
    measure,
    on_paper,
    verdict,
)

FOUND = {
    "small": {("a", False): 0.25, ("a", True): 0.9},
    "large": {("a", False): 0.5, ("a", True): 0.96},
}


class Reader:
    """A model that says 3 of every image that is repaired, `unknown` or not, and 0 of every other."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def predict(self, images: list[Any], repair: bool = True) -> list[Any]:
        self.asked.append(len(images))
        answer = argparse.Namespace(
            class_name="unknown", probabilities=np.eye(10)[3 if repair else 0], class_names=tuple("0123456789")
        )
        return [answer] * len(images)


def test_the_digits_are_all_there_in_full_range():
    digits, labels = load_foreign_digits()
    assert len(digits) == len(labels) == 1797
    assert {digit.shape for digit in digits} == {(8, 8)}
    assert (digits[0].min(), max(digit.max() for digit in digits)) == (0, 255)
    assert labels[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]
    # 13 of 16 grains in the first row of the first digit.
    assert digits[0][0].tolist() == [0, 0, 80, 207, 143, 16, 0, 0]


@pytest.mark.parametrize(
    ("name", "size", "mode", "light"),
    [
        ("8×8, light on dark, as they are", (8, 8), "L", True),
        ("28×28, light on dark", (28, 28), "L", True),
        ("96×96, light on dark, squares", (96, 96), "L", True),
        ("28×28, dark on white", (28, 28), "L", False),
        ("64×64, black on transparent", (64, 64), "LA", False),
        ("200×200, dark on white", (200, 200), "L", False),
        ("60 to 110 px, anywhere on 320×240", (320, 240), "L", False),
        ("photograph, uneven light and noise", (200, 160), "L", False),
    ],
)
def test_every_drawing_is_what_it_is_called(name: str, size: tuple[int, int], mode: str, light: bool):
    digits, _ = load_foreign_digits(5)
    generator = np.random.default_rng(0)
    for digit in digits:
        drawn = DRAWINGS[name](digit, generator)
        image = Image.open(io.BytesIO(drawn)) if isinstance(drawn, bytes) else Image.fromarray(drawn)
        assert (image.size, image.mode) == (size, mode)
        if mode == "LA":
            luminance, alpha = image.split()
            assert luminance.getextrema() == (0, 0)
            assert np.ptp(np.asarray(alpha)) > 200
        else:
            pixels = np.asarray(image)
            assert bool(np.median(pixels[:, [0, -1]]) < 128) is light
            assert np.ptp(pixels) > 100


def test_drawings_are_listed_once_and_repeatable():
    assert len(DRAWINGS) == 8
    digits, _ = load_foreign_digits(3)
    for draw in DRAWINGS.values():
        first, again = (draw(digits[2], np.random.default_rng(3)) for _ in range(2))
        np.testing.assert_array_equal(first, again)


def test_ink_on_paper_by_hand():
    np.testing.assert_array_equal(on_paper(np.array([0, 51, 255], np.uint8)), [245, 201, 25])


def test_right_answers_are_counted_by_the_likeliest_class_in_lists(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(foreign_digits, "AT_A_TIME", 4)
    reader: Any = Reader()
    images = [np.zeros((8, 8), np.uint8)] * 10
    labels = np.array([3, 3, 3, 0, 1, 2, 4, 5, 6, 7])
    assert accuracy_of(reader, images, labels, repair=True) == 0.3
    assert accuracy_of(reader, images, labels, repair=False) == 0.1
    assert reader.asked == [4, 4, 2, 4, 4, 2]


def test_every_model_reads_every_drawing_both_ways():
    reader: Any = Reader()
    found = measure({"a": reader}, 20)
    assert list(found) == list(DRAWINGS)
    assert all(row == {("a", False): 0.1, ("a", True): 0.1} for row in found.values())  # two of twenty are 0, two 3


def test_the_table_has_mean_and_worst():
    lines = format_results(FOUND).splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert rows[0] == ["drawing", "a, unrepaired", "a, repaired"]
    assert rows[2:] == [
        ["small", "25.00%", "90.00%"],
        ["large", "50.00%", "96.00%"],
        ["mean", "37.50%", "93.00%"],
        ["worst", "25.00%", "90.00%"],
    ]


def test_what_is_wanted_is_wanted_of_every_drawing():
    assert verdict(FOUND) == "Repaired, a gets 93.00% on average, and LESS than 93.00% in 1 of 2 drawings."
    enough = {"small": {("a", True): 0.93}, "large": {("a", True): 0.95}}
    assert verdict(enough) == "Repaired, a gets 94.00% on average, and 93.00% or more in all of 2 drawings."


def test_the_sheet_has_a_cell_for_every_drawing_of_every_digit():
    sheet = draw_sheet(3)
    assert sheet.size == (3 * 80, 8 * 80)
    cells = np.asarray(sheet).reshape(8, 80, 3, 80).transpose(0, 2, 1, 3)
    assert (np.ptp(cells.reshape(24, -1), axis=1) > 100).all()


def test_the_whole_benchmark_with_models_that_are_made_up(noise: Dataset, written, monkeypatch, capsys):
    monkeypatch.setattr(foreign_digits, "load_dataset", lambda *_, **__: noise)
    monkeypatch.setattr(foreign_digits, "open_model", lambda *_: Reader())
    given = argparse.Namespace(models=["fast", "best"], seed=0, digits=10, sheet=None, record=True, data_dir=None)
    main(given)
    assert "No record: this was a short try" in capsys.readouterr().out
    monkeypatch.setattr(foreign_digits, "LEAST_DIGITS", 10)
    main(given)
    section = written["foreign_digits"]
    assert "| worst " in section
    assert "- evaluated: 10 digits of scikit-learn, 8×8" in section
    assert "- trained: on MNIST alone, seed 0" in section
