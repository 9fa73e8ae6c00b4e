"""How fast a training was: operations worked out by hand, rates from facts, a peak only where it is the training's."""

import json
from typing import Any

import numpy as np
import pytest

from convlens.engines import choice, measure_peak
from convlens.network import TUTORIAL, initial_weights, read_network
from convlens.preprocessing import Normalisation, Preprocessing
from convlens.report import speed
from convlens.report.course import Course
from convlens.report.speed import Speed, count_operations, measure_speed
from convlens.trained_model import TrainedModel

FACTS: dict[str, Any] = {
    "engine": "native 0.4 (avx2) on cpu, 2 threads",
    "settings": {"threads": 2},
    "seconds": 3.0,
    "epochs": 2,
    "training_images": 60_000,
}


def make_model(
    network: str = TUTORIAL, shape: tuple[int, int, int] = (1, 28, 28), classes: int = 10, **facts: Any
) -> TrainedModel:
    described = read_network(network)
    weights = initial_weights(described, shape, classes, seed=0)
    names = tuple(map(str, range(classes)))
    normalisation = Normalisation((0.0,) * shape[0], (1.0,) * shape[0])
    preprocessing = Preprocessing(shape, "letterbox", normalisation=normalisation)
    return TrainedModel(described, weights, preprocessing, names, facts)


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, float]]:
    """This machine has the processor "Abacus 9" and a peak of 10⁹ on each thread; the list says what was measured."""
    measured: list[tuple[int, float]] = []

    def peak(threads: int, seconds: float) -> float:
        measured.append((threads, seconds))
        return 1e9 * threads

    monkeypatch.setattr(speed, "measure_peak", peak)
    monkeypatch.setattr(speed, "processor_name", lambda: "Abacus 9")
    return measured


SAME = Course(environment={"processor": "Abacus 9"})


def test_the_operations_of_the_tutorials_network():
    # Forward: 28·28·8·9 + 14·14·16·72 + 784·10 = 56,448 + 225,792 + 7,840 = 290,080 multiply-adds. Backward: as many
    # for the weights and as many for the inputs, but for the first layer's: 2 · 290,080 − 56,448 = 523,712. Two each.
    assert count_operations(make_model()) == 2 * (290_080 + 523_712) == 1_627_584


@pytest.mark.parametrize(
    ("network", "shape", "expected"),
    [
        ("dense", (1, 4, 4), 2 * (16 * 3 + 16 * 3)),  # forward, and the gradient of the weights
        ("dense 5, relu, dense", (1, 4, 4), 2 * (2 * 16 * 5 + 3 * 5 * 3)),
        ("conv 4 3x3, relu, dense", (3, 6, 6), 2 * (2 * 16 * 4 * 27 + 3 * 64 * 3)),  # 16 places, 4 kernels of 27
        ("maxpool 2, dense", (1, 4, 4), 2 * (2 * 4 * 3)),  # a pool has no multiply-adds
    ],
)
def test_the_operations_of_other_networks(network, shape, expected):
    assert count_operations(make_model(network, shape, 3)) == expected


def test_the_speed_by_hand(here):
    found = measure_speed(make_model(**FACTS), SAME)
    assert found == Speed(seconds=3.0, images_per_second=40_000.0, operations_per_image=1_627_584, peak=2e9)
    # 40,000 · 1,627,584 operations a second are 6.510336 · 10¹⁰
    assert found.share_of_peak == pytest.approx(32.55168)
    ((threads, seconds),) = here
    assert threads == 2
    assert 0 < seconds <= 1  # a report should not keep anybody waiting


def test_a_share_needs_both_a_rate_and_a_peak():
    assert Speed(1.0, 500.0, 1000, 2e6).share_of_peak == 0.25
    assert Speed(1.0, 500.0, 1000, None).share_of_peak is None
    assert Speed(1.0, 500.0, 1000, 0.0).share_of_peak is None
    assert Speed(None, None, 1000, 2e6).share_of_peak is None


