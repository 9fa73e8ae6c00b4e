"""Splits the text of a network into words, numbers, commas and brackets, each with its position.

A number may be a size such as 3x5, with spaces around the x. A regular expression keeps the positions that errors point
at; splitting at commas and spaces would lose them, and a parser generator would bring its own error messages.
"""

import re
from typing import Literal, NamedTuple, cast, get_args

from convlens.network.source import Span, point

_NUMBER = r"[+\-−]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+\-]?[0-9]+)?"
_TOKEN = re.compile(
    rf"(?P<blank>\s+)|(?P<number>{_NUMBER}(?:\s*[xX×]\s*{_NUMBER})*)|(?P<word>[^\W\d]\w*)|(?P<comma>,)|(?P<open>\()|(?P<close>\))|(?P<semicolon>;)|(?P<other>[\-=]+>|.)",
    re.DOTALL,
)
_INSTEAD = {
    "|": "Layers are separated by commas: write ',' instead of '|'.",
    "→": "Layers are separated by commas: write ',' instead of '→'.",
    "=": "A space separates a word from its number: write 'pad 1' instead of 'pad=1'.",
    ":": "A space separates a word from its number: write 'pad 1' instead of 'pad:1'.",
    "[": "Layers of a block are in round brackets: write 'residual(conv 8 3x3 pad 1, relu)'.",
    "]": "Layers of a block are in round brackets: write 'residual(conv 8 3x3 pad 1, relu)'.",
    "*": "A size is written with an x: 3x3.",
    "×": "A size has a number on each side: 3x3.",
    "/": "Fractions are decimal numbers: write 0.5 instead of 1/2.",
    "%": "Fractions are decimal numbers: write 'dropout 0.5' instead of 'dropout 50%'.",
}

Kind = Literal["word", "number", "comma", "open", "close", "semicolon"]


class Token(NamedTuple):
    """A word in lower case, a number or size as written, or a sign; `span` is its position."""

    kind: Kind
    text: str
    span: Span


def tokenize(text: str) -> list[Token]:
    """Split the text of a network into tokens.

    Raises:
        NetworkError: the text has a character that no network has; the error points at it.

    >>> [token.text for token in tokenize("Conv 8 3 x 3,relu")]
    ['conv', '8', '3 x 3', ',', 'relu']
    """
    tokens = []
    for match in _TOKEN.finditer(text):
        kind, span = match.lastgroup, Span(*match.span())
        if kind == "word" and not (match.group()[0].isalpha() or match.group()[0] == "_"):
            kind, span = "other", Span(span.start, span.start + 1)  # `re` counts ² and ½ as letters of words
        if kind == "other":
            raise point(_about_other(text[span.start : span.end]), text, span)
        if kind in get_args(Kind):
            tokens.append(Token(cast(Kind, kind), match.group().lower(), span))
    return tokens


def _about_other(letters: str) -> str:
    if letters.endswith(">"):
        return (
            f"'{letters}' has no meaning in the text of a network. Layers are separated by commas: write ',' instead."
        )
    shown = f"'{letters}'" if letters.isprintable() else "an invisible character"
    code = "" if letters.isascii() and letters.isprintable() else f" (U+{ord(letters):04X})"
    advice = _INSTEAD.get(letters, "Use the Latin letters a to z, the digits 0 to 9, commas and spaces.")
    return f"{shown}{code} has no meaning in the text of a network. {advice}"


def read_number(text: str) -> int | float | tuple[int | float, ...]:
    """Return the value of a number token: an int, a float if it has a point or an exponent, a tuple for a size.

    Whole numbers of more than 20 digits become 10²⁰, which no argument allows, because Python cannot read very long
    ones.

    >>> read_number("8"), read_number("0.5"), read_number("3 x 5"), read_number("9" * 5000) == 10**20
    (8, 0.5, (3, 5), True)
    """
    numbers = [_read_one(part.strip().replace("−", "-")) for part in re.split("[xX×]", text)]
    return numbers[0] if len(numbers) == 1 else tuple(numbers)


def _read_one(text: str) -> int | float:
    if not re.fullmatch(r"[+\-]?[0-9]+", text):
        return float(text)
    return int(text) if len(text) <= 20 else -(10**20) if text.startswith("-") else 10**20
