"""The history of a training, as in Keras: a list for each quantity, with one value per epoch.

It is a dictionary of lists, so `pandas.DataFrame(model.history)` and `plt.plot(model.history["loss"])` work. A
notebook shows it as a table.
"""

import html
from collections.abc import Sequence
from typing import Any, TypeAlias

import msgspec

HISTORY_NAMES = ("loss", "accuracy", "validation_accuracy", "validation_loss", "learning_rate", "seconds")
"""In the order of the table's columns."""
_MOST_ROWS = 20

Value: TypeAlias = float | None


class TrainingHistory(dict[str, list[Any]]):  # Any: a type checker must allow min(model.history["loss"])
    """The results of each epoch of a training, as lists by name; epoch 0 comes first.

    `loss` and `accuracy` (0 to 1) are over the training images, each evaluated before the step that trains on it.
    `validation_accuracy` and `validation_loss` are over the held-out images; None if there are none. `learning_rate`
    is that of the epoch's last step, `seconds` the time of its steps.

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
        """Read the history in the facts of a model; return empty lists if there is none or it is malformed."""
        try:
            values = msgspec.convert(stored, dict[str, list[Value]])
        except msgspec.ValidationError:
            values = {}
        epochs = max((len(column) for column in values.values()), default=0)
        empty: list[Value] = [None] * epochs
        return cls({name: [*values.get(name, ()), *empty][:epochs] for name in HISTORY_NAMES})

    def __missing__(self, name: object) -> list[Any]:
        raise KeyError(f"{name!r} is not in the history; it has {', '.join(self)}.")

    @property
    def epochs(self) -> int:
        """The number of epochs; a time limit may have ended the last one early."""
        return len(self["loss"])

    def _repr_html_(self) -> str:
        """Return a table with one row per epoch, or with 20 of them, including the first and the last."""
        shown = [name for name in HISTORY_NAMES if any(value is not None for value in self[name])]
        return table_html(shown, [(epoch, *(self[name][epoch] for name in shown)) for epoch in spread(self.epochs)])


def spread(count: int, most: int = _MOST_ROWS) -> list[int]:
    """Return at most `most` of the numbers from 0 to `count` − 1, evenly spread, including the first and the last.

    >>> spread(3), spread(100, 4)
    ([0, 1, 2], [0, 33, 66, 99])
    """
    shown = min(count, most)
    return [place * (count - 1) // max(shown - 1, 1) for place in range(shown)]


def table_html(names: Sequence[str], rows: Sequence[Sequence[Value]]) -> str:
    """Return a table of epochs: the epoch's number, then the named values."""
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
