"""The place of each layer in the text of its network, so that errors found later can point at it.

Sizes that don't fit show only when the size of the images is known, long after the text was read. Storing the places
with the layers is simpler than reading the text a second time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from convlens.errors import NetworkError
from convlens.layers import Block

_WIDEST = 100


class Span(NamedTuple):
    """The characters of a text from `start` up to but not including `end`."""

    start: int
    end: int


@dataclass(frozen=True)
class LayerPlace:
    """The place of one layer in a text: its word, the whole layer, and the value of each argument that was written.

    For a block, `branches` has the places of each branch's layers; a layer that is implied has None.
    """

    word: Span
    whole: Span
    arguments: Mapping[str, Span] = field(default_factory=dict)
    branches: "tuple[Places, ...]" = ()


Places: TypeAlias = "tuple[LayerPlace | None, ...]"


def places_of_branches(block: Block, place: LayerPlace | None) -> tuple[Places, ...]:
    """Return the places of each branch's layers; None for every layer if the block has no place."""
    return place.branches if place else tuple((None,) * len(branch.layers) for branch in block.branches)


@dataclass(frozen=True)
class Source:
    """A network's text and the place of each of its layers; None for a layer that is implied."""

    text: str
    places: Places

    def point(self, reason: str, place: LayerPlace | None, argument: str | None = None) -> NetworkError:
        """Return an error that points at an argument of a layer, or at the layer if the argument was not written."""
        if place is None:
            return NetworkError(reason)
        span = place.arguments.get(argument, place.whole) if argument else place.whole
        return point(reason, self.text, span)


def point(reason: str, text: str, span: Span) -> NetworkError:
    """Return an error that shows the line with the mistake and underlines it.

    Only that line is shown. Long lines are shortened, and unprintable characters replaced. The error's `position` is
    the place in the whole text.

    >>> print(point("'b' is wrong.", "a,\\nb, c", Span(3, 4)))
    'b' is wrong.
      b, c
      ^
    """
    line_start = text.rfind("\n", 0, span.start) + 1
    line = text[line_start:].partition("\n")[0]
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
