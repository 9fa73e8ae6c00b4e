"""The time to the tutorial's accuracy: arithmetic by hand, and the whole of it on a few images of noise."""

import argparse

import pytest

import time_to_accuracy
from convlens.data import Dataset
from convlens.training import choose_settings
from time_to_accuracy import command_for, describe_settings, format_results, main, parts_of, shorten, verdict
from timing import Spread


def test_the_table_multiplies_the_tutorials_epoch_by_ten():
    table = format_results([0.98, 0.99], Spread(0.5, 0.4, 0.75, 2), Spread(6.0, 5.5, 7.25, 2))
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    assert rows == [
        ["the tutorial's script", "60.0 (55.0 to 72.5)", "1.0", "98.73% (printed)", "", ""],
        ["Convlens, native", "0.500 (0.400 to 0.750)", "120.0", "98.500 ± 0.500 %", "0.707 %", "98.00 %"],
    ]


@pytest.mark.parametrize(
    ("accuracies", "expected"),
    [
        ([0.9872, 0.9874], "The mean of 2 seeds, 98.730 %, is at least 98.73 %."),
        ([0.9872, 0.9873], "The mean of 2 seeds, 98.725 %, is BELOW 98.73 %."),
    ],
)
def test_the_mean_decides(accuracies: list[float], expected: str):
    text = verdict(accuracies, Spread(0.5, 0.4, 0.75, 2), Spread(6.0, 5.5, 7.25, 2))
    assert text == f"120 times as fast as the tutorial's script. {expected}"


def test_every_seed_is_in_one_part():
    assert parts_of(20, 2) == [range(10), range(10, 20)]
    assert parts_of(5, 3) == [range(1), range(1, 3), range(3, 5)]


def test_shortening_keeps_the_test_images(noise: Dataset):
    assert shorten(noise, 300) is noise
    short = shorten(noise, 50)
    assert (len(short.train), short.test, short.name) == (50, noise.test, "mnist")


def test_the_command_and_the_recipe_are_told_as_they_were():
    assert command_for("fast", None, 0.015, 20) == (
        "python benchmarks/time_to_accuracy.py --recipe fast --learning-rate 0.015 --seeds 20"
    )
    assert describe_settings(choose_settings("tutorial", epochs=2)) == (
        "tutorial: 2 epochs, batches of 64, adam 0.001 constant, label smoothing 0, no augmentation"
    )


def test_the_whole_benchmark_on_few_images(noise: Dataset, written, monkeypatch, capsys):
    monkeypatch.setattr(time_to_accuracy, "load_dataset", lambda *_, **__: noise)
    given = argparse.Namespace(recipe="fast", epochs=1, learning_rate=None, seeds=3, tutorial_epochs=2, images=200)
    given.threads, given.record, given.data_dir = 1, True, None
    main(given)
    lines = capsys.readouterr().out.splitlines()
    order = [line[:8] for line in lines if line.startswith(("seed", "the tutorial's epoch"))]
    assert order == ["the tuto", "seed   0", "the tuto", "seed   1", "seed   2"]
    assert lines[-1].startswith("No record: this was a short try")
    assert written == {}
    monkeypatch.setattr(time_to_accuracy, "LEAST_SEEDS", 3)
    monkeypatch.setattr(time_to_accuracy, "LEAST_IMAGES", 200)
    main(given)
    section = written["time_to_accuracy"]
    assert "times as fast as the tutorial's script. The mean of 3 seeds, " in section
    assert "- recipe: fast: 1 epochs, batches of 128, " in section
    assert "- evaluated: once, on the 60 test images" in section
