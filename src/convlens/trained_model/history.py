"""The history of a training: a list for each number, with a value for each epoch, as Keras has it.

A dictionary of lists, so that `pandas.DataFrame(model.history)` and `plt.plot(model.history["loss"])` need nothing
from here; a notebook shows a table.
"""

import html
from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec

HISTORY_NAMES = ("loss", "accuracy", "validation_accuracy", "validation_loss", "learning_rate", "seconds")
"""In the order of a table's columns."""
_MOST_ROWS = 20

Value: TypeAlias = float | None


class TrainingHistory(dict[str, list[Value]]):
    """What each epoch of a training came to, under names of numbers; the first epoch is at place 0.

    Attributes of an epoch: `loss` and `accuracy` (0 to 1) on the training images, each judged before the step that
    learned from it; `validation_accuracy` and `validation_loss` on the held-out images, None where there were none;
    `learning_rate` of the last step; `seconds` of the steps.

    >>> history = TrainingHistory.of({"loss": [0.5, 0.25], "accuracy": [0.8, 0.9]})
    >>> history["loss"]
    [0.5, 0.25]
    >>> history["validation_loss"]
    [None, None]
    >>> history.epochs
    2
    """

    @classmethod
    def of(cls, stored: Any) -> "TrainingHistory":
        """What the facts of a model hold; empty lists where they hold none, or something else."""
        try:
            values = msgspec.convert(stored, dict[str, list[Value]])
        except msgspec.ValidationError:
            values = {}
        epochs = max((len(column) for column in values.values()), default=0)
        empty: list[Value] = [None] * epochs
        return cls({name: [*values.get(name, ()), *empty][:epochs] for name in HISTORY_NAMES})

    def __missing__(self, name: object) -> list[Value]:
        raise KeyError(f"{name!r} is not in the history; it has {', '.join(self)}.")

    @property
    def epochs(self) -> int:
        """How many epochs there were; the last one may have been cut short by a time limit."""
        return len(self["loss"])

    def _repr_html_(self) -> str:
        """A table with a row for each epoch, or for 20 of them, the first and the last one too."""
        shown = [name for name in HISTORY_NAMES if any(value is not None for value in self[name])]
        return table_html(shown, [(epoch, *(self[name][epoch] for name in shown)) for epoch in spread(self.epochs)])


def spread(count: int, most: int = _MOST_ROWS) -> list[int]:
    """At most `most` of the numbers below `count`, evenly spread, with the first and the last one.

    >>> spread(3), spread(100, 4)
    ([0, 1, 2], [0, 33, 66, 99])
    """
    if count <= most:
        return list(range(count))
    return [place * (count - 1) // (most - 1) for place in range(most)]


def table_html(names: Sequence[str], rows: Sequence[Sequence[Value]]) -> str:
    """A table of epochs: the number of the epoch, then the named values."""
    style = "style='padding:1px 12px 1px 0; text-align:right'"
    head = "".join(f"<th {style}>{html.escape(name.replace('_', ' '))}</th>" for name in ("epoch", *names))
    body = "".join(
        "<tr>"
        + "".join(f"<td {style}>{_cell(*pair)}</td>" for pair in zip(("epoch", *names), row, strict=True))
        + "</tr>"
        for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _cell(name: str, value: Value) -> str:
    if value is None:
        return "–"
    if "accuracy" in name:
        return f"{value * 100:.2f} %"
    if name == "seconds":
        return f"{value:.1f} s" if value >= 1 else f"{value:.2g} s"
    return f"{value:.4g}"
