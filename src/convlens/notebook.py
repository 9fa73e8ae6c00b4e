"""Small HTML tables for notebooks, used by `_repr_html_` of models, datasets, evaluations and predictions.

Text that is not marked as `Html` is escaped, since the names of classes and files are not trusted. The tables set no
colours, so that they are readable in dark notebooks, too.
"""

import base64
import html
from collections.abc import Iterable, Sequence

_CELL = "style='padding:2px 16px 2px 0; text-align:left; vertical-align:middle'"
_CAPTION = "style='text-align:left; white-space:nowrap'"


class Html(str):
    """Text that already is HTML and is not escaped."""

    __slots__ = ()


def html_table(
    caption: str, rows: Iterable[Sequence[str]], header: Sequence[str] = (), below: Sequence[str] = ()
) -> str:
    """Return a table with a caption. Without a `header`, the first cell of each row is the name of the row.

    `below` has sentences to show under the table.

    >>> "<td" in html_table("A <b>", [["accuracy", "98 %"]]), "A &lt;b&gt;" in html_table("A <b>", [])
    (True, True)
    """
    lines = [f"<tr>{''.join(_cell('th', name) for name in header)}</tr>"] if header else []
    for first, *others in rows:
        cells = [_cell("td" if header else "th", first), *(_cell("td", value) for value in others)]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    sentences = "".join(f"<div>{_escaped(sentence)}</div>" for sentence in below)
    head = f"<caption {_CAPTION}>{_escaped(caption)}</caption>"
    return f"<div><table>{head}{''.join(lines)}</table>{sentences}</div>"


def html_picture(png: bytes, shown: int = 48, title: str = "") -> Html:
    """Return an embedded image whose longer side is `shown` pixels long; its pixels are shown as sharp squares.

    >>> html_picture(b"PNG")[:38]
    "<img src='data:image/png;base64,UE5H' "
    """
    data = base64.b64encode(png).decode()
    style = f"max-width:{shown}px; max-height:{shown}px; min-height:{shown}px; object-fit:contain"
    words = html.escape(title)
    return Html(
        f"<img src='data:image/png;base64,{data}' alt='{words}' title='{words}' "
        f"style='{style}; image-rendering:pixelated; margin:0 2px 0 0; vertical-align:middle'>"
    )


def html_row(pictures: Iterable[Html]) -> Html:
    """Join images to one cell."""
    return Html("".join(pictures))


def _cell(tag: str, value: str) -> str:
    return f"<{tag} {_CELL}>{_escaped(value)}</{tag}>"


def _escaped(text: str) -> str:
    return text if isinstance(text, Html) else html.escape(text)
