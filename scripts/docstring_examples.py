"""An extension of griffe, which reads docstrings for the site: examples that begin with `>>>` become code blocks.

Google's style puts examples into a section of their own; ours may be anywhere in a docstring.
"""

import re
from typing import Any

from griffe import Extension, Object

_EXAMPLE = re.compile(r"(?:^[ \t]*>>> .*\n?(?:^[ \t]*\S.*\n?)*)+", re.MULTILINE)


def with_fences(text: str) -> str:
    r"""Put a fence around each example of a docstring.

    >>> with_fences("Twice.\n\n>>> 2 * 2\n4\n\nEnd.").splitlines()
    ['Twice.', '', '```pycon', '>>> 2 * 2', '4', '```', '', 'End.']
    """

    def fence(example: re.Match[str]) -> str:
        indent = re.match(r"[ \t]*", example[0])
        margin = indent[0] if indent else ""
        return f"{margin}```pycon\n{example[0].rstrip()}\n{margin}```\n"

    return _EXAMPLE.sub(fence, text)


class DocstringExamples(Extension):
    """The extension that mkdocs.yml names."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        if obj.docstring:
            obj.docstring.value = with_fences(obj.docstring.value)
