"""The tree of errors: exit codes, built-in exceptions, and the names of settings in messages."""

import re

import pytest

from convlens import errors
from convlens.errors import ConvlensError, ImageError, NetworkError, OutputError, UsageError, in_words

ERRORS = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, ConvlensError)
}


def option(name: str) -> str:
    return "--" + name.replace("_", "-")


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    tree = r"^ {4}[ │├└─]*(\w+)(?: \((\w+)\))? +(?:exit code )?(\d)\b"
    lines = re.findall(tree, errors.__doc__ or "", re.MULTILINE)
    codes = {name: int(code) for name, _, code in lines}
    assert codes == {name: kind.exit_code for name, kind in ERRORS.items()}
    for name, built_in, _ in lines:
        assert issubclass(ERRORS[name], ConvlensError)
        assert not built_in or built_in in {base.__name__ for base in ERRORS[name].__mro__}


@pytest.mark.parametrize(
    ("message", "given", "told"),
    [
        ("log_every is 0; log_every counts.", {"argument": "log_every"}, "--log-every is 0; log_every counts."),
        ("log_every is 0.", {}, "log_every is 0."),
        ("Give log_every=3.", {"mentions": ["log_every"]}, "Give --log-every 3."),  # a single digit
        ("Give log_every= now.", {"mentions": ["log_every"]}, "Give --log-every now."),
        ("Give out= a.html, out=b.html.", {"mentions": ["out"]}, "Give --out a.html, --out b.html."),
        ('Give out="", out="a b".', {"mentions": ["out"]}, "Give --out, --out a b."),
        ("Give layout=1, lay-out=1, out=1.5.", {"mentions": ["out"]}, "Give layout=1, lay-out=1, --out 1.5."),
        ("seed is 1; give seed=10 or out=aa.", {"argument": "seed", "mentions": ("seed", "out")},
         "--seed is 1; give --seed 10 or --out aa."),
    ],
)  # fmt: skip
def test_messages_with_the_names_of_options(message, given, told) -> None:
    error = OutputError(message, **given)
    assert error.named(option) == told
    assert str(error) == message
    assert (error.argument, error.mentions) == (given.get("argument"), tuple(given.get("mentions", ())))


def test_messages_in_words() -> None:
    error = UsageError("batch_size_now is 0; batch_size is 1.", argument="batch_size_now")
    assert in_words(error) == "batch size now is 0; batch_size is 1."


def test_a_network_error_without_a_text_points_nowhere() -> None:
    error = NetworkError("too small")
    assert (str(error), error.reason, error.text, error.position) == ("too small", "too small", None, None)
    assert (error.start, error.end) == (0, 0)
    assert NetworkError("too small", position=(1, 2)).position == (1, 2)


@pytest.mark.parametrize(
    ("start", "end", "marks"), [(0, 1, "^"), (2, 5, "  ^^^"), (2, 2, "  ^"), (9, 7, "         ^"), (1, 3, " ^^")]
)
def test_a_network_error_underlines_its_text(start, end, marks) -> None:
    error = NetworkError("wrong", text="conv 8 3x3", start=start, end=end)
    assert str(error) == f"wrong\n  conv 8 3x3\n  {marks}"
    assert (error.reason, error.text, error.start, error.end) == ("wrong", "conv 8 3x3", start, end)
    assert error.position == (start, end)
    assert NetworkError("wrong", text="conv 8", start=start, end=end, position=(40, 43)).position == (40, 43)


def test_an_image_error_has_a_word_for_programs() -> None:
    assert (str(ImageError("a.png: bad")), ImageError("bad").problem) == ("a.png: bad", "damaged")
    assert ImageError("a.png ends early", "truncated").problem == "truncated"
    assert ImageError("bad").exit_code == 3
