"""Values as JSON bytes, whatever texts they hold.

A file name on Linux need not be text. Python writes what is not UTF-8 in it as lone surrogates, which no JSON in UTF-8
may hold, and a hostile model file may hold them as well. On the page they are shown as they are escaped here.
"""

from typing import Any

import msgspec
from starlette.responses import JSONResponse


def to_wire(value: Any) -> bytes:
    r"""JSON in UTF-8; NaN and infinities are null.

    >>> to_wire({"name": "caf\udce9", "loss": float("nan")})
    b'{"name":"caf\\\\udce9","loss":null}'
    """
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_as_text(value))


def shown_name(name: str) -> str:
    r"""How `to_wire` writes a text.

    >>> shown_name("caf\udce9")
    'caf\\udce9'
    """
    return name.encode("utf-8", "backslashreplace").decode()


class Answer(JSONResponse):
    """A response of JSON."""

    def render(self, content: Any) -> bytes:
        """The body."""
        return to_wire(content)


def _as_text(value: Any) -> Any:
    match value:
        case str():
            return shown_name(value)
        case dict():
            return {_as_text(key): _as_text(one) for key, one in value.items()}
        case list() | tuple():
            return [_as_text(one) for one in value]
        case _:
            return value
