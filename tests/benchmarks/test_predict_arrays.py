"""The benchmark of predicted arrays: ratios by hand, no timing without agreement, and the whole of it on a little
noise.
"""

import argparse

import numpy as np
import pytest

import predict_arrays
from convlens.data import Dataset
from predict_arrays import HELD_TO_IT, LOGITS, check_agreement, format_times, main, make_contenders, make_model, ratios


def test_ratios_are_taken_within_a_round():
    found = ratios({LOGITS: [1.0, 2.0, 4.0], "other": [2.0, 3.0, 20.0]})
    assert (found[LOGITS].median, found["other"].median) == (1.0, 2.0)  # 2, 1.5 and 5
    assert (found["other"].smallest, found["other"].largest) == (1.5, 5.0)


def test_a_row_a_contender():
    table = format_times({LOGITS: [0.010], "other": [0.015]})
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines()[2:]]
    assert rows == [
        [LOGITS, "10.0 (10.0 to 10.0)", "1.00 (1.00 to 1.00)"],
        ["other", "15.0 (15.0 to 15.0)", "1.50 (1.50 to 1.50)"],
    ]


def test_what_is_held_to_the_limit_is_measured(noise: Dataset):
    assert set(HELD_TO_IT) < set(make_contenders(make_model(noise.train), noise.train.images))


def test_different_answers_end_it(noise: Dataset, monkeypatch):
    model = make_model(noise.train)
    check_agreement(model, noise.train.images)
    monkeypatch.setattr(type(model), "predict_proba", lambda _, images: np.zeros((len(images), 10)))
    with pytest.raises(SystemExit, match="predict and logits give different answers"):
        check_agreement(model, noise.train.images)


def test_the_whole_benchmark_on_few_images(noise: Dataset, written, monkeypatch, capsys):
    monkeypatch.setattr(predict_arrays, "load_dataset", lambda *_, **__: noise)
    monkeypatch.setattr(predict_arrays, "ALLOWED", 10_000.0)
    given = argparse.Namespace(rounds=1, images=40, record=True, data_dir=None)
    main(given)
    printed = capsys.readouterr().out
    assert "40 arrays of the network's own shape:" in printed
    assert all(name in printed for name in HELD_TO_IT)
    assert "No record: this was a short try" in printed
    assert written == {}
    for name, value in {"LEAST_IMAGES": 40, "LEAST_ROUNDS": 1}.items():
        monkeypatch.setattr(predict_arrays, name, value)
    main(given)
    assert "- command: python benchmarks/predict_arrays.py --rounds 1\n" in written["predict_arrays"]
    monkeypatch.setattr(predict_arrays, "ALLOWED", 0.0)
    with pytest.raises(SystemExit, match=r"times as long as logits; 0 is allowed"):
        main(given)
