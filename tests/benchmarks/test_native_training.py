"""The training benchmark: its table by hand, its images, and the whole of it on a few images of noise."""

import argparse

import numpy as np
import pytest

import native_training
from ceiling import Ceiling
from convlens.data import Dataset, LabelledImages
from convlens.engines.native import instruction_sets
from native_training import (
    DEEP,
    WIDE,
    Contender,
    Row,
    describe_scaling,
    engine_contender,
    enlarge,
    format_results,
    main,
    native_name,
    subjects,
)
from timing import summarise
from tutorial_loop import multiply_adds_per_epoch

CEILINGS = {1: Ceiling(1, 50e9, 30e9), 2: Ceiling(2, 100e9, 60e9)}
ROWS = {
    "a": Row(summarise([4.0, 4.0, 5.0]), 0.5, 2, is_torch=True),
    "b": Row(summarise([2.0]), 0.75, 2, is_torch=True),
    "c": Row(summarise([0.5]), 0.75, 2, is_torch=False),
    "d": Row(summarise([1.0]), 0.75, 1, is_torch=False),
}


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def test_everybody_is_compared_with_the_best_of_pytorch():
    table = format_results(ROWS, images=8000, work=5 * 10**9, ceilings=CEILINGS)
    assert "of the peak" in table
    assert cells(table) == [
        ["a", "4.000 (4.000 to 5.000)", "2,000", "2.5", "2.5%", "0.50", "50.00%"],
        ["b (PyTorch's best)", "2.000 (2.000 to 2.000)", "4,000", "5.0", "5.0%", "1.00", "75.00%"],
        ["c", "0.500 (0.500 to 0.500)", "16,000", "20.0", "20.0%", "4.00", "75.00%"],
        ["d", "1.000 (1.000 to 1.000)", "8,000", "10.0", "20.0%", "2.00", "75.00%"],
    ]


def test_a_share_of_a_product_is_not_called_a_share_of_the_peak():
    table = format_results(ROWS, 8000, 5 * 10**9, {1: Ceiling(1, None, 10e9), 2: Ceiling(2, None, 20e9)})
    assert "of the product" in table
    assert "of the peak" not in table
    assert [row[4] for row in cells(table)] == ["12.5%", "25.0%", "100.0%", "100.0%"]


def test_scaling_is_one_thread_against_all():
    best = instruction_sets()[0]
    disturbed = Row(summarise([0.4, 0.5, 0.9]), 0.75, 2, is_torch=False)
    rows = {native_name(best, 2): disturbed, native_name(best, 1): ROWS["d"]}
    told = "Native on 2 threads is 2.00 times as fast as on one; by the shortest times, 2.50."
    assert describe_scaling(rows, 2) == told
    assert describe_scaling({native_name(best, 2): ROWS["c"]}, 2) == ""
    assert describe_scaling({native_name(best, 1): ROWS["d"]}, 1) == ""


def test_enlarging_repeats_pixels_and_channels(noise: Dataset):
    larger = enlarge(noise.train, 7)
    assert larger.images.shape == (7, 3, 32, 32)
    np.testing.assert_array_equal(larger.images[:, 0], larger.images[:, 2])
    # 32 rows out of 28: row 8 of 32 is row 7 of 28, and the first of every eight is there twice.
    np.testing.assert_array_equal(larger.images[4, 1, 8, ::8], noise.train.images[4, 0, 7, ::7])
    np.testing.assert_array_equal(larger.images[4, 1, 0], larger.images[4, 1, 1])
    np.testing.assert_array_equal(larger.labels, noise.train.labels[:7])


