"""`convlens report`."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from convlens.cli.options import DataDir, DeviceOption, EngineOption, Json, MendOption, Threads
from convlens.errors import UsageError

if TYPE_CHECKING:
    from convlens.report import Study, TrainingLabels

REPORT_NAME = "report.html"


def report_command(
    models: Annotated[
        list[str],
        Parameter(
            help="A model file, a run folder, or latest; several to compare them. Behind them, if need be, what to "
            "judge on: a known dataset or images of your own.",
            negative="",
        ),
    ],
    /,
    *,
    out: Annotated[
        Path | None, Parameter(help="The HTML file. [default: report.html in the run folder, else in this one]")
    ] = None,
    training_labels: Annotated[
        bool,
        Parameter(
            negative="",
            help="Also have the labels of the training images judged, by three models that did not learn from them; "
            "takes about twice as long as the training did.",
        ),
    ] = False,
    doubtful: Annotated[Path | None, Parameter(help="Also write all doubtful labels to this CSV file.")] = None,
    mend: MendOption = True,
    show: Annotated[bool, Parameter(negative="", help="Open the report when it is done.")] = False,
    data_dir: DataDir = None,
    engine: EngineOption = None,
    device: DeviceOption = None,
    threads: Threads = None,
    json: Json = False,
) -> None:
    """Write one offline HTML file that says how good a model is and where it fails.

    ```
    convlens report latest
    convlens report runs/2026-11-23_1510_mnist photos/ --out photos.html
    convlens report latest --training-labels --doubtful labels.csv
    convlens report runs/first runs/second mnist
    ```

    Accuracy with its interval and whether it can be trusted, confusions with the images behind them, the hardest
    errors, doubtful labels, calibration, what a threshold buys, bent images, the training, the network, its kernels and
    maps. Several models are put side by side, with McNemar's test for each pair.
    """
    from convlens.report.training_labels import COLUMNS
    from convlens.report.writing import check_place

    names, data = divide_arguments(models)
    place = out or _default_place(names)
    check_place(place)
    if doubtful is not None:
        check_place(doubtful, ",".join(COLUMNS).encode(), "list of doubtful labels", "--doubtful")
    if len(names) > 1 and (training_labels or doubtful):
        raise UsageError("--training-labels and --doubtful are for a report of one model. Name one.")
    studies = [study_model_at(name, data, data_dir, mend, (engine, device, threads)) for name in names]
    if len(studies) > 1:
        numbers = _write_comparison(studies, place)
    else:
        training = _judge_training(studies[0], data_dir) if training_labels else None
        numbers = {"model": names[0], **_write_report(studies[0], training, place, doubtful)}
    _tell(studies, place, numbers, json)
    if show:
        webbrowser.open(place.resolve().as_uri())


def _write_comparison(studies: "list[Study]", place: Path) -> dict[str, Any]:
    from convlens.report import compare_studies, write_comparison_page

    comparison = compare_studies(studies)
    write_comparison_page(comparison, place)
    return comparison.as_dict()


def _write_report(
    study: "Study", training: "TrainingLabels | None", place: Path, doubtful: Path | None
) -> dict[str, Any]:
    from convlens.files import write_atomically
    from convlens.report import write_doubtful, write_study

    if doubtful is not None:
        write_atomically(doubtful, write_doubtful(study, training))
    write_study(study, place, training)
    return study.as_dict() | ({"training_labels": training.as_dict()} if training else {})


def divide_arguments(arguments: list[str]) -> tuple[list[str], str | None]:
    """The models, and what to judge on: the first is a model, the last one is data where it is no model.

    Raises:
        UsageError: something between the models is none.
    """
    if not arguments:
        raise UsageError("no model was named. Give a model file, a run folder, or latest.")
    others = [place for place, one in enumerate(arguments) if place and not _looks_like_model(one)]
    if not others:
        return arguments, None
    if others != [len(arguments) - 1]:
        raise UsageError(
            f"{arguments[others[0]]!r} is no model: it is neither a run folder with a model nor a .safetensors file. "
            "Name the models first, then at most one dataset or folder of images."
        )
    return arguments[:-1], arguments[-1]


def _looks_like_model(argument: str) -> bool:
    from convlens.trained_model.location import CONFIG_NAME, LATEST, MODEL_FILE_NAME

    path = Path(argument)
    if path.is_dir():
        return (path / MODEL_FILE_NAME).exists() or (path / CONFIG_NAME).exists()
    return argument == LATEST or path.suffix == ".safetensors"


def _default_place(names: list[str]) -> Path:
    """Beside the model of a run; a comparison and a model that lies elsewhere have theirs in this folder."""
    from convlens.trained_model import find_model_file
    from convlens.trained_model.location import CONFIG_NAME

    folder = find_model_file(names[0]).parent
    return folder / REPORT_NAME if len(names) == 1 and (folder / CONFIG_NAME).is_file() else Path(REPORT_NAME)


def study_model_at(
    name: str, data: str | None, data_dir: Path | None, mend: bool, computing: tuple[str | None, str | None, int | None]
) -> "Study":
    """The study of a model, with a bar while images are read; `computing` is engine, device and threads."""
    from convlens.cli.reading_progress import showing_progress
    from convlens.report import study_model
    from convlens.trained_model import load_model

    engine, device, threads = computing
    opened = None
    if any(value is not None for value in computing):
        opened = load_model(name).open_engine(engine or "auto", device or "auto", threads)
    with showing_progress() as on_progress:
        return study_model(name, data, engine=opened, data_dir=data_dir, on_progress=on_progress, mend=mend)


def _judge_training(study: "Study", data_dir: Path | None) -> "TrainingLabels":
    """Three trainings, with a word about each."""
    import sys

    from convlens.report import judge_training_labels
    from convlens.training import TrainingStarted
    from convlens.training.folds import FOLDS

    fold = 0

    def tell(event: object) -> None:
        nonlocal fold
        if isinstance(event, TrainingStarted):
            fold += 1
            words = f"Judging training labels: model {fold} of {FOLDS}, on {event.images:,} images"
            print(words, file=sys.stderr, flush=True)

    return judge_training_labels(study, data_dir=data_dir, on_event=tell)


def _tell(studies: "list[Study]", place: Path, numbers: dict[str, Any], json: bool) -> None:
    from convlens.cli.terminal import print_json, result_console

    if json:
        print_json({"report": str(place), **numbers})
        return
    console = result_console()
    for study in studies:
        judged = study.evaluation
        low, high = judged.interval
        told = f"Accuracy: {judged.accuracy * 100:.2f} % of {judged.total:,} images of {judged.data}"
        console.print(
            f"{told} (95 % interval {low * 100:.2f} to {high * 100:.2f} %), {study.name}", markup=False, soft_wrap=True
        )
        for check in study.trust:
            if check.verdict in ("bad", "warning"):
                console.print(f"{check.verdict}: {check.sentence}", markup=False, soft_wrap=True)
    console.print(f"Report: {place}", markup=False, soft_wrap=True)
