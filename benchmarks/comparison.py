"""Compares contenders by the seconds of one run: which is fastest, and the ratios to the others."""

from collections.abc import Iterable, Mapping

from timing import Spread


def best_of(spreads: Mapping[str, Spread], names: Iterable[str]) -> str:
    """Return the contender with the smallest median.

    >>> best_of({"a": Spread(2.0, 1.0, 3.0, 3), "b": Spread(1.5, 1.4, 9.0, 3)}, ["a", "b"])
    'b'
    """
    return min(names, key=lambda name: spreads[name].median)


def times_as_fast(spread: Spread, than: Spread) -> str:
    """Return the ratio of two medians: above 1 if `spread` is the faster one.

    >>> times_as_fast(Spread(0.5, 0.4, 0.6, 5), than=Spread(2.0, 1.9, 2.2, 5))
    '4.00'
    """
    return f"{than.median / spread.median:.2f}"


def spread_text(spread: Spread, scale: float = 1.0, digits: int = 3) -> str:
    """Format median (smallest to largest), multiplied by `scale`.

    >>> spread_text(Spread(0.0025, 0.002, 0.004, 5), scale=1e3, digits=1)
    '2.5 (2.0 to 4.0)'
    """
    median, low, high = (f"{value * scale:.{digits}f}" for value in (spread.median, spread.smallest, spread.largest))
    return f"{median} ({low} to {high})"
