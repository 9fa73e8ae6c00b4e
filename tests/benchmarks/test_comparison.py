"""Ratios are of medians, and the best is the smallest median."""

from comparison import best_of, spread_text, times_as_fast
from timing import Spread

STEADY, JUMPY = Spread(2.0, 1.9, 2.1, 5), Spread(2.5, 0.1, 9.0, 5)


def test_one_lucky_round_makes_nobody_the_best():
    assert best_of({"steady": STEADY, "jumpy": JUMPY}, ["jumpy", "steady"]) == "steady"


def test_the_best_is_sought_among_the_named_alone():
    assert best_of({"steady": STEADY, "jumpy": JUMPY}, ["jumpy"]) == "jumpy"


def test_a_ratio_above_1_is_faster():
    assert times_as_fast(STEADY, than=JUMPY) == "1.25"
    assert times_as_fast(JUMPY, than=STEADY) == "0.80"


def test_a_spread_has_the_digits_and_the_unit_that_are_asked_for():
    assert spread_text(JUMPY) == "2.500 (0.100 to 9.000)"
    assert spread_text(JUMPY, scale=1e3, digits=0) == "2500 (100 to 9000)"