@pytest.mark.parametrize(
    "environment",
    [None, {}, {"processor": "Abacus 8"}, {"processor": None}, {"processor": ["Abacus 9"]}],
    ids=["none", "empty", "other", "null", "list"],
)
def test_the_peak_of_another_processor_is_not_the_trainings(here, environment):
    found = measure_speed(make_model(**FACTS), Course(environment=environment))
    assert (found.images_per_second, found.peak, found.share_of_peak) == (40_000, None, None)
    assert here == []


@pytest.mark.parametrize(
    "change",
    [
        {"engine": "torch 2.13.0 on cuda, 2 threads"}, {"engine": None}, {"engine": 3}, {"settings": {}},
        {"settings": None}, {"settings": "fast"}, {"settings": ["threads"]},
        {"settings": {"threads": None}}, {"settings": {"threads": 0}}, {"settings": {"threads": "2"}},
        {"settings": {"threads": -1}},
    ],
    ids=str,
)  # fmt: skip
def test_a_training_that_did_not_run_natively_on_known_threads_has_no_peak(here, change):
    found = measure_speed(make_model(**{**FACTS, **change}), SAME)
    assert (found.images_per_second, found.peak) == (40_000, None)
    assert here == []


@pytest.mark.parametrize("name", ["engine", "settings"])
def test_a_model_that_does_not_say_what_computed_has_no_peak(here, name):
    facts = {key: value for key, value in FACTS.items() if key != name}
    assert measure_speed(make_model(**facts), SAME).peak is None
    assert here == []


@pytest.mark.parametrize("value", [None, 0, -2, "3", [], float("nan"), float("inf"), 10**400], ids=lambda v: str(v)[:9])
@pytest.mark.parametrize("name", ["seconds", "epochs", "training_images"])
def test_without_seconds_epochs_and_images_there_is_no_rate_and_nothing_is_measured(here, name, value):
    found = measure_speed(make_model(**{**FACTS, name: value}), SAME)
    assert (found.images_per_second, found.peak, found.share_of_peak) == (None, None, None)
    assert found.seconds == (None if name == "seconds" else 3.0)
    assert found.operations_per_image == 1_627_584
    assert here == []


def test_a_rate_that_no_number_holds_is_none(here):
    found = measure_speed(make_model(**{**FACTS, "seconds": 5e-324}), SAME)
    assert (found.images_per_second, found.peak) == (None, None)
    assert json.dumps(found.as_dict(), allow_nan=False)


def test_a_model_without_facts_says_its_operations_alone(here):
    assert measure_speed(make_model(), Course()) == Speed(None, None, 1_627_584, None)


def test_a_speed_is_plain_values():
    assert json.loads(json.dumps(Speed(1.0, 500.0, 1000, 2e6).as_dict())) == {
        "seconds": 1, "images_per_second": 500, "operations_per_image": 1000, "peak": 2e6, "share_of_peak": 0.25,
    }  # fmt: skip
    assert Speed(None, None, 1000, None).as_dict()["share_of_peak"] is None


@pytest.mark.native
def test_the_peak_of_this_machine_is_measured():
    peak = measure_peak(1, 0.01)
    assert peak is not None
    assert type(peak) is float
    assert np.isfinite(peak)
    assert peak > 1e6


def test_the_engine_is_asked_with_threads_and_seconds(monkeypatch):
    class Native:
        @staticmethod
        def measure_peak(threads: int, seconds: float) -> int:
            return threads * 1000 + int(seconds)

    monkeypatch.setattr(choice, "_why_native_is_missing", lambda: None)
    monkeypatch.setattr(choice, "_native", Native)
    assert measure_peak(3, 5.0) == 3005.0
    assert type(measure_peak(3, 5.0)) is float


def test_without_the_native_engine_there_is_no_peak(monkeypatch):
    monkeypatch.setattr(choice, "_why_native_is_missing", lambda: "it was not built")
    assert measure_peak(1, 0.01) is None
    monkeypatch.setattr(speed, "processor_name", lambda: "Abacus 9")
    found = measure_speed(make_model(**FACTS), SAME)
    assert (found.images_per_second, found.peak, found.share_of_peak) == (40_000, None, None)
