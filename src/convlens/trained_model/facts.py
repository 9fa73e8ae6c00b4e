"""Check the facts of a trained model: they must be JSON values, and the known ones must have the right types.

They are checked when a model is saved and when it is loaded, so code that reads `facts["test"]["accuracy"]` needs no
check of its own. Unknown facts are kept unchanged.
"""

import math
from typing import Annotated, Any

import msgspec

from convlens.errors import UsageError

_DEEPEST = 50
_LARGEST = 2**63
_Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
_Count = Annotated[int, msgspec.Meta(ge=0)]


class _Test(msgspec.Struct):
    accuracy: _Share
    correct: _Count
    total: Annotated[int, msgspec.Meta(ge=1)]


class _Sample(msgspec.Struct):
    image: _Count
    predicted: str
    true: str


class _Known(msgspec.Struct, omit_defaults=True):
    """The facts that Convlens reads, with their types."""

    data: str | None = None
    training_images: _Count | None = None
    recipe: str | None = None
    epochs: _Count | None = None
    steps: _Count | None = None
    finished: bool = True
    seed: _Count | None = None
    settings: dict[str, Any] | None = None
    engine: str | None = None
    seconds: Annotated[float, msgspec.Meta(ge=0)] = 0.0
    trained_at: str | None = None
    numbered_labels: bool = False
    notes: list[str] | None = None
    ended_by: str | None = None
    best_epoch: _Count | None = None
    test: _Test | None = None
    samples: list[_Sample] = []


def check_facts(facts: dict[str, Any]) -> None:
    """Refuse facts that are not JSON values, or that have another type than those of a training.

    Raises:
        UsageError: a fact cannot be used; the message says which one.

    >>> check_facts({"seconds": "long", "mine": [1, 2]})
    Traceback (most recent call last):
    convlens.errors.UsageError: the facts cannot be used: Expected `float`, got `str` - at `$.seconds`.
    """
    check_json(facts, "the facts")
    try:
        known = msgspec.convert(facts, _Known)
    except msgspec.ValidationError as error:
        raise UsageError(f"the facts cannot be used: {error}.") from error
    if known.test is not None and known.test.correct > known.test.total:
        raise UsageError(
            f"the facts cannot be used: {known.test.correct:,} of {known.test.total:,} images are correct."
        )


def is_number(name: str) -> bool:
    """Check whether a class name was made from an integer or a boolean.

    >>> is_number("-7"), is_number("True"), is_number("seven")
    (True, True, False)
    """
    return name in ("False", "True") or (len(name) <= 20 and name.removeprefix("-").isdecimal())


def check_json(value: Any, what: str) -> None:
    """Refuse a value that a model file cannot hold: NaN, infinity, invalid Unicode, other types, or deep nesting.

    Raises:
        UsageError: the value cannot be stored; the message begins with `what`.

    >>> check_json({"seconds": float("nan")}, "the facts")
    Traceback (most recent call last):
    convlens.errors.UsageError: the facts: nan is not a number in JSON. Give finite numbers.
    """
    waiting: list[tuple[Any, int]] = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        if depth > _DEEPEST:
            raise UsageError(f"{what}: more than {_DEEPEST} lists or objects are nested. Give fewer.")
        if isinstance(one, dict):
            waiting += [(part, depth + 1) for pair in one.items() for part in pair]
            if not all(isinstance(key, str) for key in one):
                raise UsageError(f"{what}: a key is not a string. Give strings.")
        elif isinstance(one, list | tuple):
            waiting += [(part, depth + 1) for part in one]
        else:
            _check_one(one, what)


def _check_one(one: Any, what: str) -> None:
    if isinstance(one, str):
        if not one.isascii() and one.encode("utf-8", "ignore").decode() != one:
            raise UsageError(f"{what}: {one!a:.60} is not valid Unicode text. Give other text.")
    elif isinstance(one, float):
        if not math.isfinite(one):
            raise UsageError(f"{what}: {one} is not a number in JSON. Give finite numbers.")
    elif isinstance(one, int):
        if abs(one) >= _LARGEST:
            raise UsageError(f"{what}: an integer has more than 64 bits. Give smaller ones.")
    elif one is not None:
        raise UsageError(
            f"{what}: a {type(one).__name__} is not a JSON value; give: text, numbers, lists, dicts, None."
        )
