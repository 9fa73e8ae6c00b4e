"""Time against the number of images: the images, the arithmetic, and the whole of it on a few images of noise."""

import argparse
from pathlib import Path

import numpy as np
import pytest

import scaling
from convlens.data import Dataset
from scaling import epochs_of, format_results, main, repeat_into, sizes_up_to
from timing import summarise


@pytest.mark.parametrize(
    ("top", "expected"),
    [(1_000_000, [1000, 10_000, 100_000, 1_000_000]), (60_000, [1000, 10_000, 60_000]), (1000, [1000]), (7, [7])],
)
def test_sizes_are_powers_of_ten_and_the_top(top: int, expected: list[int]):
    assert sizes_up_to(top) == expected


def test_short_epochs_are_measured_by_the_dozen():
    assert [epochs_of(size) for size in (1000, 20_000, 50_000, 1_000_000)] == [50, 2, 1, 1]


def test_images_and_labels_are_repeated_on_the_disk(noise: Dataset, tmp_path: Path):
    path = tmp_path / "images.npy"
    images, labels = repeat_into(path, noise.train, 700)
    assert isinstance(images, np.memmap)
    assert path.stat().st_size == pytest.approx(700 * 784, abs=200)
    np.testing.assert_array_equal(images[:300], noise.train.images)
    np.testing.assert_array_equal(images[600:], noise.train.images[:100])
    assert labels[[299, 300, 699]].tolist() == noise.train.labels[[299, 0, 99]].tolist()


def test_the_ratio_is_of_times_an_image():
    table = format_results({1000: summarise([0.01]), 10_000: summarise([0.08, 0.11, 0.11])})
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    assert cells == [
        ["1,000", "0.010 (0.010 to 0.010)", "10.00", "1.000"],
        ["10,000", "0.110 (0.080 to 0.110)", "11.00", "1.100"],
    ]


def test_the_whole_benchmark_on_few_images(noise: Dataset, written, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(scaling, "load_dataset", lambda *_, **__: noise)
    monkeypatch.setattr(scaling, "SMALLEST", 50)
    monkeypatch.setattr(scaling, "LEAST_SEEN", 100)
    given = argparse.Namespace(top=600, rounds=2, threads=2, folder=tmp_path, record=True, data_dir=None)
    main(given)
    printed = capsys.readouterr().out
    assert [line.split("|")[1].strip() for line in printed.splitlines() if line.startswith("| ")] == [
        "images",
        *["50", "500", "600"],
    ]
    assert "No record: this was a short try" in printed
    assert written == {}
    assert list(tmp_path.glob("*/images.npy")) == []
    monkeypatch.setattr(scaling, "LEAST_TOP", 600)
    monkeypatch.setattr(scaling, "LEAST_ROUNDS", 2)
    main(given)
    assert "- command: python benchmarks/scaling.py --top 600 --rounds 2\n" in written["scaling"]
