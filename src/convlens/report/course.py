"""The history of a training, read from the run folder that holds the model.

A model file may have been moved out of its run folder, and a run folder may be damaged or written by another version.
Whatever is missing is left out; a value that is not a number leaves a gap.
"""

import csv
import json
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from pathlib import Path
from typing import Any

from convlens.training.run_folder import ENVIRONMENT_NAME, LOSSES_NAME, METRICS_NAME

_MOST_BYTES, _MOST_ROWS = 20_000_000, 100_000


@dataclass(frozen=True)
class Course:
    """The history of a finished training.

    Attributes:
        epochs: one dictionary per epoch, with the column names of metrics.csv as keys; None for a value that was not
            measured or is not a number.
        losses: (last step of a chunk, mean loss of the chunk), in order; None for a loss that is not a number.
        environment: the contents of environment.json; None if the file is missing.
    """

    epochs: tuple[dict[str, float | None], ...] = ()
    losses: tuple[tuple[int, float | None], ...] = ()
    environment: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return {"epochs": list(self.epochs), "losses": [list(one) for one in self.losses]}


def read_course(model_file: Path) -> Course:
    """Read the history stored beside a model file; empty if there is none.

    >>> read_course(Path("nowhere/model.safetensors"))
    Course(epochs=(), losses=(), environment=None)
    """
    folder = model_file.parent
    losses = [
        (int(step), row["loss"]) for row in _read_rows(folder / LOSSES_NAME) if (step := row.get("step")) is not None
        and "loss" in row
    ]  # fmt: skip
    return Course(tuple(_read_rows(folder / METRICS_NAME)), tuple(losses), _read_environment(folder / ENVIRONMENT_NAME))


def _read_rows(path: Path) -> list[dict[str, float | None]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return []
        with path.open(encoding="utf-8", newline="") as file:
            return [
                {name: _number(text) for name, text in row.items() if isinstance(name, str)}
                for row in islice(csv.DictReader(file), _MOST_ROWS)
            ]
    except (OSError, ValueError, csv.Error):
        return []


def _number(text: object) -> float | None:
    try:
        value = float(str(text))
    except ValueError:
        return None
    return value if isfinite(value) else None


def _read_environment(path: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(path.read_text(encoding="utf-8")) if path.stat().st_size < _MOST_BYTES else None
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
