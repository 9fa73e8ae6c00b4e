"""The benchmark of a whole recipe: what is judged, by hand; the table; and the whole of it on few images."""

import argparse
from dataclasses import replace

import numpy as np
import pytest

import best_recipe
from best_recipe import (
    Row,
    chosen_changes,
    describe_training,
    format_results,
    judge,
    judge_logits,
    main,
    verdict,
)
from convlens.calibration import Calibration
from convlens.data import Dataset
from convlens.training import train
from convlens.training.probe import ProbeVerdict

ROW = Row(
    accuracy=0.996,
    training=40.0,
    steps=38.0,
    error_before=0.02,
    error_after=0.004,
    temperature=1.5,
    threshold=0.75,
    coverage=0.98,
    error=0.001,
)


def test_a_row_by_hand():
    # The odds of class 1 are 9 to 1 for three images and 3 to 1 for the fourth; at a temperature of 2, 3 to 1 and √3.
    logits = np.zeros((4, 2), np.float32)
    logits[:, 1] = np.log([9, 9, 9, 3])
    row = judge_logits(logits, np.array([1, 1, 0, 0]), Calibration(2.0, threshold=0.7), seconds=3.0, steps=2.0)
    assert (row.accuracy, row.training, row.steps, row.temperature, row.threshold) == (0.5, 3.0, 2.0, 2.0, 0.7)
    # Before: bins (0.866, 0.933] with 0.9 three times, two right, and (0.733, 0.8] with 0.75, wrong.
    assert row.error_before == pytest.approx((3 * abs(0.9 - 2 / 3) + 0.75) / 4, abs=1e-6)
    low = 3**0.5 / (1 + 3**0.5)
    assert row.error_after == pytest.approx((3 * abs(0.75 - 2 / 3) + low) / 4, abs=1e-6)
    assert row.coverage == 0.75
    assert row.error == pytest.approx(1 / 3)


def test_without_a_threshold_everything_is_answered():
    row = judge_logits(np.eye(2, dtype=np.float32), np.array([0, 0]), Calibration(), 1.0, 1.0)
    assert (row.threshold, row.coverage, row.error, row.accuracy) == (None, 1.0, 0.5, 0.5)
    assert row.error_before == row.error_after


def test_the_table_has_mean_and_extremes():
    other = replace(ROW, accuracy=0.994, training=50.0, threshold=None)
    lines = format_results([ROW, other]).splitlines()
    found = {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]] for line in lines[2:]}
    assert found["test accuracy"] == ["99.50%", "99.40%", "99.60%"]
    assert found["seconds of training"] == ["45.0", "40.0", "50.0"]
    assert found["calibration error after"] == ["0.40%", "0.40%", "0.40%"]
    assert found["threshold"] == ["0.750", "0.750", "0.750"]
    assert found["wrong of the answered"] == ["0.10%", "0.10%", "0.10%"]
    without = format_results([replace(ROW, threshold=None)]).splitlines()
    assert [cell.strip() for cell in without[8].split("|")[1:-1]] == ["threshold", "–", "–", "–"]


def test_what_is_wanted_is_compared_with_the_mean_the_slowest_and_the_least_honest():
    assert verdict([ROW, replace(ROW, accuracy=0.994)], "mnist").splitlines() == [
        "- mean accuracy 99.500%: at least 99.5%",
        "- slowest training 40.0 s: within 60 s",
        "- largest calibration error after temperature 0.40%: at most 0.5%",
    ]
    slow = replace(ROW, accuracy=0.9, training=61.0, error_after=0.006)
    assert verdict([ROW, slow], "fashion-mnist").splitlines() == [
        "- mean accuracy 94.800%: at least 92.5%",
        "- slowest training 61.0 s: MORE than 60 s",
        "- largest calibration error after temperature 0.60%: MORE than 0.5%",
    ]
    assert verdict([slow], "mnist").startswith("- mean accuracy 90.000%: BELOW 99.5%")


def test_verdicts_of_the_probes_are_counted_over_the_seeds():
    verdicts = [
        ProbeVerdict("mirrored left to right", True, "every class keeps 97 % (or more)"),
        ProbeVerdict("mirrored upside down", False, "6 is predicted as 9"),
        ProbeVerdict("mirrored left to right", False, "2 is predicted as 5"),
    ]
    facts = [{"probe": [str(one) for one in some]} for some in (verdicts[2:], verdicts[:2])]
    assert chosen_changes(facts) == {
        "mirrored left to right": "safe for 1 of 2 seeds; the last reason: every class keeps 97 % (or more)",
        "mirrored upside down": "safe for 0 of 2 seeds; the last reason: 6 is predicted as 9",
    }
    assert chosen_changes([{}]) == {}


def test_a_real_model_is_judged_as_its_own_facts_say(noise: Dataset):
    model = train(noise, recipe="fast", epochs=1, threads=1)
    assert noise.test
    row = judge(model, noise.test, seconds=1.5)
    assert row.accuracy == model.facts["test"]["accuracy"]
    assert (row.training, row.steps) == (1.5, model.facts["seconds"])
    described = describe_training("fast", model.facts)
    assert described["recipe"] == "fast: 1 epochs, batches of 128, adam 0.02 one-cycle, label smoothing 0.03"
    assert (described["augmentation"], described["training images"]) == ("none", "300, without those held out")


def test_the_whole_benchmark_on_few_images(noise: Dataset, written, monkeypatch, capsys):
    monkeypatch.setattr(best_recipe, "load_dataset", lambda *_, **__: noise)
    given = argparse.Namespace(data="mnist", recipe="fast", seeds=2, threads=1, record=True, data_dir=None)
    main(given)
    printed = capsys.readouterr().out
    assert [line[:9] for line in printed.splitlines()[:2]] == ["seed   0 ", "seed   1 "]
    assert "No record: this was a short try" in printed
    monkeypatch.setattr(best_recipe, "LEAST_SEEDS", 2)
    main(given)
    section = written["best_recipe_fast_mnist"]
    assert "Test accuracy: mean " in section
    assert "- seeds: 0 to 1" in section
    assert "- evaluated: once, on the 60 test images" in section
