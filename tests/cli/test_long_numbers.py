"""Numbers of thousands of digits, cells of any length, and too little memory: one line, and in linear time."""

import csv
import re
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from convlens.cli import main
from convlens.cli.by_hand.tables import read_table
from convlens.cli.by_hand.typed_numbers import read_numbers
from convlens.errors import ConvlensError, DataError, UsageError
from convlens.training.run_folder import read_config

DIGITS = "9" * 5000


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "--epochs", DIGITS),
        ("train", "--epochs", DIGITS[:4000]),
        ("train", "--learning-rate", DIGITS),
        ("train", "--seed", DIGITS[:4000]),
        ("layers", "dense", "--input", f"1x{DIGITS}x3"),
        ("layers", "dense", "--classes", DIGITS),
        ("layers", f"conv {DIGITS} 3x3, dense"),
        ("by-hand", "output-size", DIGITS, "--kernel-size", "3"),
        ("by-hand", "output-size", "28", "--kernel-size", DIGITS),
        ("by-hand", "full", DIGITS, "1"),
        ("by-hand", "conv2d", "1 2; 3 4", "--kernel", "1", "--stride", DIGITS),
        ("open", "--port", DIGITS),
        ("train", "--config", "long.toml"),
        ("by-hand", "full", "long.csv", "1"),
    ],
)  # fmt: skip
def test_a_number_of_5000_digits_is_one_line(convlens, arguments):
    Path("long.toml").write_text(f"[settings]\nepochs = {DIGITS}\n")
    Path("long.csv").write_text(f"1,2\n3,{DIGITS * 30}\n")
    ran = convlens(*arguments)
    assert ran.code in (2, 3)
    assert ran.out == ""
    assert ran.err.startswith("error: ")
    assert "defect" not in ran.err
    lines = ran.err.splitlines()
    assert len(lines) == (3 if "conv " in arguments[1] else 1), "the place in a network has two more"
    assert len(ran.err) < 500


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"[settings]\nseed = {DIGITS}", r"long\.toml is not a TOML file: Exceeds the limit \(4300 digits\)"),
        ("data = " + "[" * 5000, r"long\.toml is not a TOML file: "),
        (f"data = {DIGITS[:4000]}", r"data is a number of more than 20 digits; it must be text in quotes"),
        (f"[settings]\nrecipe = {DIGITS[:4000]}", "the settings cannot be used"),
        (f"[settings]\nschedule = '{DIGITS}'", "the settings cannot be used: Invalid enum value"),
        (f"[settings]\n{DIGITS} = 1", "unknown setting '9{38}…"),
        (f"{DIGITS} = 1", "9…. The known keys are data"),
        ("[settings]\nseed = nan", "Expected `int`, got `float`"),
    ],
)
def test_a_config_of_any_content_is_one_line(text, message):
    Path("long.toml").write_text(text)
    with pytest.raises((DataError, UsageError), match=message) as caught:
        read_config("long.toml")
    assert len(str(caught.value)) < 700


def test_what_the_reader_of_tables_refuses_is_one_line():
    Path("a.csv").write_text("1,2\n3," + "4" * 140_000)
    before = csv.field_size_limit(131_072)  # Python's own limit; reading a list of images raises it
    try:
        with pytest.raises(DataError, match=r"^a\.csv is not a CSV file \(field larger than field limit"):
            read_table(Path("a.csv"))
    finally:
        csv.field_size_limit(before)


@pytest.mark.parametrize(
    "text",
    [
        "]" + " " * 400_000, "9" * 400_000 + " 1", "1" + " " * 400_000 + "2", "1|" * 50_000 + "1", "[" * 400_000,
        "1,2" * 130_000 + " 1",
    ],
    ids=["blanks after a bracket", "digits", "blanks", "channels", "brackets", "commas"],
)  # fmt: skip
def test_numbers_take_linear_time(text):
    """Each of these took seconds to hours; the limit is generous, since machines are busy."""
    began = time.process_time()
    with suppress(ConvlensError):
        read_numbers("--a", text)
    assert time.process_time() - began < 1.5


def test_brackets_and_commas_mean_what_they_meant():
    """Against the patterns that were used before, on every text of six signs."""
    signs = "[],; 1"
    for number in range(0, len(signs) ** 6, 7):
        text = "".join(signs[number // len(signs) ** place % len(signs)] for place in range(6))
        before = re.sub(r"\]\s*,?\s*\[", ";", text).replace("[", " ").replace("]", " ")
        assert read_or_error(text) == read_or_error(before), text


def read_or_error(text: str) -> object:
    try:
        return read_numbers("--a", text).tolist()
    except UsageError as error:
        return str(error)


@pytest.mark.parametrize(
    ("size", "details"),
    [
        (2**60, " (Unable to allocate 1.00 EiB for an array with shape (1152921504606846976,) and data type uint8)"),
        (0, ""),
    ],
)
def test_too_little_memory_is_one_line(convlens, monkeypatch, size, details):
    def allocate(*_arguments: object, **_more: object) -> None:
        if not size:
            raise MemoryError
        np.empty(size, np.uint8)

    monkeypatch.setattr(main, "app", allocate)
    ran = convlens("layers")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == (
        f"error: there is not enough memory{details}. Give smaller or fewer images, a smaller network or a smaller "
        "batch, or close other programs.\n"
    )
