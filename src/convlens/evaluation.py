"""How good a model is on labelled images: accuracy with its interval, each class by itself, and what is taken for what.

It judges and does not draw: the terminal and every later report show the same `Evaluation`.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.data import CATALOGUE, Dataset, LabelledImages, load_dataset
from convlens.engines import Engine
from convlens.errors import DataError, UsageError
from convlens.metrics import ClassMetrics, confusion_matrix, cross_entropy, per_class, wilson_interval
from convlens.prediction import finite_logits
from convlens.trained_model import TrainedModel, load_model


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What a model does on labelled images.

    Attributes:
        data: the name of the images.
        class_names: in the order of the model's outputs.
        labels: N true class numbers.
        logits: N × classes.
    """

    data: str
    class_names: tuple[str, ...]
    labels: NDArray[np.int64]
    logits: NDArray[np.float32]

    @cached_property
    def predicted(self) -> NDArray[np.int64]:
        """N class numbers: the largest logit's; the first of equals."""
        return self.logits.argmax(1)

    @property
    def total(self) -> int:
        """How many images."""
        return len(self.labels)

    @cached_property
    def correct(self) -> int:
        """How many of them are right."""
        return int((self.predicted == self.labels).sum())

    @property
    def accuracy(self) -> float:
        """The share that is right, 0 to 1."""
        return self.correct / self.total

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson interval of the accuracy."""
        return wilson_interval(self.correct, self.total)

    @cached_property
    def loss(self) -> float:
        """Mean cross-entropy, in nats."""
        return cross_entropy(self.logits, self.labels)

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """classes × classes counts; rows are the true classes, columns the predicted ones."""
        return confusion_matrix(self.labels, self.predicted, len(self.class_names))

    @cached_property
    def classes(self) -> list[ClassMetrics]:
        """Precision, recall, F1 and support of every class."""
        return per_class(self.confusion)

    def most_confused(self, count: int) -> list[tuple[str, str, int]]:
        """The most frequent mistakes: (true class, predicted class, how many images), most frequent first."""
        mistakes = self.confusion * (1 - np.eye(len(self.class_names), dtype=np.int64))
        order = np.argsort(-mistakes, axis=None, kind="stable")[:count]
        pairs = [(int(place) // len(mistakes), int(place) % len(mistakes)) for place in order]
        return [(self.class_names[t], self.class_names[p], int(mistakes[t, p])) for t, p in pairs if mistakes[t, p]]

    def as_dict(self) -> dict[str, Any]:
        """Every number, for JSON; a ratio that does not exist (0 / 0) is None."""
        low, high = self.interval
        return {
            "data": self.data,
            "total": self.total,
            "correct": self.correct,
            "accuracy": self.accuracy,
            "interval_95": [low, high],
            "loss": self.loss,
            "classes": {
                name: {
                    "precision": _number(row.precision),
                    "recall": _number(row.recall),
                    "f1": _number(row.f1),
                    "support": row.support,
                }
                for name, row in zip(self.class_names, self.classes, strict=True)
            },
            "confusion": self.confusion.tolist(),
        }

    def __repr__(self) -> str:
        low, high = self.interval
        share = f"{self.accuracy * 100:.2f} % of {self.total:,} images right"
        return f"Evaluation({self.data!r}: {share}, 95 % interval {low * 100:.2f} % to {high * 100:.2f} %)"


def evaluate(
    model: TrainedModel | Path | str,
    data: Dataset | LabelledImages | str | None = None,
    *,
    engine: Engine | None = None,
    data_dir: Path | str | None = None,
) -> Evaluation:
    """Judge a model on labelled images.

    Args:
        model: a trained model, or the place of one: a file, a run folder, `"latest"`.
        data: the name of a known dataset or a `Dataset` (its test images are taken), or `LabelledImages`;
            None takes the dataset that the model was trained on.
        engine: what computes, if not the model's own choice; it must have the model's weights.
        data_dir: where known datasets are kept.

    Raises:
        DataError: there are no images, they have another shape, or their classes are not the model's.
    """
    trained = model if isinstance(model, TrainedModel) else load_model(model)
    if data is None:
        data = known_data_of(trained)
    loaded = load_dataset(data, data_dir=data_dir) if isinstance(data, str) else data
    images = loaded.test if isinstance(loaded, Dataset) else loaded
    if images is None:
        raise DataError(f"{loaded.name} has no test images, so there is nothing to evaluate. Give labelled images.")
    _check_fit(trained, images)
    logits = finite_logits(engine or trained.engine, images.images)
    return Evaluation(images.name, trained.class_names, images.labels, logits)


def known_data_of(model: TrainedModel) -> str:
    """The name of the known dataset that a model was trained on, whose test images judge it.

    Raises:
        UsageError: it was trained on something else.
    """
    name = model.facts.get("data")
    if not isinstance(name, str) or name not in CATALOGUE:
        raise UsageError(
            f"this model was trained on {name!r}, which is no known dataset. Name the data to evaluate it on."
        )
    return name


def _check_fit(model: TrainedModel, images: LabelledImages) -> None:
    """The images must be some, of the model's shape, and of its classes."""
    check_same_classes(model, images.name, images.class_names)
    if images.image_shape != model.plan.input_shape:
        given, expected = ("×".join(map(str, shape)) for shape in (images.image_shape, model.plan.input_shape))
        raise DataError(f"{images.name} has images of {given}; this model takes {expected}.")


def check_same_classes(model: TrainedModel, data: str, class_names: tuple[str, ...]) -> None:
    """Refuse to judge a model on data of other classes.

    Raises:
        DataError: with both lists of classes.
    """
    if class_names != model.class_names:
        raise DataError(
            f"this model is for other classes: it knows {_listed(model.class_names)}; {data} has "
            f"{_listed(class_names)}. Evaluate it on the data that it was trained for."
        )


def _listed(names: tuple[str, ...]) -> str:
    shown = ", ".join(name if len(name) <= 24 else name[:23] + "…" for name in names[:5])
    return f"{len(names)} classes ({shown}{', …' if len(names) > 5 else ''})"


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
