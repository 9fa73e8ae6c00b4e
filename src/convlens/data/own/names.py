"""Names of files and classes: in the order that people expect, and always printable."""

import re

_NUMBER = re.compile(r"([0-9]+)")


def natural_key(name: str) -> tuple[tuple[int, int, str], ...]:
    """What to sort by, so that 2 comes before 10; capitals matter only between names that are equal without them.

    >>> sorted(["10", "9", "a10", "B1", "a2"], key=natural_key)
    ['9', '10', 'a2', 'a10', 'B1']
    """
    parts = _NUMBER.split(name)
    key = [
        (0, len(part.lstrip("0")), part.lstrip("0")) if at % 2 else (1, 0, part.casefold())
        for at, part in enumerate(parts)
        if part
    ]
    return (*key, (-1, 0, name))


def printable(name: str) -> str:
    r"""The name as one line that can be printed anywhere; what cannot be printed is written as an escape.

    >>> printable("caf\udce9\n")
    'caf\\udce9\\n'
    """
    if name.isprintable():
        return name
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in name)


def some_of(names: list[str], most: int = 3) -> str:
    """A few names for a message.

    >>> some_of(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    shown = ", ".join(printable(name) for name in names[:most])
    return shown + (f" and {len(names) - most:,} more" if len(names) > most else "")
