"""Convert values to JSON bytes, whatever text they contain.

A file name on Linux need not be valid text. Python represents its bytes that are not UTF-8 as lone surrogates, which
JSON in UTF-8 must not contain; a malicious model file may contain them, too. The page shows them escaped, as here.
"""

from typing import Any

import msgspec
from starlette.responses import JSONResponse


def to_wire(value: Any) -> bytes:
    r"""Return JSON in UTF-8; NaN and infinities become null.

    >>> to_wire({"name": "caf\udce9", "loss": float("nan")})
    b'{"name":"caf\\\\udce9","loss":null}'
    """
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return msgspec.json.encode(_as_text(value))


def shown_name(name: str) -> str:
    r"""Return a text as `to_wire` writes it.

    >>> shown_name("caf\udce9")
    'caf\\udce9'
    """
    return name.encode("utf-8", "backslashreplace").decode()


class Answer(JSONResponse):
    """A response of JSON."""

    def render(self, content: Any) -> bytes:
        """Return the body."""
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
