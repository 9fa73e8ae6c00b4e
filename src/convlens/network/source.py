"""Where each layer stands in the text that it came from, so that an error found much later can still point there.

A misfit shows only when the size of the images is known, long after the text was read. Keeping the places beside the
layers costs a few numbers; reading the text a second time for the error would need the reader to agree with itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from convlens.errors import NetworkError
from convlens.layers import Block

_WIDEST = 100


class Span(NamedTuple):
    """Characters `start` up to but not including `end` of a text."""

    start: int
    end: int


@dataclass(frozen=True)
class LayerPlace:
    """Where one layer stands: its word, all of it, and the number of each argument that was written.

    For a block `branches` has the places of each branch's layers; a layer that was implied has none.
    """

    word: Span
    whole: Span
    arguments: Mapping[str, Span] = field(default_factory=dict)
    branches: "tuple[Places, ...]" = ()


Places: TypeAlias = "tuple[LayerPlace | None, ...]"


def places_of_branches(block: Block, place: LayerPlace | None) -> tuple[Places, ...]:
    """The places of the layers of each branch; None for every layer of a block without a place."""
    return place.branches if place else tuple((None,) * len(branch.layers) for branch in block.branches)


@dataclass(frozen=True)
class Source:
    """A network's text and the place of each of its layers; None for a layer that was implied."""

    text: str
    places: Places

    def point(self, reason: str, place: LayerPlace | None, argument: str | None = None) -> NetworkError:
        """An error at an argument of a layer; at the whole layer where that argument was not written."""
        if place is None:
            return NetworkError(reason)
        span = place.arguments.get(argument, place.whole) if argument else place.whole
        return point(reason, self.text, span)


def point(reason: str, text: str, span: Span) -> NetworkError:
    """An error that shows the line with the mistake, underlined.

    Only that line is shown, long ones cut short, and what no terminal should print is replaced. The error's `position`
    is the place in the whole text.

    >>> print(point("'b' is wrong.", "a,\\nb, c", Span(3, 4)))
    'b' is wrong.
      b, c
      ^
    """
    line_start = text.rfind("\n", 0, span.start) + 1
    line_end = text.find("\n", span.start)
    line = text[line_start : None if line_end < 0 else line_end]
    start = span.start - line_start
    end = min(span.end - line_start, len(line))
    line = "".join(letter if letter.isprintable() else " " if letter.isspace() else "�" for letter in line)
    if len(line) > _WIDEST:
        end = min(end, start + 60)
        first = max(0, min(start - 30, len(line) - _WIDEST))
        cut = line[first : first + _WIDEST]
        before, after = "… " if first else "", " …" if first + _WIDEST < len(line) else ""
        line, start, end = before + cut + after, start - first + len(before), end - first + len(before)
    return NetworkError(reason, text=line, start=start, end=end, position=(span.start, span.end))
