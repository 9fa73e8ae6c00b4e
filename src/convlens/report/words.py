"""Formats numbers for readers: percentages, intervals and plain numbers; a missing value becomes a dash."""

from math import isfinite

from convlens.words import shorten

NOTHING = "–"


def short(name: str) -> str:
    """Shorten a name for a sentence: one line, not too long, without characters that change the writing direction.

    >>> short("cat\u202e"), len(short("x" * 300))
    ('cat', 60)
    """
    return shorten(name, 60)


def share(value: float | None, digits: int = 2) -> str:
    """Format a share from 0 to 1 as a percentage.

    >>> share(0.98765), share(float("nan")), share(-0.004, 1)
    ('98.77 %', '–', '−0.4 %')
    """
    if value is None or not isfinite(value):
        return NOTHING
    return f"{100 * value:.{digits}f} %".replace("-", "−")


def interval(ends: tuple[float, float], digits: int = 2) -> str:
    """Format an interval of shares.

    >>> interval((0.9874, 0.9914))
    '98.74 to 99.14 %'
    """
    return f"{100 * ends[0]:.{digits}f} to {100 * ends[1]:.{digits}f} %".replace("-", "−")


def number(value: float | None, digits: int = 4) -> str:
    """Format a plain number with a true minus sign.

    >>> number(-0.12345), number(None)
    ('−0.1235', '–')
    """
    if value is None or not isfinite(value):
        return NOTHING
    return f"{value:.{digits}f}".replace("-", "−")
