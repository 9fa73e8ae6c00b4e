"""Output that no terminal, pipe or file refuses: a sign that the output's encoding lacks is written in other signs.

Windows redirects in a code page (cp1252 has no `⌊`), and a plain C locale without UTF-8 is ASCII. Python's own answer
is an exception in the middle of a table. JSON needs no signs at all: `print_json` escapes what the encoding lacks.
"""

import codecs
import sys

_HANDLER = "convlens-signs"

SIGNS = {
    "×": "x", "·": "*", "−": "-", "–": "-", "⌊": "[", "⌋": "]", "⌈": "ceil(", "⌉": ")", "≈": "~", "≤": "<=", "…": "...",
    "→": "->", "✓": "+", "✗": "x", "°": " degrees", "∗": "*", "Σ": "sum", "’": "'", "▀": "#", "²": "^2", "€": "EUR",
    "ₙ": "n", "₋": "-", "₁": "1", "ᵢ": "i", "ˣ": "^x", "α": "alpha",
}  # fmt: skip
"""What is written for a sign that an encoding lacks, as wide as it where that can be, so that columns stay aligned;
for any other sign, its number as Python writes it."""


def accept_every_sign() -> None:
    """From now on stdout and stderr take every text, whatever their encoding is."""
    codecs.register_error(_HANDLER, _write_otherwise)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # whoever replaced the stream by an object of their own has settled this themselves
            reconfigure(errors=_HANDLER)


def holds_every_sign(encoding: str | None) -> bool:
    """Whether an encoding has all of Unicode.

    >>> holds_every_sign("UTF-8"), holds_every_sign("cp1252"), holds_every_sign(None)
    (True, False, False)
    """
    try:
        return codecs.lookup(encoding or "ascii").name.startswith("utf-")
    except LookupError:
        return False


def _write_otherwise(error: UnicodeError) -> tuple[str, int]:
    """An error handler for `codecs`.

    >>> _write_otherwise(UnicodeEncodeError("ascii", "3×☃", 1, 3, "not in range"))
    ('x\\\\u2603', 3)
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(SIGNS.get(sign) or sign.encode("ascii", "backslashreplace").decode() for sign in lacking), error.end
