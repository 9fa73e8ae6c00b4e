"""Contenders run in turn, and the spread is what it says."""

import pytest

from timing import Spread, summarise, time_in_turn


def test_contenders_take_turns_and_get_their_own_seconds():
    calls: list[str] = []
    ticks = iter([0.0, 1.0, 10.0, 12.0, 20.0, 23.0, 30.0, 34.0])
    seconds = time_in_turn(
        {"a": lambda: calls.append("a"), "b": lambda: calls.append("b")}, rounds=2, clock=lambda: next(ticks)
    )
    assert calls == ["a", "b", "a", "b"]
    assert seconds == {"a": [1.0, 3.0], "b": [2.0, 4.0]}


def test_every_time_is_reported_as_it_comes():
    reported: list[tuple[str, float]] = []
    ticks = iter([0.0, 1.5])
    time_in_turn(
        {"a": lambda: None},
        1,
        clock=lambda: next(ticks),
        on_time=lambda name, seconds: reported.append((name, seconds)),
    )
    assert reported == [("a", 1.5)]


def test_an_even_number_of_values_has_its_median_between_the_middle_two():
    assert summarise([1.0, 2.0, 4.0, 9.0]) == Spread(median=3.0, smallest=1.0, largest=9.0, count=4)


def test_no_measurement_has_no_spread():
    with pytest.raises(ValueError, match="no measurements were given; at least one is needed"):
        summarise([])
