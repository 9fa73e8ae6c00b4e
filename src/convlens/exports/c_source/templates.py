"""Reads the C files of this package and fills in names, tables and calls.

The files are C that an editor understands. A comment of one line, such as `/* @tables */`, marks a place to fill.
Files in `kernels/` name the others that they need with `#include "..."`; an export has each of them once, in one file.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent
_LOCAL = re.compile(r'^#include "(.+)"\n', re.MULTILINE)
_SYSTEM = re.compile(r"^#include <.+>\n\n?", re.MULTILINE)
_PLACE = re.compile(r"^([ \t]*)/\* @(\w+)(?::.*)? \*/$", re.MULTILINE)
_WIDTH = 120


def fill(name: str, prefix: str, parts: Mapping[str, str]) -> str:
    """Return a template with its places filled, and with `prefix` in its names in place of `model`."""
    text = (FOLDER / name).read_text(encoding="utf-8")
    text = text.replace("MODEL_", f"{prefix.upper()}_").replace("model_", f"{prefix}_")
    text = re.sub(r"\bmodel\.(c|h)\b", rf"{prefix}.\1", text)

    def filled(place: re.Match[str]) -> str:
        return "\n".join(f"{place[1]}{line}".rstrip() for line in parts[place[2]].splitlines())

    return _PLACE.sub(filled, text)


def join_kernels(names: Iterable[str]) -> str:
    """Return the text of kernels, such as `float/conv.h`, and of all that they include, each once."""
    done: set[Path] = set()
    parts: list[str] = []

    def add(path: Path) -> None:
        if path in done:
            return
        done.add(path)
        text = path.read_text(encoding="utf-8")
        for included in _LOCAL.findall(text):
            add((path.parent / included).resolve())
        parts.append(_SYSTEM.sub("", _LOCAL.sub("", text)).strip())

    for name in names:
        add((FOLDER / "kernels" / name).resolve())
    return "\n\n".join(part for part in parts if part)


def array(kind: str, name: str, values: NDArray[np.generic] | Sequence[str]) -> str:
    """Return the definition of a constant array.

    >>> print(array("int8_t", "weights_0", np.array([1, -2], np.int8)))
    static const int8_t weights_0[2] = {
        1, -2,
    };
    """
    words = [literal(value) for value in np.ravel(values)] if isinstance(values, np.ndarray) else list(values)
    lines, line = [], "   "
    for word in words:
        if len(line) + len(word) + 2 > _WIDTH:
            lines.append(line)
            line = "   "
        line += f" {word},"
    return "\n".join([f"static const {kind} {name}[{len(words)}] = {{", *lines, line, "};"])


def literal(value: np.generic | float) -> str:
    """Return a number in C: a float with all digits that it needs to be read back exactly, or a whole number.

    >>> literal(np.float32(0.1)), literal(2.0), literal(np.int8(-3)), literal(np.float32(1e-10))
    ('0.1f', '2.0f', '-3', '1e-10f')
    """
    if isinstance(value, np.integer):
        return str(int(value))
    text = str(np.float32(value))
    return (text if "." in text or "e" in text else f"{text}.0") + "f"


def string(text: str) -> str:
    r"""Return a text as a C string, UTF-8 in octal where it is not plain.

    >>> print(string('a "cat"? ü'))
    "a \"cat\"\077 \303\274"
    """
    plain = frozenset(range(32, 127)) - set(b'"\\?')
    escaped = {ord('"'): '\\"', ord("\\"): "\\\\"}
    return '"' + "".join(chr(b) if b in plain else escaped.get(b, f"\\{b:03o}") for b in text.encode()) + '"'


def comment(text: str) -> str:
    """Return a text of one or more lines as a comment; nothing in it can end the comment or open another.

    >>> print(comment('first */\\nsecond'))
    /* first * /
       second */
    """
    text = text.replace("*/", "* /").replace("/*", "/ *").replace("??/", "? ?/")
    lines = [line.rstrip(" \\") if line.endswith("\\") else line.rstrip() for line in text.splitlines()]
    return "/* " + "\n".join(f"   {line}".rstrip() if number else line for number, line in enumerate(lines)) + " */"


def c_name(text: str) -> str:
    """Return a name for C made of a text.

    >>> c_name("Digits-2 (best)"), c_name("7"), c_name("über")
    ('digits_2_best', 'model_7', 'ber')
    """
    name = re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")[:40].strip("_")
    if not name:
        return "model"
    return name if name[0].isalpha() else f"model_{name}"
