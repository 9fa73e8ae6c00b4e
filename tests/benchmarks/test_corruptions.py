"""The benchmark of the corruptions: its means and ratios by hand, and the whole of it on a few images of noise."""

import argparse
from typing import Any

import numpy as np
import pytest

import corruptions
from convlens.data import Dataset, LabelledImages
from convlens.errors import DataError
from convlens.training import train
from corrupted_images import CORRUPTIONS, corrupt
from corruptions import CLEAN, Errors, average, draw_sheet, format_results, main, measure, open_model, verdict

PAIR = {"a": Errors(0.01, {"fog": 0.5, "scale": 0.0}), "b": Errors(0.005, {"fog": 0.2, "scale": 0.02})}


class Liar:
    """A model that says 0 of everything, and is right of nothing else."""

    plan = argparse.Namespace(input_shape=(1, 28, 28))

    def logits(self, images: np.ndarray) -> np.ndarray:
        return np.tile(np.eye(10, dtype=np.float32)[0], (len(images), 1))


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()]


def test_the_table_has_errors_ratios_and_means():
    table = cells(format_results(PAIR))
    assert table[0] == ["corruption", "a", "b", "b / a"]
    assert table[2:] == [
        ["(none)", "1.00%", "0.50%", "0.500"],
        ["fog", "50.00%", "20.00%", "0.400"],
        ["scale", "0.00%", "2.00%", "–"],
        ["mean of the fifteen", "25.00%", "11.00%", "0.440"],
    ]


def test_half_of_the_error_is_enough():
    assert verdict(PAIR) == "The mean error of b is 0.440 of that of a, which is at most 0.5."
    half = {"a": Errors(0.0, {"fog": 0.5}), "b": Errors(0.0, {"fog": 0.25}), "c": Errors(0.0, {"fog": 0.26})}
    assert verdict(half).splitlines() == [
        "The mean error of b is 0.500 of that of a, which is at most 0.5.",
        "The mean error of c is 0.520 of that of a, which is MORE than 0.5.",
    ]
    assert verdict({"a": PAIR["a"]}) == ""


def test_seeds_are_averaged_by_corruption():
    assert average([Errors(0.25, {"fog": 0.5, "scale": 0.125}), Errors(0.75, {"fog": 0.0, "scale": 0.375})]) == Errors(
        0.5, {"fog": 0.25, "scale": 0.25}
    )


def test_errors_are_counted_on_every_corruption(noise: Dataset):
    liar: Any = Liar()
    assert noise.test
    errors = measure({"liar": liar}, noise.test, seed=0)["liar"]
    assert errors.clean == 0.9  # 6 of 60 are 0
    assert errors.corrupted == dict.fromkeys(CORRUPTIONS, 0.9)


def test_the_models_see_spoilt_images_and_no_others(noise: Dataset):
    seen: list[np.ndarray] = []
    liar: Any = Liar()
    liar.logits = lambda images: (seen.append(images), np.zeros((len(images), 10)))[1]
    assert noise.test
    measure({"liar": liar}, noise.test, seed=4)
    np.testing.assert_array_equal(seen[0], noise.test.images)
    for images, name in zip(seen[1:], CORRUPTIONS, strict=True):
        np.testing.assert_array_equal(images, corrupt(noise.test.images, name, 4))


def test_another_shape_is_refused(noise: Dataset):
    liar: Any = Liar()
    liar.plan = argparse.Namespace(input_shape=(3, 32, 32))
    assert noise.test
    with pytest.raises(DataError, match=r"liar takes images of 3×32×32; the corruptions are for 1×28×28. Leave it out"):
        measure({"liar": liar}, noise.test, seed=0)


def test_a_model_is_a_recipe_or_a_place(noise: Dataset, tmp_path):
    trained = open_model("fast", noise, seed=1)
    assert (trained.facts["recipe"], trained.facts["seed"]) == ("fast", 1)
    path = trained.save(tmp_path / "one.safetensors")
    again = open_model(str(path), noise, seed=9)
    np.testing.assert_array_equal(again.weights["0.weight"], trained.weights["0.weight"])


def test_the_sheet_has_a_row_for_each(noise: Dataset):
    assert noise.test
    sheet = np.asarray(draw_sheet(noise.test, seed=0))
    assert sheet.shape == (16 * 60, 10 * 60)
    first = noise.test.images[noise.test.labels == 0][0]
    np.testing.assert_array_equal(sheet[0:56:2, 0:56:2], first[0])
    np.testing.assert_array_equal(sheet[480:536:2, 0:56:2], corrupt(first[np.newaxis], "brightness")[0, 0])


def test_the_whole_benchmark_on_few_images(noise: Dataset, written, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(corruptions, "load_dataset", lambda *_, **__: noise)
    path = train(noise, recipe="fast", epochs=1, threads=1).save(tmp_path / "one.safetensors")
    given = argparse.Namespace(models=["fast", str(path)], seeds=2, images=60, sheet=None, record=True, data_dir=None)
    main(given)
    printed = capsys.readouterr().out
    assert sum(line.startswith(CLEAN) for line in printed.splitlines()) == 2  # once a seed
    assert "No record: this was a short try" in printed
    assert written == {}
    monkeypatch.setattr(corruptions, "MODELS", ("fast", str(path)))
    monkeypatch.setattr(corruptions, "LEAST_IMAGES", 60)
    monkeypatch.setattr(corruptions, "LEAST_SEEDS", 2)
    main(given)
    section = written["corruptions"]
    assert "| mean of the fifteen" in section
    assert "- evaluated: 60 test images, each corrupted in fifteen ways" in section
    assert "- fast, mean of each seed: " in section
    assert "other programs" not in section


def test_labelled_images_are_cut_to_the_number_wanted(noise: Dataset, monkeypatch, capsys):
    monkeypatch.setattr(corruptions, "load_dataset", lambda *_, **__: noise)
    seen: list[LabelledImages] = []
    errors = Errors(0.0, dict.fromkeys(CORRUPTIONS, 0.0))
    monkeypatch.setattr(corruptions, "measure", lambda _, test, __: (seen.append(test), {"fast": errors})[1])
    main(argparse.Namespace(models=["fast"], seeds=1, images=7, sheet=None, record=False, data_dir=None))
    assert [len(test) for test in seen] == [7]
    assert "No record: --no-record was given." in capsys.readouterr().out
