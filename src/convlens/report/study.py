"""Everything that a report says about one model, as numbers: results, calibration, robustness, kernels, training.

The page and `convlens evaluate --json` show the same study, so they always agree.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, cast

from convlens.deprecations import with_old_arguments, with_old_attributes, with_old_keys
from convlens.engines import Engine
from convlens.evaluation import (
    CorruptionCurve,
    Evaluation,
    ImagesToJudge,
    SuspectedLabel,
    TrustCheck,
    check_trust,
    choose_images,
    describe_label_error,
    evaluate,
    find_disagreements,
    measure_corruptions,
)
from convlens.lens import LayerKernels, examine_kernels
from convlens.network import LayerTable, layer_table
from convlens.report.course import Course, read_course
from convlens.report.speed import Speed, measure_speed
from convlens.report.thinning import thin_out
from convlens.trained_model import TrainedModel, find_model_file, load_model
from convlens.trained_model.location import name_of_model
from convlens.words import printable

_MOST_ERRORS_IN_JSON = 1000
_MOST_STEPS_OF_RISK = 200


@with_old_attributes
@dataclass(frozen=True, eq=False)
class Study:
    """The evaluation of one model on some images, with all results.

    Attributes:
        name: the name of the model's run or file.
        model: the model.
        engine: the engine that computed the results.
        chosen: the images it was evaluated on.
        evaluation: accuracy, classes, confusion matrix, calibration.
        trust: checks that tell whether the results can be trusted.
        label_errors: labels of the evaluated images that the model disagrees with, most suspect first.
        corruptions: accuracy on corrupted images.
        kernels: facts about the kernels of every convolution.
        layers: the layer table.
        course: the training history.
        speed: the training speed.
    """

    name: str
    model: TrainedModel
    engine: Engine
    chosen: ImagesToJudge
    evaluation: Evaluation
    trust: tuple[TrustCheck, ...]
    label_errors: tuple[SuspectedLabel, ...]
    corruptions: tuple[CorruptionCurve, ...]
    kernels: tuple[LayerKernels, ...]
    layers: LayerTable
    course: Course
    speed: Speed

    def as_dict(self) -> dict[str, Any]:
        """Return every number, for JSON."""
        found = {
            **self.evaluation.as_dict(),
            "trust": [check.as_dict(self.chosen.name_of) for check in self.trust],
            "hardest_errors": self._errors(),
            "label_errors": [
                describe_label_error(one, self.evaluation.class_names, self.chosen.name_of)
                for one in self.label_errors[:_MOST_ERRORS_IN_JSON]
            ],
            "risk_against_coverage": self._risk(),
            "corruptions": [curve.as_dict() for curve in self.corruptions],
            "kernels": [layer.as_dict() for layer in self.kernels],
            "layers": self.layers.as_dict(),
            "training": {**_without_nan(self.model.facts), **self.course.as_dict(), "speed": self.speed.as_dict()},
        }
        return with_old_keys(found)

    def _errors(self) -> list[dict[str, Any]]:
        judged, names = self.evaluation, self.evaluation.class_names
        return [
            {
                "image": self.chosen.name_of(index),
                "index": index,
                "true": names[judged.labels[index]],
                "said": names[judged.predicted[index]],
                "probability": float(judged.confidences.best[index]),
                "probability_of_true": float(judged.confidences.true[index]),
            }
            for index in judged.hardest_errors(_MOST_ERRORS_IN_JSON).tolist()
        ]

    def _risk(self) -> list[dict[str, float]]:
        curve = self.evaluation.risk_coverage
        return [
            {
                "threshold": float(curve.thresholds[place]),
                "coverage": float(curve.coverage[place]),
                "risk": float(curve.risk[place]),
            }
            for place in thin_out(len(curve.thresholds), _MOST_STEPS_OF_RISK)
        ]


@with_old_arguments
def study_model(
    model: TrainedModel | Path | str,
    data: Any = None,
    engine: str = "auto",
    device: str = "auto",
    threads: int | None = None,
    *,
    data_dir: Path | str | None = None,
    on_progress: Callable[[Any], None] | None = None,
    repair: bool = True,
) -> Study:
    """Evaluate a model in every respect that a report shows.

    `engine`, `device` and `threads` are those of `TrainedModel.open_engine`, the other arguments those of
    `convlens.evaluate`.

    Raises:
        DataError: there are no images, or their shape or classes do not fit the model.
        UsageError: no data are given, and the model does not say what it was trained on.
        ModelFileError: the model cannot be used, or its outputs are NaN.
    """
    name, course = "model", Course()
    if not isinstance(model, TrainedModel):
        file = find_model_file(model)
        name, course, model = printable(name_of_model(file)), read_course(file), load_model(file)
    opened = model.open_engine(cast(Any, engine), cast(Any, device), threads)
    chosen = data if isinstance(data, ImagesToJudge) else choose_images(model, data, data_dir, on_progress, repair)
    evaluation = evaluate(model, chosen, engine=opened)
    label_errors: list[SuspectedLabel] = []
    if len(model.class_names) > 1:
        label_errors = find_disagreements(evaluation.logits, evaluation.labels, model.calibration)
    return Study(
        name=name,
        model=model,
        engine=opened,
        chosen=chosen,
        evaluation=evaluation,
        trust=check_trust(model, chosen, evaluation, data_dir),
        label_errors=tuple(label_errors),
        corruptions=measure_corruptions(opened, chosen.images),
        kernels=examine_kernels(opened, chosen.images.images),
        layers=layer_table(model.network, model.plan.input_shape, model.plan.classes),
        course=course,
        speed=measure_speed(model, course),
    )


def _without_nan(value: Any) -> Any:
    """Replace NaN and infinity in a model's facts by None, because JSON does not have them."""
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and not isfinite(value) else value
