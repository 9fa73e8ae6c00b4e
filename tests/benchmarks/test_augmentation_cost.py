"""What augmentation costs: ratios round by round, by hand, and the whole of it on a few images of noise."""

import argparse
import itertools

import numpy as np
import pytest

import augmentation_cost
from augmentation_cost import ALL, EVERY_KIND, NONE, choices, compare, costs_of, epoch_of, format_results, only, verdict
from convlens.data import Dataset
from convlens.engines import AugmentationSettings
from convlens.network import TUTORIAL

SECONDS = {NONE: [1.0, 2.0, 1.0], ALL: [1.1, 2.4, 1.15], "elastic": [1.0, 1.9, 1.0]}


def test_costs_are_those_of_the_same_round():
    costs = costs_of(SECONDS)
    assert costs[NONE].median == 0
    assert [costs[ALL].median, costs[ALL].smallest, costs[ALL].largest] == pytest.approx([0.15, 0.1, 0.2])
    assert [costs["elastic"].median, costs["elastic"].smallest] == pytest.approx([0.0, -0.05])


def test_the_table_by_hand():
    lines = format_results(SECONDS, images=2300).splitlines()[2:]
    assert [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines] == [
        ["as they are", "1.000 (1.000 to 2.000)", "2,300", ""],
        ["every kind of change", "1.150 (1.100 to 2.400)", "2,000", "+15.0% (+10.0% to +20.0%)"],
        ["elastic", "1.000 (1.000 to 1.900)", "2,300", "+0.0% (-5.0% to +0.0%)"],
    ]


def test_fifteen_per_cent_are_allowed():
    assert verdict({NONE: [4.0], ALL: [4.5]}) == "Every kind of change together costs 12.5 %, which is at most 15 %."
    assert verdict({NONE: [4.0], ALL: [5.0]}) == "Every kind of change together costs 25.0 %, which is MORE than 15 %."


def test_parts_of_every_kind_make_up_the_whole():
    parts = [choice for name, choice in choices().items() if choice and name != "those of recipe best"]
    whole, *single = [{name for name, value in vars(choice).items() if value} for choice in parts]
    assert whole == set(vars(AugmentationSettings())) - {"colour", "flip_horizontal", "flip_vertical"}
    assert set.union(*single) == whole
    assert sum(map(len, single)) == len(whole)
    assert only("noise") == AugmentationSettings(noise=EVERY_KIND.noise)


def test_one_round_is_not_counted():
    calls: list[str] = []
    seconds = compare({"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=2, rest=0)
    assert calls == ["a", "b"] * 3
    assert {name: len(values) for name, values in seconds.items()} == {"a": 2, "b": 2}


def test_every_epoch_learns_from_other_copies(noise: Dataset, monkeypatch: pytest.MonkeyPatch):
    drawn: list[np.ndarray] = []
    real = augmentation_cost.draw_changes
    monkeypatch.setattr(augmentation_cost, "draw_changes", lambda *a: (drawn.append(real(*a)), drawn[-1])[1])
    epoch = epoch_of(TUTORIAL, noise.train, EVERY_KIND, threads=1)
    for _ in range(3):
        epoch()
    assert [len(changes) for changes in drawn] == [300] * 3
    assert all((one != other).any() for one, other in itertools.combinations(drawn, 2))
    epoch_of(TUTORIAL, noise.train, None, threads=1)()
    assert len(drawn) == 3


def test_the_whole_benchmark_on_few_images(noise: Dataset, written, monkeypatch, capsys):
    monkeypatch.setattr(augmentation_cost, "load_dataset", lambda *_, **__: noise)
    monkeypatch.setattr(augmentation_cost, "networks", lambda: {"fast": TUTORIAL})
    given = argparse.Namespace(images=300, rounds=1, threads=1, record=True, data_dir=None)
    augmentation_cost.main(given)
    assert "No record: this was a short try" in capsys.readouterr().out
    monkeypatch.setattr(augmentation_cost, "LEAST_IMAGES", 300)
    monkeypatch.setattr(augmentation_cost, "LEAST_ROUNDS", 1)
    augmentation_cost.main(given)
    section = written["augmentation_cost"]
    assert "Every kind of change together costs " in section
    assert "- images: the first 300 training images of MNIST" in section
