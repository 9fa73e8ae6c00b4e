"""Finds likely label errors among the training images, with models that were not trained on the images they check."""

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
"""The columns of the CSV file; the last is the old name of `margin`."""


@with_old_attributes
@dataclass(frozen=True, eq=False)
class TrainingLabels:
    """The labels that out-of-fold models disagree with, most suspect first, and the images that were checked."""

    learned_from: ImagesToJudge
    label_errors: tuple[SuspectedLabel, ...]
    folds: int
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON."""
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
    """Check the labels of a model's training images by cross-validation.

    The images are split into `folds` parts. A model like the study's is trained on all parts but one and checks the
    labels of the remaining part, for each part in turn.

    Raises:
        DataError: the training images are not available.
        UsageError: the model does not say how it was trained, or has a single class.
    """
    learned_from = training_images(study.model, study.chosen, data_dir)
    if learned_from is None:
        raise DataError(
            "the labels of the training images cannot be checked, because the images are missing or have changed. "
            "Give their folder as data=, or leave out training_labels=.",
            mentions=["data", "training_labels"],
        )
    stored = study.model.facts.get("settings")
    if len(study.model.class_names) < 2:
        raise UsageError(
            "this model has a single class, so no label can be wrong. Leave out training_labels=.",
            mentions=["training_labels"],
        )
    if not isinstance(stored, dict):
        reason = "this model does not say how it was trained. Leave out training_labels=."
        raise UsageError(reason, mentions=["training_labels"])
    start = time.perf_counter()
    # The engine that evaluates the model also trains these: the model's own engine may be missing on this machine.
    engine = study.engine
    settings = TrainingSettings.from_dict(stored)
    settings = replace(settings, engine=engine.name, device=engine.device, threads=engine.threads)
    images = learned_from.images
    logits = predict_out_of_fold(images, settings, study.model.preprocessing, folds, on_event, should_stop)
    calibration = Calibration(fit_temperature(logits, images.labels))
    label_errors = tuple(find_disagreements(logits, images.labels, calibration))
    return TrainingLabels(learned_from, label_errors, folds, time.perf_counter() - start)


def write_label_errors(study: Study, training: TrainingLabels | None, most: int | None = None) -> str:
    """Return all suspected label errors as CSV, first those of the evaluated images, then those of the training images.

    The columns are `COLUMNS`. Names that a spreadsheet would read as a formula get an apostrophe in front.
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
