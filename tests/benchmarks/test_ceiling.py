"""The ceiling is the best of some tries with the right number of threads, and says what it is a ceiling of."""

import pytest
import torch

import ceiling
from ceiling import Ceiling, higher, measure_ceilings

NATIVE = "convlens.engines._native"


@pytest.fixture
def product_threads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The matrix product is replaced by a number; the list says on how many threads it was asked for."""
    threads: list[int] = []

    def product(rounds: int) -> float:
        threads.append(torch.get_num_threads())
        return 5e9

    monkeypatch.setattr(ceiling, "measure_product", product)
    return threads


@pytest.mark.native
def test_the_peak_is_the_best_of_three_for_each_number_of_threads(monkeypatch, product_threads):
    calls: list[tuple[int, float]] = []
    speeds = iter([10e9, 12e9, 11e9, 20e9, 19e9, 18e9])

    def measure_peak(threads: int, seconds: float) -> float:
        calls.append((threads, seconds))
        return next(speeds)

    monkeypatch.setattr(f"{NATIVE}.measure_peak", measure_peak, raising=False)
    before = torch.get_num_threads()
    measured = measure_ceilings([2, 1, 2])
    assert measured == {1: Ceiling(1, 12e9, 5e9), 2: Ceiling(2, 20e9, 5e9)}
    assert calls == [(1, 0.3)] * 3 + [(2, 0.3)] * 3
    assert product_threads == [1, 2]
    assert torch.get_num_threads() == before


@pytest.mark.native
def test_without_a_peak_the_product_stands_in_and_says_so(monkeypatch, product_threads):
    monkeypatch.delattr(f"{NATIVE}.measure_peak", raising=False)
    (one,) = measure_ceilings([1]).values()
    assert one == Ceiling(1, None, 5e9)
    assert one.value == 5e9
    assert one.describe() == (
        "not measured, since this build of the extension has no measure_peak; "
        "shares are of 5 GFLOP/s in a float32 matrix product"
    )


def test_a_peak_is_what_shares_are_of():
    assert Ceiling(2, 690e9, 413e9).value == 690e9


def test_of_two_measurements_the_higher_one_counts():
    first = {1: Ceiling(1, 90.0, 50.0), 2: Ceiling(2, None, 70.0)}
    second = {1: Ceiling(1, 80.0, 60.0), 2: Ceiling(2, None, 65.0)}
    assert higher(first, second) == {1: Ceiling(1, 90.0, 60.0), 2: Ceiling(2, None, 70.0)}
