"""`convlens evaluate`."""

from typing import TYPE_CHECKING, Any

from rich.markup import escape

from convlens.cli.options import DataDir, DeviceOption, EngineOption, Json, RepairOption, Threads
from convlens.cli.tables import ColumnTable
from convlens.cli.terminal import accuracy_line, print_json, result_console, say_if_stopped
from convlens.words import exact_percent, percent, shorten

if TYPE_CHECKING:
    from convlens.evaluation import Evaluation

MOST_CLASSES_IN_A_MATRIX = 20
MOST_CONFUSIONS = 15
_LONGEST_HEADING = 5


def evaluate_command(
    model: str,
    data: str | None = None,
    /,
    *,
    repair: RepairOption = True,
    data_dir: DataDir = None,
    engine: EngineOption = None,
    device: DeviceOption = None,
    threads: Threads = None,
    json: Json = False,
) -> None:
    """Measure how accurate a model is, on test images or on your own labelled images.

    ```
    convlens evaluate latest
    convlens evaluate runs/2026-11-23_1510_mnist mnist --json
    convlens evaluate latest photos/
    ```

    Prints the accuracy with its 95 % Wilson interval, the calibration error, how many answers are `unknown` and how
    accurate the others are, precision, recall and F1 for each class, and the confusion matrix.

    If your own images have a test folder, or if the model was trained on the same data, only the test images are used.
    Otherwise all images are used. Class names must be those of the model. Images are repaired as `convlens predict`
    repairs them, unless the model was trained on the same folder.

    `--json` prints every number that `convlens report` shows.

    Args:
        model: A model file, a run folder, latest, or hf://user/name.
        data: A known dataset or your own images: a folder with one subfolder for each class, a CSV file, or an archive.
            [default: the test images of the data that the model was trained on]
    """
    from convlens.cli.reading_progress import showing_progress
    from convlens.evaluation import choose_images, evaluate
    from convlens.trained_model import load_model

    computing: tuple[Any, ...] = (engine or "auto", device or "auto", threads)
    if json:
        from convlens.report import study_model
        from convlens.trained_model.location import place_of_model

        with showing_progress() as on_progress:
            study = study_model(model, data, *computing, data_dir=data_dir, on_progress=on_progress, repair=repair)
        say_if_stopped(study.model.facts)
        print_json({"model": place_of_model(model), **study.as_dict()})
        return
    trained = load_model(model)
    say_if_stopped(trained.facts)
    with showing_progress() as on_progress:
        chosen = choose_images(trained, data, data_dir, on_progress, repair)
    opened = trained.open_engine(*computing)
    evaluation = evaluate(trained, chosen, engine=opened)
    console = result_console()
    for line in _headlines(evaluation):
        console.print(line)
    console.print()
    console.print(_class_table(evaluation))
    console.print()
    if len(evaluation.class_names) <= MOST_CLASSES_IN_A_MATRIX:
        console.print("[bold]Confusion matrix[/]")
        console.print(_matrix(evaluation))
    else:
        console.print("[bold]Most frequent mistakes[/]")
        console.print(_pairs(evaluation))


def _headlines(evaluation: "Evaluation") -> list[str]:
    """Return the lines above the tables."""
    accuracy = accuracy_line(evaluation.correct, evaluation.total, f"images of {shorten(evaluation.data, 40)}")
    notes = [f"[dim]{_plain(note, 1000)}[/]" for note in evaluation.notes]
    return [
        f"{accuracy}, loss {evaluation.loss:.4f}",
        *notes,
        _calibration_line(evaluation),
        _threshold_line(evaluation),
    ]


def _calibration_line(evaluation: "Evaluation") -> str:
    """Return the line with the calibration error and the Brier score."""
    before = f"before temperature {evaluation.calibration_error_before * 100:.2f} %"
    if not evaluation.calibration.images and evaluation.calibration.temperature == 1:
        before = "no temperature was fitted"
    return (
        f"Expected calibration error {evaluation.calibration_error * 100:.2f} % ({before}), "
        f"Brier score {evaluation.brier:.4f}"
    )


def _threshold_line(evaluation: "Evaluation") -> str:
    """Return the line with the coverage and the error rate at the model's threshold."""
    from convlens.calibration import describe_answers

    threshold, answered = evaluation.calibration.threshold, evaluation.answered
    if threshold is None or answered is None:
        return "No threshold: every image is answered, none is unknown"
    error = answered.error if answered.answered else None
    left = describe_answers(answered.coverage, error, "of the images", evaluation.calibration)
    return f"At the threshold of {exact_percent(threshold)}: {left}"


def _class_table(evaluation: "Evaluation") -> ColumnTable:
    numbers = ("precision", "recall", "F1", "images")
    table = ColumnTable("class", *numbers, right=numbers)
    for name, row in zip(evaluation.class_names, evaluation.classes, strict=True):
        ratios = [percent(ratio) for ratio in (row.precision, row.recall, row.f1)]
        table.add_row(_plain(name), *ratios, f"{row.support:,}")
    return table


def _matrix(evaluation: "Evaluation") -> ColumnTable:
    """Return the confusion matrix, true classes in rows; if class names are long, columns have row numbers instead."""
    names = [_plain(name) for name in evaluation.class_names]
    headings = [shorten(name, 40) for name in evaluation.class_names]
    if max(map(len, headings)) > _LONGEST_HEADING:
        headings = [str(number) for number in range(len(names))]
        names = [f"{number:>{len(headings[-1])}} {name}" for number, name in enumerate(names)]
    widest = max(len(f"{evaluation.confusion.max():,}"), *map(len, headings))
    columns = [f"{heading:>{widest}}" for heading in headings]
    table = ColumnTable("true \\ predicted", *columns, right=columns, cut=True)
    for number, (name, row) in enumerate(zip(names, evaluation.confusion, strict=True)):
        table.add_row(name, *(_cell(int(count), column == number) for column, count in enumerate(row)))
    return table


def _cell(count: int, right_answer: bool) -> str:
    if count == 0:
        return "[dim]·[/]"
    return f"[green]{count:,}[/]" if right_answer else f"[bold red]{count:,}[/]"


def _pairs(evaluation: "Evaluation") -> ColumnTable:
    """Return the most frequent mistakes, for models with too many classes for a matrix."""
    table = ColumnTable("true", "predicted", "images", right=("images",))
    for true, said, count in evaluation.most_confused(MOST_CONFUSIONS):
        table.add_row(_plain(true), _plain(said), f"{count:,}")
    return table


def _plain(name: str, longest: int = 40) -> str:
    """Shorten a text and escape its markup."""
    return escape(shorten(name, longest))
