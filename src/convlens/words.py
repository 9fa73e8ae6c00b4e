"""Formats numbers, names and lists for sentences."""

import difflib
import re
from collections.abc import Iterable, Sequence
from math import isfinite

NOTHING = "–"
_NUMBER = re.compile(r"([0-9]+)")
_PLURALS = {
    "batch": "batches",
    "class": "classes",
    "is": "are",
    "has": "have",
    "was": "were",
    "shows": "show",
    "makes": "make",
    "reads": "read",
    "lies": "lie",
    "looks": "look",
    "its": "their",
}


def count_of(number: int, noun: str, verb: str = "") -> str:
    """Return a number with its noun, and optionally a verb, in agreement.

    >>> count_of(1, "image"), count_of(1200, "class"), count_of(2, "image", "is")
    ('1 image', '1,200 classes', '2 images are')
    """
    return " ".join([f"{number:,}", agreeing(number, noun), *([agreeing(number, verb)] if verb else [])])


def agreeing(number: int, word: str) -> str:
    """Return the singular or plural of a noun, a verb or "its", to agree with a number.

    >>> agreeing(1, "is"), agreeing(2, "is"), agreeing(2, "image")
    ('is', 'are', 'images')
    """
    return word if number == 1 else _PLURALS.get(word, f"{word}s")


def percent(share: float) -> str:
    """Format a share from 0 to 1 as a percentage; other shares never round to 0 or 100 %.

    >>> percent(0.98765), percent(0.0002), percent(0.99997), percent(float("nan"))
    ('98.8 %', '<0.1 %', '>99.9 %', '–')
    """
    if share != share:
        return NOTHING
    if 0 < share < 0.0005:
        return "<0.1 %"
    if 0.9995 <= share < 1:
        return ">99.9 %"
    return f"{100 * share:.1f} %"


def exact_percent(share: float) -> str:
    """Format a share with two decimals, and more near 100 %, so that a threshold of 99.999 % does not look like 100 %.

    >>> exact_percent(0.9), exact_percent(0.99999), exact_percent(1.0)
    ('90.00 %', '99.999 %', '100.00 %')
    """
    digits = 2
    while share < 1 and digits < 9 and float(f"{share * 100:.{digits}f}") == 100:
        digits += 1
    return f"{share * 100:.{digits}f} %"


def times(sizes: Iterable[int]) -> str:
    """Join sizes by times signs.

    >>> times((1, 28, 28)), times((60000, 10))
    ('1×28×28', '60,000×10')
    """
    return "×".join(f"{size:,}" for size in sizes)


def natural_key(name: str) -> tuple[tuple[tuple[bool | int | str, ...], ...], str]:
    """Return a sort key that puts 2 before 10; upper and lower case matter only between otherwise equal names.

    >>> sorted(["10", "9", "a10", "B1", "a2"], key=natural_key)
    ['9', '10', 'a2', 'a10', 'B1']
    """
    parts = _NUMBER.split(name)
    key = tuple(
        (False, len(part.lstrip("0")), part.lstrip("0")) if at % 2 else (True, part.casefold())
        for at, part in enumerate(parts)
        if part
    )
    return key, name


def printable(name: str) -> str:
    r"""Return a name as one printable line; unprintable characters are escaped.

    >>> printable("caf\udce9\n")
    'caf\\udce9\\n'
    """
    if name.isprintable():
        return name
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in name)


def printable_start(name: str, longest: int = 200) -> str:
    r"""Return a name as `printable` does, with an ellipsis in place of what follows the first 200 characters.

    >>> printable_start("cat\n"), printable_start("a long name", 7)
    ('cat\\n', 'a long…')
    """
    return printable(name if len(name) <= longest else name[: longest - 1] + "…")


def printable_lines(text: str) -> str:
    r"""Text of several lines, each of them as `printable` has it: a terminal obeys nothing in it.

    >>> printable_lines("\x1b[31mred\nblue")
    '\\x1b[31mred\nblue'
    """
    return "\n".join(map(printable, text.split("\n")))


def some_of(names: Sequence[str], most: int = 3, between: str = ", ") -> str:
    """Return the first few names, shortened, and how many more there are.

    >>> some_of(["a", "b", "c", "d", "e"]), some_of(["a", "b"])
    ('a, b, c and 2 more', 'a, b')
    """
    shown = between.join(printable_start(name) for name in names[:most])
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")


def alternatives(names: Sequence[str]) -> str:
    """Join names as alternatives.

    >>> alternatives(["fast", "tutorial", "best"]), alternatives(["html"])
    ('fast, tutorial or best', 'html')
    """
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most similar to this one; None if none is similar.

    >>> nearest("rleu", ["relu", "conv"]), nearest("xyz", ["relu", "conv"])
    ('relu', None)
    """
    found = difflib.get_close_matches(word[:40], list(known))
    return found[0] if found else None


def closest(word: str, known: Iterable[str]) -> str:
    """Return a sentence with the known word most similar to this one, and a space; empty if none is similar.

    >>> closest("rleu", ["relu", "conv"]), closest("xyz", ["relu", "conv"])
    ('The closest known one is relu. ', '')
    """
    near = nearest(word, known)
    return f"The closest known one is {near}. " if near else ""


def shorten(text: object, longest: int) -> str:
    """Return one line of at most `longest` characters; the rest is replaced by an ellipsis.

    >>> shorten("a class with a very long name", 12)
    'a class wit…'
    """
    line = "".join(letter if letter.isprintable() else " " for letter in str(text)[: 4 * longest + 100])
    line = " ".join(line.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


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
