"""Which labels of the training images are most likely wrong, judged by models that did not learn from them."""

import csv
import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from convlens.calibration import Calibration
from convlens.calibration.fitting import fit_temperature
from convlens.deprecations import with_old_attributes, with_old_keys
from convlens.errors import DataError, UsageError
from convlens.evaluation import ImagesToJudge, SuspectedLabel, describe_label_error, find_disagreements, training_images
from convlens.report.study import Study
from convlens.training import TrainingSettings
from convlens.training.folds import FOLDS, predict_out_of_fold

COLUMNS = (
    "part",
    "image",
    "index",
    "given",
    "suggested",
    "given_probability",
    "suggested_probability",
    "margin",
    "doubt",
)
"""Of the CSV file; that of `margin` also stands under its old name, until 0.8."""


@with_old_attributes
@dataclass(frozen=True, eq=False)
class TrainingLabels:
    """The labels that out-of-fold models disagree with, most suspect first, and what was judged."""

    learned_from: ImagesToJudge
    label_errors: tuple[SuspectedLabel, ...]
    folds: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        names = self.learned_from.images.class_names
        found = {
            "images": len(self.learned_from.images),
            "folds": self.folds,
            "seconds": self.seconds,
            "label_errors": [describe_label_error(one, names, self.learned_from.name_of) for one in self.label_errors],
        }
        return with_old_keys(found)


def judge_training_labels(
    study: Study,
    *,
    data_dir: Path | str | None = None,
    folds: int = FOLDS,
    on_event: Callable[[Any], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> TrainingLabels:
    """Train a model like the study's on each two thirds of its training images, and let it judge the others' labels.

    Raises:
        DataError: the training images are not at hand.
        UsageError: the model does not say how it was trained, or has one class.
    """
    learned_from = training_images(study.model, study.chosen, data_dir)
    if learned_from is None:
        raise DataError(
            "the labels of the training images cannot be judged: the images are not at hand, or have changed. Give "
            "their folder as data=, or leave training_labels= out.",
            mentions=["data", "training_labels"],
        )
    stored = study.model.facts.get("settings")
    if len(study.model.class_names) < 2:
        raise UsageError(
            "this model knows a single class, so no label of it can be wrong. Leave training_labels= out.",
            mentions=["training_labels"],
        )
    if not isinstance(stored, dict):
        reason = "this model does not say how it was trained. Leave training_labels= out."
        raise UsageError(reason, mentions=["training_labels"])
    start = time.perf_counter()
    # What judged the model trains these, too: what the model was trained on need not be on this machine.
    engine = study.engine
    settings = TrainingSettings.from_dict(stored)
    settings = replace(settings, engine=engine.name, device=engine.device, threads=engine.threads)
    images = learned_from.images
    logits = predict_out_of_fold(images, settings, study.model.preprocessing, folds, on_event, should_stop)
    calibration = Calibration(fit_temperature(logits, images.labels))
    label_errors = tuple(find_disagreements(logits, images.labels, calibration))
    return TrainingLabels(learned_from, label_errors, folds, time.perf_counter() - start)


def write_label_errors(study: Study, training: TrainingLabels | None, most: int | None = None) -> str:
    """All suspected label errors as CSV, those of the training images behind those of the judged ones; see `COLUMNS`.

    A name that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    text = io.StringIO(newline="")
    writer: csv.DictWriter[str] = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    parts: list[tuple[str, ImagesToJudge, Sequence[SuspectedLabel]]] = [("judged", study.chosen, study.label_errors)]
    if training is not None:
        parts.append(("training", training.learned_from, training.label_errors))
    for part, images, found in parts:
        for one in found[:most]:
            row = describe_label_error(one, images.images.class_names, images.name_of)
            plain = {key: _harmless(value) if isinstance(value, str) else value for key, value in row.items()}
            writer.writerow({"part": part, **plain})
    return text.getvalue()


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
