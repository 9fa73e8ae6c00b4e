"""`convlens report`."""

import webbrowser
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.markup import escape

from convlens.cli.options import DataDir, DeviceOption, EngineOption, Json, RepairOption, Threads
from convlens.cli.terminal import accuracy_line, print_json, print_line, result_console, say_if_stopped
from convlens.errors import UsageError

if TYPE_CHECKING:
    from convlens.report import Report

REPORT_NAME = "report.html"


def report_command(
    models: Annotated[list[str], Parameter(negative="")],
    /,
    *,
    out: Path | None = None,
    training_labels: Annotated[bool, Parameter(negative="")] = False,
    label_errors: Path | None = None,
    repair: RepairOption = True,
    show: Annotated[bool, Parameter(negative="")] = False,
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
    convlens report latest --training-labels --label-errors labels.csv
    convlens report runs/first runs/second mnist
    ```

    The report shows the accuracy with its interval, whether the numbers can be trusted, the confusion matrix with its
    images, the most confident errors, suspected label errors, calibration, the effect of the threshold, the accuracy on
    corrupted images, the training, and the network with its kernels and maps. Several models are compared side by side,
    with McNemar's test for each pair.

    Args:
        models: One or several models to compare: model files, run folders, latest, or hf://user/name. The last
            argument can be the data to evaluate on: a known dataset or your own images.
        out: The HTML file to write. [default: report.html in the run folder, or else in the current folder]
        training_labels: Also look for label errors in the training images. Three more models are trained for this,
            which takes about twice as long as the training did.
        label_errors: Also write all suspected label errors to this CSV file.
        show: Open the report when it is finished.
    """
    from convlens.cli.reading_progress import showing_progress
    from convlens.report import make_report

    names, data = divide_arguments(models)
    computing = {"engine": engine or "auto", "device": device or "auto", "threads": threads}
    labels = {"training_labels": training_labels, "label_errors": label_errors, "on_event": _telling_folds()}
    place = out or _default_place(names)
    with showing_progress() as on_progress:
        reading = {"data_dir": data_dir, "on_progress": on_progress, "repair": repair}
        made = make_report(names, data, place, **labels, **computing, **reading)
    _tell(made, names, json)
    if show:
        webbrowser.open(made.path.resolve().as_uri())


def divide_arguments(arguments: list[str]) -> tuple[list[str], str | None]:
    """Split the arguments into models and data: the first is a model, and the last is data unless it is a model.

    Raises:
        UsageError: there is no argument, or another one is not a model.
    """
    if not arguments:
        raise UsageError("no model was named. Give a model file, a run folder, latest, or hf://user/name.")
    others = [place for place, one in enumerate(arguments) if place and not _looks_like_model(one)]
    if not others:
        return arguments, None
    if others != [len(arguments) - 1]:
        raise UsageError(
            f"{arguments[others[0]]!r} is not a model: no run folder with a model, no .safetensors file and no "
            "hf://user/name. Name the models first, then at most one dataset or folder of images."
        )
    return arguments[:-1], arguments[-1]


def _looks_like_model(argument: str) -> bool:
    from convlens.trained_model.hub import read_address
    from convlens.trained_model.location import CONFIG_NAME, LATEST, MODEL_FILE_NAME

    if read_address(argument) is not None:
        return True
    path = Path(argument)
    if path.is_dir():
        return (path / MODEL_FILE_NAME).exists() or (path / CONFIG_NAME).exists()
    return argument == LATEST or path.suffix == ".safetensors"


def _default_place(names: list[str]) -> Path:
    """Return report.html in the run folder; for comparisons and for other model files, in the current folder."""
    from convlens.trained_model import find_model_file
    from convlens.trained_model.location import CONFIG_NAME

    folder = find_model_file(names[0]).parent
    return folder / REPORT_NAME if len(names) == 1 and (folder / CONFIG_NAME).is_file() else Path(REPORT_NAME)


def _telling_folds() -> Callable[[object], None]:
    """Return an event handler for the models that check training labels; it prints which model is being trained."""
    from convlens.training import TrainingStarted
    from convlens.training.folds import FOLDS

    folds = count(1)

    def tell(event: object) -> None:
        if isinstance(event, TrainingStarted):
            words = f"Checking training labels: model {next(folds)} of {FOLDS}, on {event.images:,} images"
            print_line(words, to_stderr=True)

    return tell


def _tell(made: "Report", names: list[str], json: bool) -> None:
    for study in made.studies:
        say_if_stopped(study.model.facts, study.name if len(made.studies) > 1 else "")
    if json:
        from convlens.trained_model.location import place_of_model

        named = {"model": place_of_model(names[0])} if len(names) == 1 else {}
        print_json({"report": str(made.path), **named, **made.as_dict()})
        return
    console = result_console()
    for study in made.studies:
        judged = study.evaluation
        accuracy = accuracy_line(judged.correct, judged.total, f"images of {judged.data}")
        console.print(f"{accuracy}, {escape(study.name)}", soft_wrap=True)
        for check in study.trust:
            if check.verdict in ("bad", "warning") and check.kind != "unfinished":  # that was said
                console.print(f"{check.verdict}: {check.sentence}", markup=False, soft_wrap=True)
    console.print(f"Report: {made.path}", markup=False, soft_wrap=True)
