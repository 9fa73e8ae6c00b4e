"""The arguments of layers: their names, their limits, and the errors for values that are not allowed.

An argument means the same in every layer, so one table serves the constructors, the text reader and the text writer.
A check raises `WrongArgument` with the argument's name. Constructors turn it into a `NetworkError`; the text reader
turns it into a `NetworkError` that points at the number.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from convlens.checking import number_or_none, plain, whole_or_none

Size = int | tuple[int, int]
"""One number for height and width, or (height, width)."""

PaddingWord = Literal["same", "valid"]
"""The words that are allowed as padding: as many positions as rows, or no padding."""

Value = int | float | tuple[int, int] | None


@dataclass(frozen=True)
class Argument:
    """One argument: its name in sentences, its kind and limits, its option word in text, and other words for it."""

    plain_name: str
    kind: Literal["count", "size", "fraction"]
    lowest: int
    highest: int
    example: str
    option: str | None = None
    below_highest: bool = False
    other_names: tuple[str, ...] = ()


LARGEST_COUNT = 65_536
"""The most channels, features, rows, columns or classes of a network."""

ARGUMENTS: dict[str, Argument] = {
    "channels": Argument("number of channels", "count", 1, LARGEST_COUNT, "8"),
    "features": Argument("number of features", "count", 1, LARGEST_COUNT, "64"),
    "kernel_size": Argument("kernel size", "size", 1, 1_024, "3x3"),
    "stride": Argument("stride", "size", 1, 1_024, "2", option="stride", other_names=("strides", "step", "s")),
    "padding": Argument("padding", "size", 0, 1_024, "1", option="pad", other_names=("padding", "pads", "p", "border")),
    "dilation": Argument(
        "dilation", "size", 1, 1_024, "2", option="dilation", other_names=("dilate", "dilated", "d", "rate", "atrous")
    ),
    "groups": Argument(
        "number of groups", "count", 1, LARGEST_COUNT, "2", option="groups", other_names=("group", "g", "depthwise")
    ),
    "slope": Argument("slope", "fraction", 0, 1, "0.1"),
    "probability": Argument("probability", "fraction", 0, 1, "0.5", below_highest=True),
}
OPTIONS: dict[str, str] = {argument.option: name for name, argument in ARGUMENTS.items() if argument.option}
"""Option word in text → argument name: {"stride": "stride", "pad": "padding", ...}."""


class WrongArgument(Exception):
    """An argument that is not allowed. Users never get this error: it always becomes a `NetworkError`."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(reason)
        self.name, self.reason = name, reason


def check_arguments(word: str, given: Mapping[str, object]) -> dict[str, Value]:
    """Convert the arguments of the layer `word` to their stored form: sizes as (height, width), fractions as float.

    None stays None, because its meaning depends on the layer. Raises `WrongArgument` for the first argument that is not
    allowed.

    >>> check_arguments("conv", {"channels": 8, "kernel_size": 3})
    {'channels': 8, 'kernel_size': (3, 3)}
    """
    return {name: None if value is None else _check(word, name, value) for name, value in given.items()}


def _check(word: str, name: str, value: object) -> Value:
    argument = ARGUMENTS[name]
    if argument.kind == "fraction":
        return _check_fraction(word, name, value)
    if argument.kind == "count":
        return _check_whole(word, name, value, value)
    if isinstance(pair := _as_list(value), tuple | list):
        if len(pair) != 2:
            raise not_allowed(word, name, value, f"Write one or two numbers, such as {argument.example}.")
        height, width = (_check_whole(word, name, number, value) for number in pair)
        return height, width
    number = _check_whole(word, name, value, value)
    return number, number


def _as_list(value: object) -> object:
    """Convert a NumPy array to a list; return anything else as it is."""
    value = plain(value)
    return value.tolist() if hasattr(value, "tolist") else value  # pyright: ignore[reportAttributeAccessIssue]


def _check_whole(word: str, name: str, number: object, value: object) -> int:
    argument = ARGUMENTS[name]
    whole = whole_or_none(number)
    if whole is None:
        raise not_allowed(word, name, value, f"Write a whole number, such as {argument.example}.")
    if whole < argument.lowest:
        raise not_allowed(word, name, value, f"Change it to {argument.lowest} or more.")
    if whole > argument.highest:
        raise not_allowed(word, name, value, f"Change it to {argument.highest:,} or less.")
    return whole


def _check_fraction(word: str, name: str, value: object) -> float:
    argument = ARGUMENTS[name]
    number = number_or_none(value)
    if number is None:
        raise not_allowed(word, name, value, f"Write a number, such as {argument.example}.")
    number = float(number) + 0.0  # makes -0.0 a plain 0.0, so that equal layers print equal
    too_high = number >= argument.highest if argument.below_highest else number > argument.highest
    if math.isnan(number) or number < argument.lowest or too_high:
        raise not_allowed(word, name, value, f"Change it, for example to {argument.example}.")
    return number


def not_allowed(word: str, name: str, value: object, next_step: str, words: Sequence[str] = ()) -> WrongArgument:
    """Return the error for a value that is not allowed: the value, what is allowed, and what to do next.

    `words` are the words that are allowed besides numbers.
    """
    argument = ARGUMENTS[name]
    limits = f"from {argument.lowest} to {argument.highest:,}"
    if argument.below_highest:
        limits = f"from {argument.lowest} to just below {argument.highest}"
    kind = {
        "count": f"one whole number {limits}",
        "size": f"a whole number {limits}, or two of them for height and width",
        "fraction": f"a number {limits}",
    }[argument.kind]
    kind += f", or {' or '.join(words)}" if words else ""
    return WrongArgument(name, f"the {argument.plain_name} of {word} is {show(value)}; it must be {kind}. {next_step}")


def show(value: object) -> str:
    """Format a value as in the text of a network; very long values are shortened.

    >>> show((3, 3)), show((3, 5)), show(0.5), show("8"), show(10**5000)
    ('3', '3x5', '0.5', "'8'", 'a number of more than 20 digits')
    """
    value = plain(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < 10**20 else "a number of more than 20 digits"
    if isinstance(value, tuple | list) and value:
        numbers = [show(number) for number in value[:4]]
        if len(value) == 2 and numbers[0] == numbers[1]:
            return numbers[0]
        return "x".join(numbers) + ("x…" if len(value) > 4 else "")
    if isinstance(value, float):
        return repr(value)
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