def test_the_other_networks_work_is_that_by_hand(noise: Dataset):
    assert noise.test is not None
    tutorial, wide, deep, residual = subjects(noise.train, noise.test, images=100, other_images=20)
    assert (wide.network, deep.network) == (WIDE, DEEP)
    assert [len(subject.train) for subject in (tutorial, wide, deep, residual)] == [100, 20, 20, 20]
    assert multiply_adds_per_epoch(tutorial.plan, 1) == 813_792
    forward = 32 * 32 * 32 * 27 + 16 * 16 * 64 * 32 * 9 + 8 * 8 * 128 * 64 * 9 + 2048 * 10
    assert multiply_adds_per_epoch(wide.plan, 1) == 3 * forward - 32 * 32 * 32 * 27 == 30_142_464
    convolutions = 28 * 28 * 16 * 144 + 2 * 14 * 14 * 16 * 144 + 2 * 7 * 7 * 16 * 144
    assert multiply_adds_per_epoch(deep.plan, 1) == 3 * (28 * 28 * 16 * 9 + convolutions + 7840) - 28 * 28 * 16 * 9
    blocks = 2 * 32 * 32 * 16 * 144 + 16 * 16 * 32 * (144 + 288 + 16) + 8 * 8 * 64 * (288 + 576 + 32)
    first = 32 * 32 * 16 * 27
    assert multiply_adds_per_epoch(residual.plan, 1) == 3 * (first + blocks + 640) - first


def test_an_infinite_loss_is_not_timed(noise: Dataset, monkeypatch: pytest.MonkeyPatch):
    assert noise.test is not None
    monkeypatch.setattr(native_training, "LEARNING_RATE", 1e30)
    subject = subjects(noise.train, noise.test, 300, 20)[0]
    plan = subject.plan
    weights = native_training.initial_weights(plan.network, plan.input_shape, plan.classes, 3)
    contender: Contender = engine_contender(native_training.NativeEngine(plan), subject, weights, 64, is_torch=False)
    with pytest.raises(ArithmeticError, match=r"the loss became infinite with native .*; its time means nothing"):
        contender.epoch()


@pytest.fixture
def small(noise: Dataset, monkeypatch: pytest.MonkeyPatch) -> argparse.Namespace:
    monkeypatch.setattr(native_training, "load_dataset", lambda *_, **__: noise)
    monkeypatch.setattr(native_training, "TORCH_BATCH_SIZES", (128,))
    monkeypatch.setattr(native_training, "measure_ceilings", lambda counts: {n: CEILINGS[n] for n in counts})
    return argparse.Namespace(rounds=1, images=66, other_images=3, threads=2, record=True, data_dir=None)


def test_a_short_try_prints_four_tables_and_writes_nothing(small, written, capsys):
    main(small)
    printed = capsys.readouterr().out
    assert printed.count("(PyTorch's best)") == 4
    for name in instruction_sets():
        assert f"Convlens, native, {name}, 2 threads" in printed
    assert f"Convlens, native, {instruction_sets()[0]}, 1 thread " in printed
    assert "times as fast as on one; by the shortest times, " in printed
    assert printed.rstrip().endswith(
        "No record: this was a short try; a record needs the default sizes and rounds or more."
    )
    assert written == {}


def test_the_record_says_what_was_measured(small, written, monkeypatch):
    monkeypatch.setattr(native_training, "subjects", lambda *sizes: subjects(*sizes)[:1])
    monkeypatch.setattr(native_training, "LEAST_IMAGES", 66)
    monkeypatch.setattr(native_training, "LEAST_ROUNDS", 1)
    monkeypatch.setattr(native_training, "LEAST_OTHER_IMAGES", 3)
    main(small)
    (section,) = written.values()
    assert section.startswith("## Training: the native engine and eager PyTorch\n\nThe tutorial's network, 66 images")
    assert "- command: python benchmarks/native_training.py --rounds 1 --images 66 --other-images 3\n" in section
    assert "- peak, 1 thread: 50 GFLOP/s of fused multiply-adds in registers; 30 GFLOP/s" in section
    assert "- peak, 2 threads: 100 GFLOP/s" in section


def test_images_of_one_kind_stay_what_they_are(noise: Dataset):
    assert isinstance(enlarge(noise.train, 10_000), LabelledImages)
    assert len(enlarge(noise.train, 10_000)) == 300
