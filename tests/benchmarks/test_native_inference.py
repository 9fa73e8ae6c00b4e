"""The inference benchmark: no timing without agreement, tables by hand, and the whole of it on a little noise."""

import argparse

import numpy as np
import pytest

import native_inference
from convlens.data import Dataset
from convlens.engines.native import NativeEngine
from native_inference import (
    PLAN,
    format_one_image,
    format_throughput,
    in_batches,
    largest_difference,
    main,
    median_seconds,
    train_weights,
)
from timing import summarise


def cells(table: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def test_small_differences_are_told_and_large_ones_end_it():
    exact = np.array([[1.0, 2.0]], np.float32)
    assert largest_difference({"a": exact, "b": exact + np.array([0.0, 0.00005], np.float32)}) == pytest.approx(
        5e-5, rel=0.01
    )
    with pytest.raises(
        SystemExit, match=r"the logits of b and of a differ by 0\.001; 1e-04 is allowed\. Nothing was timed"
    ):
        largest_difference({"a": exact, "b": exact + np.float32(0.001)})


def test_nan_is_no_agreement():
    with pytest.raises(SystemExit, match="the logits of b and of a differ by nan"):
        largest_difference({"a": np.zeros((1, 2), np.float32), "b": np.full((1, 2), np.nan, np.float32)})


def test_every_kind_shows_its_best_batch_size_and_the_first_is_the_measure():
    spreads = {
        "peer, batch 16": summarise([0.2]),
        "peer, batch 64": summarise([0.1, 0.1, 0.3]),
        "native, all at once": summarise([0.05]),
    }
    kinds = {"peer": ["peer, batch 16", "peer, batch 64"], "native": ["native, all at once"]}
    table = format_throughput(kinds, spreads, images=10_000)
    assert "ms for 10,000 images" in table
    assert cells(table) == [
        ["peer, batch 64", "100.0 (100.0 to 300.0)", "100,000", "1.00"],
        ["native, all at once", "50.0 (50.0 to 50.0)", "200,000", "2.00"],
    ]


def test_one_image_is_compared_with_the_better_way_to_call_the_runtime():
    spreads = {
        "Convlens, native": summarise([10e-6]),
        "ONNX Runtime, session.run": summarise([20e-6]),
        "ONNX Runtime, bound memory": summarise([16e-6]),
    }
    assert cells(format_one_image(spreads)) == [
        ["Convlens, native", "10.0 (10.0 to 10.0)", "1.60"],
        ["ONNX Runtime, session.run", "20.0 (20.0 to 20.0)", "0.80"],
        ["ONNX Runtime, bound memory", "16.0 (16.0 to 16.0)", "1.00"],
    ]


def test_calls_go_round_and_their_median_counts():
    called: list[str] = []
    ticks = iter([0.0, 1.0, 10.0, 12.0, 20.0, 29.0])
    median = median_seconds(
        [lambda: called.append("a"), lambda: called.append("b")], count=3, clock=lambda: next(ticks)
    )
    assert called == ["a", "b", "a"]
    assert median == 2.0


def test_all_parts_are_given_in_order():
    seen: list[object] = []
    in_batches(seen.append, [1, 2, 3])()
    assert seen == [1, 2, 3]


def test_the_weights_are_trained_ones(noise: Dataset):
    engine = NativeEngine(PLAN)
    weights = train_weights(noise.train)
    engine.set_weights(weights)
    start = native_inference.initial_weights(PLAN.network, PLAN.input_shape, PLAN.classes, native_inference.SEED)
    assert max(float(np.abs(weights[name] - start[name]).max()) for name in start) > 0.001


def test_the_whole_benchmark_on_few_images(noise: Dataset, written, monkeypatch, capsys):
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    monkeypatch.setattr(native_inference, "load_dataset", lambda *_, **__: noise)
    given = argparse.Namespace(rounds=1, calls=3, images=40, threads=2, record=True, data_dir=None)
    main(given)
    printed = capsys.readouterr().out
    assert "40 images, 2 threads for all contenders:" in printed
    for name in ("Convlens, native, all at once", "ONNX Runtime, session.run", "torch eager, channels-last, batch"):
        assert name in printed
    assert "No record: this was a short try" in printed
    assert written == {}
    for name, value in {"LEAST_IMAGES": 40, "LEAST_ROUNDS": 1, "LEAST_CALLS": 3}.items():
        monkeypatch.setattr(native_inference, name, value)
    main(given)
    section = written["native_inference"]
    assert "- command: python benchmarks/native_inference.py --rounds 1 --calls 3\n" in section
    assert "- ONNX Runtime by batch size: 16: " in section
    assert "- largest difference between logits: " in section
