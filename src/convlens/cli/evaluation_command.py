"""`convlens evaluate`."""

from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from convlens.cli.options import DataDir, DeviceOption, EngineOption, Json, Threads

if TYPE_CHECKING:
    from rich.table import Table

    from convlens.evaluation import Evaluation

MOST_CLASSES_IN_A_MATRIX = 20
MOST_CONFUSIONS = 15


def evaluate_command(
    model: Annotated[str, Parameter(help="A model file, a run folder, or latest.")],
    data: Annotated[
        str | None, Parameter(help="A known dataset. [default: the one that the model was trained on]")
    ] = None,
    /,
    *,
    data_dir: DataDir = None,
    engine: EngineOption = None,
    device: DeviceOption = None,
    threads: Threads = None,
    json: Json = False,
) -> None:
    """Judge a model on the test images of a dataset.

    ```
    convlens evaluate latest
    convlens evaluate runs/2026-11-23_1510_mnist mnist --json
    ```

    Prints the accuracy with its 95 % Wilson interval, precision, recall and F1 of every class, and the confusion
    matrix.
    """
    from convlens.cli.terminal import print_json, result_console, showing_downloads
    from convlens.data import find_entry, load_dataset
    from convlens.evaluation import check_same_classes, evaluate, known_data_of
    from convlens.trained_model import load_model

    trained = load_model(model)
    entry = find_entry(data or known_data_of(trained))
    check_same_classes(trained, entry.name, entry.class_names)  # before anything is fetched
    with showing_downloads() as on_progress:
        dataset = load_dataset(entry.name, data_dir=data_dir, on_progress=on_progress)
    opened = trained.open_engine(engine or "auto", device or "auto", threads)
    evaluation = evaluate(trained, dataset, engine=opened)
    if json:
        print_json({"model": model, **evaluation.as_dict()})
        return
    console = result_console()
    low, high = evaluation.interval
    console.print(
        f"[bold]Accuracy: {evaluation.accuracy * 100:.2f} %[/] of {evaluation.total:,} test images of "
        f"{evaluation.data} (95 % interval {low * 100:.2f} to {high * 100:.2f} %), loss {evaluation.loss:.4f}\n"
    )
    console.print(_class_table(evaluation))
    console.print()
    if len(evaluation.class_names) <= MOST_CLASSES_IN_A_MATRIX:
        console.print("[bold]Confusion matrix[/]")
        console.print(_matrix(evaluation))
    else:
        console.print("[bold]Most frequent mistakes[/]")
        console.print(_pairs(evaluation))


def _class_table(evaluation: "Evaluation") -> "Table":
    from convlens.cli.terminal import make_table

    numbers = ("precision", "recall", "F1", "images")
    table = make_table("class", *numbers, right=numbers)
    for name, row in zip(evaluation.class_names, evaluation.classes, strict=True):
        ratios = [_percent(ratio) for ratio in (row.precision, row.recall, row.f1)]
        table.add_row(_plain(name), *ratios, f"{row.support:,}")
    return table


def _matrix(evaluation: "Evaluation") -> "Table":
    """Rows are the true classes, columns what the model said."""
    from convlens.cli.terminal import make_table

    names = [_plain(name) for name in evaluation.class_names]
    columns = [f"{_plain(name, 7):>4}" for name in evaluation.class_names]
    table = make_table("true \\ said", *columns, right=tuple(columns))
    for number, (name, row) in enumerate(zip(names, evaluation.confusion, strict=True)):
        table.add_row(name, *(_cell(int(count), column == number) for column, count in enumerate(row)))
    return table


def _cell(count: int, right_answer: bool) -> str:
    if count == 0:
        return "[dim]·[/]"
    return f"[green]{count:,}[/]" if right_answer else f"[bold red]{count:,}[/]"


def _pairs(evaluation: "Evaluation") -> "Table":
    """The most frequent mistakes, where a matrix would not fit on any screen."""
    from convlens.cli.terminal import make_table

    table = make_table("true", "said", "images", right=("images",))
    for true, said, count in evaluation.most_confused(MOST_CONFUSIONS):
        table.add_row(_plain(true), _plain(said), f"{count:,}")
    return table


def _percent(ratio: float) -> str:
    return "–" if ratio != ratio else f"{ratio * 100:.1f} %"


def _plain(name: str, longest: int = 40) -> str:
    """A class name as text, whatever it holds."""
    from rich.markup import escape

    return escape(name if len(name) <= longest else name[: longest - 1] + "…")
