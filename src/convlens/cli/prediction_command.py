"""`convlens predict`."""

import csv as csv_module
import io
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.markup import escape
from rich.padding import Padding

from convlens.cli.options import DataDir, DeviceOption, EngineOption, Json, RepairOption, Threads, Whole
from convlens.cli.terminal import error_console, print_json, result_console, say_if_stopped
from convlens.errors import ImageError, UsageError
from convlens.files import check_parent_folder, write_atomically
from convlens.words import percent

if TYPE_CHECKING:
    from convlens.charts import PictureSteps
    from convlens.prediction import Picture, Prediction, Predictor
    from convlens.trained_model import TrainedModel

EXIT_BAD_DATA = ImageError.exit_code
STDIN = "<stdin>"
"""The name of the image from `-` in the results; a file is unlikely to have this name."""


def predict_command(
    model: str,
    images: list[str],
    /,
    *,
    top: Whole = 3,
    csv: Path | None = None,
    steps: Path | None = None,
    repair: RepairOption = True,
    engine: EngineOption = None,
    device: DeviceOption = None,
    threads: Threads = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> int:
    """Predict the class of images of any size, grey or colour.

    ```
    convlens predict latest seven.png
    convlens predict latest mnist:7 mnist:8
    convlens predict latest seven.png --steps steps.png
    convlens predict runs/2026-11-23_1510_mnist scans/ --csv answers.csv
    ```

    Every image is prepared as the model requires; the second line of an answer says what was changed. If the model
    is not confident enough, the answer is `unknown`, followed by its best guess. Files that cannot be read are reported
    and skipped; the exit code is then 3.

    Args:
        model: A model file, a run folder, latest, or hf://user/name.
        images: Image files, folders of image files, or patterns such as "scans/*.png". mnist:7 is test image 7 of a
            known dataset, counted from 0; - reads an image from stdin.
        top: How many classes to show for each image.
        csv: Also write the probabilities of all classes to this CSV file.
        steps: Also draw how each image was prepared, into this PNG file.
    """
    from convlens.prediction import Predictor
    from convlens.trained_model import load_model
    from convlens.trained_model.location import place_of_model

    if top < 1:
        raise UsageError(f"--top is {top}; give 1 or more.")
    trained = load_model(model)
    say_if_stopped(trained.facts)
    computing: tuple[Any, ...] = (engine or "auto", device or "auto", threads)
    opened = trained.open_engine(*computing)
    pictures = _find_pictures(images, trained, data_dir)
    _check_outputs(csv, steps, trained.class_names, len(pictures))
    predictor = Predictor(opened, trained.preprocessing, trained.class_names, trained.calibration)
    answers: list[tuple[str, Prediction]] = []
    drawn: list[PictureSteps] = []
    failed: dict[str, str] = {}
    for name, answer, plain in _predict(predictor, pictures, repair, steps is not None, failed):
        answers.append((name, replace(answer, steps=())))  # the steps of thousands of images would fill the memory
        if steps is not None:
            drawn.append(_picture_steps(name, answer, plain))
        if not json:
            _print_prediction(name, answer, top)
    if csv is not None:
        _write_csv(csv, trained.class_names, answers)
    if steps is not None and drawn:
        _draw_steps(steps, drawn)
    if json:
        predictions = [{"image": name, **answer.as_dict()} for name, answer in answers]
        print_json({"model": place_of_model(model), "predictions": predictions, "errors": failed})
    return EXIT_BAD_DATA if failed else 0


def _check_outputs(csv: Path | None, steps: Path | None, class_names: tuple[str, ...], images: int) -> None:
    """Check that the outputs can be written and drawn, so that errors appear now and not after an hour."""
    from convlens.charts.preparation_steps import MOST_PICTURES

    if csv is not None:
        _write_csv(csv, class_names, [])
    if steps is None:
        return
    if steps.suffix.lower() != ".png":
        raise UsageError(f"--steps {steps}: the steps are drawn as PNG. Give a name that ends in .png.")
    if images > MOST_PICTURES:
        raise UsageError(f"--steps draws up to {MOST_PICTURES} pictures; {images:,} were given. Give fewer.")
    check_parent_folder(steps)


def _find_pictures(names: list[str], trained: "TrainedModel", data_dir: Path | None) -> "list[Picture]":
    """Return the images that the names mean; files of a folder that are skipped are reported."""
    from convlens.cli.reading_progress import showing_progress
    from convlens.prediction import NamedPictures, Picture

    def say(note: str) -> None:
        error_console().print(note, markup=False, soft_wrap=True)

    with showing_progress() as on_progress:
        named = NamedPictures(trained.preprocessing.image_shape, data_dir, on_progress, say)
        found: list[Picture] = []
        for name in names:
            found += [Picture(STDIN, sys.stdin.buffer.read())] if name == STDIN else named.find(name)
    return found


def _predict(
    predictor: "Predictor", pictures: "list[Picture]", repair: bool, compare: bool, failed: dict[str, str]
) -> "Iterator[tuple[str, Prediction, Prediction | None]]":
    """Yield each image's name, its prediction and, with `compare`, its prediction without repair if that may differ.
    A file that is not an image is reported and added to `failed`.
    """
    for picture in pictures:
        if repair and compare:
            picture = _decoded(picture)
        answer, *plain = [
            predictor.predict_pictures([picture], repaired, on_error="keep")[0]
            for repaired in ([None, False] if repair and compare else [None if repair else False])
        ]
        if answer.error is not None:
            failed[picture.name] = str(answer.error)
            error_console().print(f"[bold red]error:[/] {escape(str(answer.error))}")
        else:
            yield picture.name, answer, plain[0] if plain else None


def _decoded(picture: "Picture") -> "Picture":
    """Decode a file once for two predictions; a file that cannot be decoded is left to the first of them."""
    from convlens.pixels import read_image

    if not isinstance(picture.content, str | Path | bytes):
        return picture
    try:
        return replace(picture, content=read_image(picture.content))
    except ImageError:
        return picture


def name_stdin(tokens: list[str]) -> list[str]:
    """Replace `-` by a word that the parser accepts as an image; it would read `-` as an option without a name.

    >>> name_stdin(["predict", "latest", "-", "--csv", "-"])
    ['predict', 'latest', '<stdin>', '--csv', '-']
    """
    before = ["", *tokens]
    return [STDIN if token == "-" and before[place] != "--csv" else token for place, token in enumerate(tokens)]


def _print_prediction(name: str, prediction: "Prediction", top: int) -> None:
    (best, probability), *others = prediction.top(top)
    nothing = "" if prediction.unknown or prediction.pixels.any() else "[yellow]the image is empty;[/] best guess "
    answer = f"[bold]{escape(best)}[/] ({percent(probability)})"
    if prediction.unknown:
        answer = f"[bold yellow]unknown[/], best guess {answer}"
    line = f"{escape(name)}: {nothing}{answer}"
    if others:
        line += "[dim]  then " + ", ".join(f"{escape(other)} ({percent(share)})" for other, share in others) + "[/]"
    if prediction.true_class:
        colour = "dim" if prediction.true_class == best else "yellow"
        line += f"  [{colour}]labelled {escape(prediction.true_class)}[/]"
    console = result_console()
    console.print(line, soft_wrap=not console.is_terminal)  # wrapped on a terminal; one line per image in a file
    for said in (prediction.why_unknown, "; ".join(prediction.notes)):
        if said:
            console.print(Padding(f"[dim]{escape(said)}[/]", (0, 0, 0, 2), expand=False))


def _picture_steps(name: str, answer: "Prediction", plain: "Prediction | None") -> "PictureSteps":
    """Return what to draw of an image; `plain` is its prediction without repair, None if `answer` already is that."""
    from convlens.charts import Answer, PictureSteps

    shown = [("original", answer)] if plain is None else [("original", plain), ("repaired", answer)]
    drawn = [
        Answer(f"{heading}: {'unknown, best guess ' * one.unknown}{one.class_name}", one.top(3), one.unknown)
        for heading, one in shown
    ]
    return PictureSteps(name, answer.steps, drawn)


def _draw_steps(path: Path, pictures: "list[PictureSteps]") -> None:
    from convlens.charts import draw_preparation

    write_atomically(path, draw_preparation(pictures))
    error_console().print(f"Steps: {path}", markup=False, soft_wrap=True)


def _write_csv(path: Path, class_names: tuple[str, ...], answers: list[tuple[str, "Prediction"]]) -> None:
    """Write a line per image: name, class and its probability, whether it is unknown, every class's probability."""
    text = io.StringIO(newline="")
    writer = csv_module.writer(text, lineterminator="\n")
    writer.writerow(["image", "class", "probability", "unknown", *class_names])
    for name, answer in answers:
        unknown = "yes" if answer.unknown else "no"
        writer.writerow([name, answer.class_name, answer.probability, unknown, *answer.probabilities.tolist()])
    write_atomically(path, text.getvalue())
