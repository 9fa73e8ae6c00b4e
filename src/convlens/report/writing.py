"""A report from models and images to a file."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from convlens.errors import OutputError, UsageError
from convlens.files import write_atomically
from convlens.report.comparison import Comparison, compare_studies
from convlens.report.page import write_comparison, write_page
from convlens.report.study import Study, study_model
from convlens.report.training_labels import TrainingLabels, judge_training_labels
from convlens.trained_model import TrainedModel

REPORT_MARK = b'<meta name="generator" content="Convlens'


def write_report(
    models: TrainedModel | Path | str | Sequence[TrainedModel | Path | str],
    data: Any = None,
    out: Path | str = "report.html",
    *,
    training_labels: bool = False,
    data_dir: Path | str | None = None,
    on_progress: Callable[[Any], None] | None = None,
    mend: bool = True,
) -> Path:
    """Judge a model, or several side by side, and write the report as one HTML file. Returns its path.

    Args:
        models: a trained model, the place of one (a file, a run folder, `"latest"`), or a list of these to compare.
        data: what to judge on, as for `convlens.evaluate`.
        out: the file. An earlier report is replaced; any other file there is refused.
        training_labels: whether the labels of the training images are judged, too, by models that did not learn from
            them. That takes about twice the time of the training.
        data_dir: where known datasets are kept.
        on_progress: told how far fetching or reading the images is.
        mend: whether pictures at a path that the model did not learn from are mended, as predictions mend them.

    Raises:
        DataError: there are no images, or they don't fit the model.
        UsageError: the models cannot be compared.
        OutputError: the file cannot be written, or is no report.
    """
    check_place(Path(out))
    given = [models] if isinstance(models, TrainedModel | Path | str) else list(models)
    if not given:
        raise UsageError("there is no model to report on. Give one, or several to compare.")
    if len(given) > 1 and training_labels:
        raise UsageError("the labels of training images are judged for one model at a time. Give one model.")
    studies = [study_model(model, data, data_dir=data_dir, on_progress=on_progress, mend=mend) for model in given]
    if len(studies) > 1:
        return write_comparison_page(compare_studies(studies), out)
    (study,) = studies
    training = judge_training_labels(study, data_dir=data_dir) if training_labels else None
    return write_study(study, out, training)


def write_study(study: Study, out: Path | str, training: TrainingLabels | None = None) -> Path:
    """The report of a study that is there already."""
    return write_atomically(out, write_page(study, training))


def write_comparison_page(comparison: Comparison, out: Path | str) -> Path:
    """The report of several studies that are compared already."""
    return write_atomically(out, write_comparison(comparison))


def check_place(out: Path, mark: bytes = REPORT_MARK, what: str = "report", option: str = "--out") -> None:
    """Refuse to write over a file that is no report (or no list of doubtful labels, by its first line).

    Raises:
        OutputError: there is something else.
    """
    if not out.exists():
        return
    try:
        with out.open("rb") as file:
            is_report = mark in file.read(2000)
    except OSError as error:
        raise OutputError(f"cannot write {out}: {error.strerror}. Give another name with {option}.") from error
    if not is_report:
        reason = f"{out} is there already and is no {what}, so it is left alone"
        raise OutputError(f"{reason}. Give another name with {option}.")
