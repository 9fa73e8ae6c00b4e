"""Lets stdout and stderr accept every character: those that their encoding lacks are replaced by similar ones.

On Windows, redirected output uses a code page (cp1252 has no `⌊`), and a plain C locale is ASCII. By default, Python
raises an exception in the middle of a table. JSON needs no replacements: `print_json` escapes such characters.
"""

import codecs
import sys

_HANDLER = "convlens-signs"

SIGNS = {
    "×": "x", "·": "*", "−": "-", "–": "-", "⌊": "[", "⌋": "]", "⌈": "ceil(", "⌉": ")", "≈": "~", "≤": "<=", "…": "...",
    "→": "->", "✓": "+", "✗": "x", "°": " degrees", "∗": "*", "Σ": "sum", "’": "'", "▀": "#", "²": "^2", "€": "EUR",
    "ₙ": "n", "₋": "-", "₁": "1", "ᵢ": "i", "ˣ": "^x", "α": "alpha",
}  # fmt: skip
"""Replacements for characters that an encoding lacks, of the same width where possible, so that columns stay aligned.
Any other character is written as Python's escape sequence."""


def accept_every_sign() -> None:
    """Make stdout and stderr accept every text, whatever their encoding is."""
    codecs.register_error(_HANDLER, _write_otherwise)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:  # an object that replaces the stream may lack it, and handles encodings itself
            reconfigure(errors=_HANDLER)


def holds_every_sign(encoding: str | None) -> bool:
    """Return whether an encoding covers all of Unicode.

    >>> holds_every_sign("UTF-8"), holds_every_sign("cp1252"), holds_every_sign(None)
    (True, False, False)
    """
    try:
        return codecs.lookup(encoding or "ascii").name.startswith("utf-")
    except LookupError:
        return False


def _write_otherwise(error: UnicodeError) -> tuple[str, int]:
    """Replace the characters that an encoding lacks: an error handler for `codecs`.

    >>> _write_otherwise(UnicodeEncodeError("ascii", "3×☃", 1, 3, "not in range"))
    ('x\\\\u2603', 3)
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(SIGNS.get(sign) or sign.encode("ascii", "backslashreplace").decode() for sign in lacking), error.end
