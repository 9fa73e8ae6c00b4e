"""Check the type and range of settings: whole numbers, numbers, booleans, choices, paths.

NumPy's and PyTorch's scalars (`np.int64(3)`, `np.float32(0.5)`, `np.True_`, arrays without dimensions) are converted to
Python's types. A boolean is not a number. A wrong value raises a `UsageError` whose message begins with the setting's
name in Python; the error stores that name, so that the command line can replace it by its option.
"""

import math
import operator
import os
from collections.abc import Callable, Iterable
from numbers import Real
from pathlib import Path
from typing import Any, NoReturn, TypeVar, cast

from convlens.errors import UsageError
from convlens.words import alternatives, nearest

Choice = TypeVar("Choice", bound=str)
Callback = TypeVar("Callback")
Kind = TypeVar("Kind")
_LONGEST = 40
_MOST_DIGITS = 20
_LONGEST_NAME, _LONGEST_PATH = 255, 4000


def plain(value: object) -> object:
    """Convert a scalar of NumPy or PyTorch, or an array without dimensions, to Python's type; return others unchanged.

    >>> import numpy as np
    >>> plain(np.int64(3)), plain(np.array(0.5)), plain(np.True_), plain("3")
    (3, 0.5, True, '3')
    """
    item = getattr(value, "item", None)
    if isinstance(value, type) or not callable(item) or getattr(value, "shape", None) != ():
        return value
    return item()


def whole_or_none(value: object) -> int | None:
    """Return a whole number as an int; None if the value is not a whole number.

    >>> import numpy as np
    >>> whole_or_none(np.int64(3)), whole_or_none(3.0), whole_or_none(True), whole_or_none("3")
    (3, None, None, None)
    """
    value = plain(value)
    if isinstance(value, bool):
        return None
    try:
        return operator.index(value)  # pyright: ignore[reportArgumentType]
    except TypeError:
        return None


def number_or_none(value: object) -> int | float | None:
    """Return a number as int or float; None if the value is not a number. NaN counts as a number.

    >>> import numpy as np
    >>> number_or_none(np.float64(0.5)), number_or_none(2), number_or_none(False), number_or_none("2")
    (0.5, 2, None, None)
    """
    value = plain(value)
    if isinstance(value, bool) or not isinstance(value, int | Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        return math.inf if cast(Any, value) > 0 else -math.inf
    return value if isinstance(value, int) else number


def items_or_none(value: object) -> list[Any] | None:
    """Return the items of a list, a tuple, an array or another iterable; None for text and for other values.

    >>> items_or_none((1, 2)), items_or_none("12"), items_or_none(3)
    ([1, 2], None, None)
    """
    if isinstance(value, str | bytes | bytearray):
        return None
    try:
        return list(value)  # pyright: ignore[reportArgumentType]
    except TypeError:
        return None


def as_whole(name: str, value: object, lowest: int, highest: int | None = None) -> int:
    """Check that a value is a whole number from `lowest` to `highest`, or at least `lowest`, and return it.

    Raises:
        UsageError: it is not.

    >>> as_whole("epochs", 0, 1, 100_000)
    Traceback (most recent call last):
    ...
    convlens.errors.UsageError: epochs is 0; give a whole number from 1 to 100,000.
    """
    whole = whole_or_none(value)
    if whole is None or whole < lowest or (highest is not None and whole > highest):
        limits = f"of {lowest:,} or more" if highest is None else f"from {lowest:,} to {highest:,}"
        refuse(name, value, f"a whole number {limits}")
    return whole


def as_number(name: str, value: object, allowed: str, fits: Callable[[float], bool]) -> int | float:
    """Check that a value is a number for which `fits` is true, and return it. NaN never fits.

    `allowed` describes the allowed numbers, such as "a number above 0".

    Raises:
        UsageError: it is not such a number.

    >>> as_number("learning_rate", -1, "a number above 0, such as 0.001", lambda rate: rate > 0)
    Traceback (most recent call last):
    ...
    convlens.errors.UsageError: learning_rate is -1; give a number above 0, such as 0.001.
    """
    number = number_or_none(value)
    if number is None or math.isnan(number) or not fits(number):
        refuse(name, value, allowed)
    return number


def as_flag(name: str, value: object) -> bool:
    """Check that a value is True or False, and return it.

    Raises:
        UsageError: it is another value, even 0 or 1.
    """
    flag = plain(value)
    if not isinstance(flag, bool):
        refuse(name, value, "True or False")
    return flag


def as_choice(name: str, value: object, choices: Iterable[Choice]) -> Choice:
    """Check that a value is one of some names, and return it.

    Raises:
        UsageError: it is not; the message suggests a similar name.

    >>> as_choice("recipe", "fats", ("fast", "tutorial", "best"))
    Traceback (most recent call last):
    ...
    convlens.errors.UsageError: recipe 'fats' is not known; give fast, tutorial or best. Did you mean 'fast'?
    """
    known = list(choices)
    for choice in known:
        if isinstance(value, str) and value == choice:
            return choice
    near = nearest(value.strip().lower(), known) if isinstance(value, str) else None
    hint = f" Did you mean {near!r}?" if near else ""
    raise UsageError(f"{name} {shown(value)} is not known; give {alternatives(known)}.{hint}", argument=name)


def as_path(name: str, value: object) -> Path:
    """Convert a value to the path of a file or folder, which need not exist.

    Raises:
        UsageError: it is neither text nor a path, or it is empty or too long.

    >>> as_path("out", "runs/first").name
    'first'
    """
    if not isinstance(value, str | os.PathLike) or not str(value).strip() or "\0" in str(value):
        refuse(name, value, "the path of a file or folder")
    path = Path(value)
    if any(len(os.fsencode(part)) > _LONGEST_NAME for part in path.parts) or len(str(path)) > _LONGEST_PATH:
        refuse(name, value, "a shorter path")
    return path


def as_callback(name: str, value: Callback) -> Callback:
    """Check that a value is a function or None, and return it.

    Raises:
        UsageError: it is not callable.
    """
    if value is not None and not callable(value):
        refuse(name, value, "a function, or None")
    return value


def as_instance(name: str, value: object, kind: type[Kind], allowed: str) -> Kind:
    """Check that a value has a type of Convlens, and return it; `allowed` says how to get one.

    Raises:
        UsageError: it has another type.
    """
    if not isinstance(value, kind):
        refuse(name, value, allowed)
    return value


def refuse(name: str, value: object, allowed: str) -> NoReturn:
    """Raise an error that says the value of a setting and what is allowed.

    Raises:
        UsageError: always.
    """
    raise UsageError(f"{name} is {shown(value)}; give {allowed}.", argument=name)


def shown(value: Any) -> str:
    """Return a value as one line of text, shortened if it is long; NumPy's scalars look like Python's.

    >>> import numpy as np
    >>> shown(np.int64(3)), shown("a" * 50), shown(10**5000)
    ('3', "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…", 'a number of more than 20 digits')
    """
    value = plain(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**_MOST_DIGITS:
        return f"a number of more than {_MOST_DIGITS} digits"
    try:
        text = " ".join(repr(value).split())
    except ValueError:  # Python refuses to print very long integers, here inside a list
        text = f"a {type(value).__name__}"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
