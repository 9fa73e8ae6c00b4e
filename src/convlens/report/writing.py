"""Makes a report: evaluates the models, writes the HTML file, and returns the numbers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convlens.checking import as_callback, as_path, items_or_none, refuse
from convlens.deprecations import with_old_arguments
from convlens.errors import OutputError, UsageError
from convlens.files import check_parent_folder, write_atomically
from convlens.report.comparison import Comparison, compare_studies
from convlens.report.page import write_comparison, write_page
from convlens.report.study import Study, study_model
from convlens.report.training_labels import COLUMNS, TrainingLabels, judge_training_labels, write_label_errors
from convlens.trained_model import TrainedModel

_REPORT = b'<meta name="generator" content="Convlens'
_LIST = ",".join(COLUMNS).encode()


@dataclass(frozen=True, eq=False)
class Report:
    """A written report: one study, or several and their comparison.

    Attributes:
        path: the HTML file.
        studies: one study for each model.
        comparison: the comparison of several models; None for one model.
        training: the suspected label errors of the training images, if they were requested.
    """

    path: Path
    studies: tuple[Study, ...]
    comparison: Comparison | None = None
    training: TrainingLabels | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return every number, for JSON."""
        numbers = self.studies[0].as_dict() if self.comparison is None else self.comparison.as_dict()
        return numbers | ({"training_labels": self.training.as_dict()} if self.training else {})


@with_old_arguments
def write_report(
    models: TrainedModel | Path | str | Sequence[TrainedModel | Path | str],
    data: Any = None,
    out: Path | str = "report.html",
    *,
    training_labels: bool = False,
    data_dir: Path | str | None = None,
    on_progress: Callable[[Any], None] | None = None,
    repair: bool = True,
) -> Path:
    """Evaluate a model, or compare several, and write the report as one HTML file. Returns its path.

    Args:
        models: a trained model, where to find one (a file, a run folder, `"latest"`), or a list of these to compare.
        data: the images to evaluate on, as for `convlens.evaluate`.
        out: the file to write. An earlier report is replaced; any other existing file is left alone and refused.
        training_labels: whether to check the labels of the training images, too, with models that were not trained
            on them. This takes about twice as long as the training.
        data_dir: the folder of the known datasets.
        on_progress: called with the progress of fetching or reading the images.
        repair: whether pictures at a path that the model was not trained on are repaired, as in predictions.

    Raises:
        DataError: there are no images, or they do not fit the model.
        UsageError: the models cannot be compared.
        OutputError: the file cannot be written, or it exists and is not a report.
    """
    given = [models] if isinstance(models, TrainedModel | Path | str) else items_or_none(models)
    if given is None:
        refuse("models", models, "a trained model, where to find one, or a list of these")
    as_path("out", out)
    as_callback("on_progress", on_progress)
    options: dict[str, Any] = {"data_dir": data_dir, "on_progress": on_progress, "repair": repair}
    return make_report(given, data, out, training_labels=training_labels, **options).path


@with_old_arguments
def make_report(
    models: Sequence[TrainedModel | Path | str],
    data: Any = None,
    out: Path | str = "report.html",
    *,
    training_labels: bool = False,
    label_errors: Path | None = None,
    on_event: Callable[[Any], None] | None = None,
    **judging: Any,
) -> Report:
    """Like `write_report`, but returns all results.

    Args:
        models, data, out, training_labels: as for `write_report`.
        label_errors: a CSV file to write all suspected label errors to.
        on_event: called with the events of the trainings that check the training labels.
        judging: arguments for `study_model`.
    """
    if not models:
        raise UsageError("there is no model to report on. Give one, or several to compare.")
    if len(models) > 1 and (training_labels or label_errors):
        raise UsageError("labels are checked and listed for one model at a time. Give one model.")
    _check_place(Path(out), _REPORT, "report", "out")
    if label_errors is not None:
        _check_place(label_errors, _LIST, "list of suspected label errors", "label_errors")
    study, *others = (study_model(model, data, **judging) for model in models)
    if others:
        comparison = compare_studies([study, *others])
        return Report(write_atomically(out, write_comparison(comparison)), comparison.studies, comparison)
    training = None
    if training_labels:
        training = judge_training_labels(study, data_dir=judging.get("data_dir"), on_event=on_event)
    if label_errors is not None:
        write_atomically(label_errors, write_label_errors(study, training))
    return Report(write_atomically(out, write_page(study, training)), (study,), None, training)


def _check_place(out: Path, mark: bytes, what: str, argument: str) -> None:
    """Refuse, before anything is computed, to overwrite a file that does not begin like one of ours.

    Raises:
        OutputError: another kind of file exists at this path, or its folder does not.
    """
    check_parent_folder(out)
    if not out.exists():
        return
    another = f"Give another name with {argument}=."
    if not out.is_dir() and not out.is_file():
        raise OutputError(f"{out} is a device or a pipe, not a file. {another}", mentions=[argument])
    try:
        with out.open("rb") as file:
            is_ours = mark in file.read(2000)
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror}. {another}", mentions=[argument]) from error
    if not is_ours:
        reason = f"{out} already exists and is not a {what}, so it is not overwritten. {another}"
        raise OutputError(reason, mentions=[argument])
