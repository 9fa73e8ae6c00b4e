"""The one place that says what a number, a yes or no and a name are."""

import math
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from convlens.checking import (
    as_callback,
    as_choice,
    as_flag,
    as_instance,
    as_number,
    as_path,
    as_whole,
    items_or_none,
    number_or_none,
    plain,
    shown,
    whole_or_none,
)
from convlens.errors import UsageError


@pytest.mark.parametrize("three", [3, np.int8(3), np.uint64(3), np.array(3), np.array(3, np.int16)])
def test_whole_numbers_of_numpy_are_whole_numbers(three: object) -> None:
    assert as_whole("epochs", three, 1, 5) == 3
    assert type(as_whole("epochs", three, 1)) is int


@pytest.mark.parametrize(
    "other", [3.0, True, np.True_, "3", None, [3], np.array([3]), np.float64(3), object(), math.nan]
)
def test_nothing_else_is_a_whole_number(other: object) -> None:
    assert whole_or_none(other) is None
    with pytest.raises(UsageError, match=r"epochs is .*; give a whole number from 1 to 5\.") as caught:
        as_whole("epochs", other, 1, 5)
    assert caught.value.argument == "epochs"


def test_bounds_belong_to_what_is_allowed() -> None:
    assert (as_whole("epochs", 1, 1, 5), as_whole("epochs", 5, 1, 5)) == (1, 5)
    for wrong in (0, 6, 10**5000):
        with pytest.raises(UsageError, match="epochs is"):
            as_whole("epochs", wrong, 1, 5)
    with pytest.raises(UsageError, match=r"size is 0; give a whole number of 1 or more\."):
        as_whole("size", 0, 1)


@pytest.mark.parametrize(
    ("given", "number"),
    [
        (np.float32(0.5), 0.5),
        (np.array(0.5), 0.5),
        (2, 2),
        (np.int64(2), 2),
        (Fraction(1, 2), 0.5),
        (10**400, math.inf),
    ],
)
def test_numbers(given: object, number: float) -> None:
    assert number_or_none(given) == number
    assert type(number_or_none(given)) is type(number)


def test_nan_never_fits_and_what_is_no_number_is_said() -> None:
    assert number_or_none(-(10**400)) == -math.inf
    for wrong in (math.nan, np.float32(math.nan), "0.5", None, True, np.array([0.5]), 1j):
        with pytest.raises(UsageError, match=r"rate is .*; give a number above 0\.") as caught:
            as_number("rate", wrong, "a number above 0", lambda _: True)
        assert caught.value.argument == "rate"


def test_flags_are_true_or_false_alone() -> None:
    assert (as_flag("probe", np.True_), as_flag("probe", False), as_flag("probe", np.array(False))) == (
        True,
        False,
        False,
    )
    for wrong in (1, 0, "true", None):
        with pytest.raises(UsageError, match=r"probe is .*; give True or False\."):
            as_flag("probe", wrong)


def test_a_name_with_a_slip_is_suggested() -> None:
    assert as_choice("recipe", "best", ("fast", "best")) == "best"
    with pytest.raises(UsageError) as caught:
        as_choice("recipe", "Fats", ("fast", "best"))
    assert str(caught.value) == "recipe 'Fats' is not known; give fast or best. Did you mean 'fast'?"
    with pytest.raises(UsageError, match=r"recipe None is not known; give fast or best\.$"):
        as_choice("recipe", None, ("fast", "best"))


def test_the_name_in_a_message_is_pythons_unless_somebody_asks_for_another() -> None:
    error = UsageError("log_every is 0; give more. log_every counts batches.", argument="log_every")
    assert error.named(lambda name: f"--{name.replace('_', '-')}").startswith("--log-every is 0; give more. log_every ")
    assert UsageError("nothing to name").named(str.upper) == "nothing to name"


def test_what_is_shown_is_one_short_line() -> None:
    assert shown(np.zeros((100, 100))).count("\n") == 0
    assert len(shown("a" * 1000)) <= 40
    assert shown([10**5000]) == "a list"
    assert shown(np.float64(0.5)) == "0.5"
    assert plain(np.float64) is np.float64
    assert (items_or_none(np.array([1, 2])), items_or_none(np.array(1)), items_or_none(b"1")) == ([1, 2], None, None)


def test_only_a_scalar_becomes_a_plain_value() -> None:
    row = np.array([3])
    assert plain(row) is row
    half = SimpleNamespace(item=3, shape=())
    assert plain(half) is half
    assert plain(SimpleNamespace(item=lambda: 3, shape=())) == 3
    assert plain(SimpleNamespace(item=lambda: 3)) != 3


def test_text_is_no_list_and_everything_else_that_can_be_iterated_is() -> None:
    assert [items_or_none(text) for text in ("12", b"12", bytearray(b"12"), 3, None)] == [None] * 5
    assert items_or_none(number for number in range(2)) == items_or_none(range(2)) == [0, 1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("  FATS ", "recipe ' FATS ' is not known; give fast or best. Did you mean 'fast'?"),
        ("zzz", "recipe 'zzz' is not known; give fast or best."),
        (3, "recipe 3 is not known; give fast or best."),
        (np.array("fast"), "recipe 'fast' is not known; give fast or best."),
    ],
)
def test_what_is_no_choice_is_said(given: object, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        as_choice("recipe", given, iter(("fast", "best")))
    assert (str(caught.value), caught.value.argument) == (said, "recipe")


@pytest.mark.parametrize("path", ["a", "n" * 255, "ü" * 127, Path("runs/first"), "/".join(["n" * 199] * 20) + "n"])
def test_paths(path: str | Path) -> None:
    assert as_path("out", path) == Path(path)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        *[(path, "the path of a file or folder") for path in ("", " ", "a\0b", None, 3, b"a")],
        *[(path, "a shorter path") for path in ("n" * 256, "runs/" + "ü" * 128, "/".join(["n" * 199] * 20) + "nn")],
    ],
)
def test_what_is_no_path(path: object, said: str) -> None:
    with pytest.raises(UsageError, match=rf"^out is .*; give {said}\.$") as caught:
        as_path("out", path)
    assert caught.value.argument == "out"


def test_functions_and_objects_of_a_kind() -> None:
    assert (as_callback("on_event", None), as_callback("on_event", print)) == (None, print)
    with pytest.raises(UsageError, match=r"^on_event is 3; give a function, or None\.$"):
        as_callback("on_event", 3)
    assert as_instance("number", True, int, "an int") is True
    with pytest.raises(UsageError, match=r"^number is '3'; give an int\.$") as caught:
        as_instance("number", "3", int, "an int")
    assert caught.value.argument == "number"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a" * 38, "'" + "a" * 38 + "'"),
        ("a" * 39, "'" + "a" * 38 + "…"),
        ([1, "a  b\n"], r"[1, 'a b\n']"),
        (10**20 - 1, "99999999999999999999"),
        (10**20, "a number of more than 20 digits"),
        (-(10**20), "a number of more than 20 digits"),
        (True, "True"),
        (1e30, "1e+30"),
        (np.array([1, 2]), "array([1, 2])"),
    ],
)
def test_what_is_shown_of_a_value(value: object, text: str) -> None:
    assert shown(value) == text
