"""`convlens predict`."""

import csv as csv_module
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.markup import escape

from convlens.cli.options import DeviceOption, EngineOption, Json, Threads, Whole
from convlens.errors import ImageError, UsageError
from convlens.files import write_atomically

if TYPE_CHECKING:
    from convlens.prediction import Prediction

EXIT_BAD_DATA = ImageError.exit_code
STDIN = "<stdin>"
"""What stands for `-` in the answers; a file cannot easily have that name."""
IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm", ".pbm", ".avif"}


def predict_command(
    model: Annotated[str, Parameter(help="A model file, a run folder, or latest.")],
    images: Annotated[list[str], Parameter(help="Image files, folders of them, or - for an image on stdin.")],
    /,
    *,
    top: Annotated[Whole, Parameter(help="How many classes to name for each image.")] = 3,
    csv: Annotated[Path | None, Parameter(help="Also write every probability to this CSV file.")] = None,
    engine: EngineOption = None,
    device: DeviceOption = None,
    threads: Threads = None,
    json: Json = False,
) -> int:
    """Say what is on pictures of any size and mode.

    ```
    convlens predict latest seven.png
    convlens predict runs/2026-11-23_1510_mnist scans/ --csv answers.csv
    ```

    Every picture goes through the preprocessing that is stored in the model; what that changed is said under the
    answer. A file that is no image is named, the others are still answered, and the exit code is 3.
    """
    from convlens.cli.terminal import error_console, print_json
    from convlens.prediction import predict_images
    from convlens.trained_model import load_model

    if top < 1:
        raise UsageError(f"--top is {top}; give 1 or more.")
    trained = load_model(model)
    opened = trained.open_engine(engine or "auto", device or "auto", threads)
    if csv is not None:
        _write_csv(csv, trained.class_names, [])  # a place that cannot be written shows now, not after an hour
    answers: list[tuple[str, Prediction]] = []
    failed: dict[str, str] = {}
    for name in _expand(images):
        try:
            (answer,) = predict_images(opened, trained.preprocessing, trained.class_names, [_source(name)])
        except ImageError as error:
            failed[name] = str(error)
            error_console().print(f"[bold red]error:[/] {escape(str(error))}", soft_wrap=True)
        else:
            answers.append((name, answer))
            if not json:
                _print_prediction(name, answer, top)
    if csv is not None:
        _write_csv(csv, trained.class_names, answers)
    if json:
        predictions = [{"image": name, **answer.as_dict()} for name, answer in answers]
        print_json({"model": model, "predictions": predictions, "errors": failed})
    return EXIT_BAD_DATA if failed else 0


def name_stdin(tokens: list[str]) -> list[str]:
    """`-` as a word that the parser takes for an image; it would take `-` for an option without a name.

    >>> name_stdin(["predict", "latest", "-", "--csv", "-"])
    ['predict', 'latest', '<stdin>', '--csv', '-']
    """
    before = ["", *tokens]
    return [STDIN if token == "-" and before[place] != "--csv" else token for place, token in enumerate(tokens)]


def _expand(names: list[str]) -> Iterator[str]:
    """Files and stdin as they are; a folder becomes the image files below it, in order of their names."""
    for name in names:
        path = Path(name)
        if path.is_dir():
            files = sorted(file for file in path.rglob("*") if file.is_file() and not file.name.startswith("."))
            images = [str(file) for file in files if file.suffix.lower() in IMAGE_SUFFIXES]
            _mention_skipped(name, {file.suffix or file.name for file in files if str(file) not in images})
            yield from images or [name]
        else:
            yield name


def _mention_skipped(folder: str, kinds: set[str]) -> None:
    """Say which kinds of files in a folder are not taken for images."""
    from convlens.cli.terminal import error_console

    if kinds:
        error_console().print(f"{folder}: skipped what is no image: {', '.join(sorted(kinds))}", markup=False)


def _source(name: str) -> Path | bytes:
    """What is to be decoded.

    Raises:
        ImageError: a folder without image files.
    """
    if name == STDIN:
        return sys.stdin.buffer.read()
    if Path(name).is_dir():
        raise ImageError(f"{name}: this folder holds no image files. Give files, or a folder that holds some.")
    return Path(name)


def _print_prediction(name: str, prediction: "Prediction", top: int) -> None:
    from rich.padding import Padding

    from convlens.charts import percent
    from convlens.cli.terminal import result_console

    (best, probability), *others = prediction.top(top)
    nothing = "" if prediction.pixels.any() else "[yellow]nothing found on it;[/] at a guess "
    line = f"{escape(name)}: {nothing}[bold]{escape(best)}[/] ({percent(probability)})"
    if others:
        line += "[dim]  then " + ", ".join(f"{escape(other)} ({percent(share)})" for other, share in others) + "[/]"
    console = result_console()
    console.print(line, soft_wrap=True)
    if prediction.notes:
        console.print(Padding(f"[dim]{escape('; '.join(prediction.notes))}[/]", (0, 0, 0, 2), expand=False))


def _write_csv(path: Path, class_names: tuple[str, ...], answers: list[tuple[str, "Prediction"]]) -> None:
    """A line an image: its name, the class, the probability of that and of every class."""
    text = io.StringIO(newline="")
    writer = csv_module.writer(text, lineterminator="\n")
    writer.writerow(["image", "class", "probability", *class_names])
    for name, answer in answers:
        writer.writerow([name, answer.class_name, answer.probability, *answer.probabilities.tolist()])
    write_atomically(path, text.getvalue())
