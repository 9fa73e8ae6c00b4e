"""`convlens export`."""

from pathlib import Path
from typing import TYPE_CHECKING

from convlens.cli.options import DataDir, Json
from convlens.cli.terminal import print_json, result_console, say_if_stopped
from convlens.words import count_of

if TYPE_CHECKING:
    from convlens.data import LabelledImages
    from convlens.trained_model import TrainedModel


def export_command(
    model: str,
    /,
    *,
    to: str,
    out: Path | None = None,
    data: str | None = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Export a model as one file, such as a web page that works offline.

    ```
    convlens export latest --to html
    convlens export digits.safetensors --to html --out digits.html
    convlens export latest --to html --data photos/
    ```

    Args:
        model: A model file, a run folder, or latest.
        to: The format of the file: html, a web page.
        out: The file to write. [default: the model's name, in the current folder]
        data: The source of the sample images: a known dataset or your own images. [default: the test images of the
            data that the model was trained on, if they are on this machine]
    """
    from convlens.export import choose_samples, find_format
    from convlens.files import check_parent_folder
    from convlens.trained_model import load_model
    from convlens.trained_model.location import find_model_file, name_of_model

    kind = find_format(to)
    if out is not None:
        check_parent_folder(out)  # so that an error appears before images are read
    trained = load_model(model)
    say_if_stopped(trained.facts)
    name = name_of_model(find_model_file(model))
    images = _images(trained, data, data_dir)
    samples = None if images is None else choose_samples(trained, images)
    written = kind.write(trained, out or Path(f"{name}{kind.suffix}"), samples, name)
    size, count = written.stat().st_size, 0 if samples is None else len(samples)
    if json:
        print_json({"file": str(written), "bytes": size, "samples": count})
        return
    result_console().print(
        f"{written}: {count_of(size, 'byte')}, with {count_of(count, 'image')}", markup=False, soft_wrap=True
    )


def _images(model: "TrainedModel", data: str | None, data_dir: Path | None) -> "LabelledImages | None":
    """Return the images to choose samples from. Nothing is downloaded unless `data` names it."""
    from convlens.cli.reading_progress import showing_progress
    from convlens.evaluation import choose_images, find_test_images

    if data is None:
        return find_test_images(model, data_dir)
    with showing_progress() as on_progress:
        return choose_images(model, data, data_dir, on_progress).images
