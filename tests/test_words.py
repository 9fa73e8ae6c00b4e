"""Words that agree with their numbers, percentages, natural order and printable names."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convlens.words import (
    agreeing,
    alternatives,
    count_of,
    exact_percent,
    natural_key,
    nearest,
    percent,
    printable,
    printable_lines,
    shorten,
    some_of,
)


def test_natural_order() -> None:
    names = ["10", "2", "1", "a10", "a2", "A2", "a", "b", "img12.png", "img2.png", "02", "x9y10", "x9y2", "²"]
    assert sorted(names, key=natural_key) == [
        "1", "02", "2", "10", "a", "A2", "a2", "a10", "b", "img2.png", "img12.png", "x9y2", "x9y10", "²",
    ]  # fmt: skip


@given(st.lists(st.integers(0, 10**30), max_size=9))
def test_numbers_are_in_the_order_of_numbers(numbers: list[int]) -> None:
    assert [int(name) for name in sorted(map(str, numbers), key=natural_key)] == sorted(numbers)


@given(st.text(), st.text())
def test_different_names_have_different_keys(first: str, second: str) -> None:
    assert (natural_key(first) == natural_key(second)) == (first == second)
    assert sorted([first, second], key=natural_key) == sorted([second, first], key=natural_key)


@given(st.text())
def test_every_name_can_be_printed(name: str) -> None:
    assert printable(name).isprintable()
    assert name.isprintable() == (printable(name) == name)


def test_some_names() -> None:
    assert some_of(["a"]) == "a"
    assert some_of(["a", "b\n", "c"]) == "a, b\\n, c"
    assert some_of(["a", "b\n", "c", "d"]) == "a, b\\n, c and 1 more"
    assert some_of(["a"] * 1002, 2, "; ") == "a; a and 1,000 more"


def test_text_of_several_lines_keeps_its_lines_only() -> None:
    assert printable_lines("one\ntwo\tor\r\n\nthree") == "one\ntwo\\tor\\r\n\nthree"


@pytest.mark.parametrize(
    ("names", "text"), [(["a"], "a"), (["a", "b"], "a or b"), (["a", "b", "c", "d"], "a, b, c or d")]
)
def test_alternatives(names, text):
    assert alternatives(names) == text


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("fats", ["fast", "cats", "best"], "fast"),  # 3 of 4 letters in order, as in "cats"; the later in the alphabet
        ("dense", ["dense", "dense2"], "dense"),
        ("abcde", ["abcxy"], "abcxy"),  # 2·3 of 10 letters are just enough
        ("abcd", ["abxy"], None),
        ("relu", [], None),
        # Forty letters are compared: 2·40/(40 + 93) = 0.602, and 2·40/(41 + 93) would be 0.597.
        ("a" * 40 + "b" * 900, ["a" * 40 + "c" * 53], "a" * 40 + "c" * 53),
        ("a" * 40 + "b" * 900, ["a" * 40 + "c" * 54], None),
    ],
)
def test_the_nearest_word(word, known, found):
    assert nearest(word, known) == found


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 images are"), (1, "1 image is"), (2, "2 images are"), (12345, "12,345 images are")]
)
def test_words_agree_with_their_number(number, words):
    assert count_of(number, "image", "is") == words


def test_every_irregular_word():
    singular = ["class", "is", "has", "was", "shows", "looks", "its", "file"]
    assert [agreeing(1, word) for word in singular] == singular
    assert [agreeing(2, word) for word in singular] == [
        "classes",
        "are",
        "have",
        "were",
        "show",
        "look",
        "their",
        "files",
    ]


@pytest.mark.parametrize(
    ("share", "text"),
    [
        *[(0, "0.0 %"), (1, "100.0 %"), (0.5, "50.0 %"), (1.5, "150.0 %"), (-0.5, "-50.0 %"), (float("nan"), "–")],
        *[(0.0004, "<0.1 %"), (0.0005, "0.1 %"), (0.0006, "0.1 %")],
        *[(0.9994, "99.9 %"), (0.9995, ">99.9 %"), (0.9996, ">99.9 %")],
    ],
)
def test_percent_by_hand(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.00 %"), (0.12345, "12.35 %"), (0.99994, "99.99 %"), (0.99996, "99.996 %"), (0.9999999, "99.99999 %")],
)
def test_only_all_is_a_hundred_per_cent(share, text):
    assert exact_percent(share) == text


def test_a_share_next_to_one_is_short_all_the_same():
    assert exact_percent(1 - 2**-53) == "100.000000000 %"


@pytest.mark.parametrize(
    ("text", "longest", "expected"),
    [
        ("seven", 5, "seven"),
        ("sevens", 5, "seve…"),
        ("a\nb\t\tc", 9, "a b c"),
        ("ab cd", 4, "ab…"),
        (7, 3, "7"),
        ("", 3, ""),
        (" " * 119 + "x", 5, "x"),  # 4·5 + 100 characters are looked at
        (" " * 120 + "x", 5, ""),
    ],
)
def test_shortening_by_hand(text, longest, expected):
    assert shorten(text, longest) == expected


@given(st.text(max_size=400), st.integers(2, 60))
def test_shortened_text_is_short_and_on_one_line(text, longest):
    short = shorten(text, longest)
    assert len(short) <= longest
    assert short.isprintable()
