"""`convlens data list`, `convlens data fetch` and `convlens data check`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter
from rich.markup import escape

from convlens.cli.options import DataDir, Json
from convlens.cli.tables import ColumnTable
from convlens.cli.terminal import print_json, result_console
from convlens.cli.training_options import UserImages, UserImagesOptions
from convlens.errors import DataError
from convlens.words import times

if TYPE_CHECKING:
    from convlens.data import CatalogueEntry, DatasetStatus, ImportOptions
    from convlens.data.checkup import Checkup

EXIT_PROBLEMS = DataError.exit_code

data_app = App(name="data", help_format="markdown")
data_app.help = """List and download known datasets, and check your own images for problems.

```
convlens data list
convlens data fetch mnist --data-dir ./data
convlens data check photos/
```
"""


@data_app.command(name="list")
def list_command(*, data_dir: DataDir = None, json: Json = False) -> None:
    """List the known datasets: image size, classes, licence, and whether each is on this machine.

    ```
    convlens data list
    convlens data list --json
    ```
    """
    from convlens.data import CATALOGUE, status

    found = [(entry, status(entry, data_dir)) for entry in CATALOGUE.values()]
    if json:
        print_json({"datasets": [_as_dict(entry, one) for entry, one in found]})
        return
    table = ColumnTable("name", "title", "image", "classes", "licence", "on this machine", right=("classes",))
    for entry, one in found:
        where = escape(str(one.path)) if one.state == "present" else f"{one.state}; convlens data fetch {entry.name}"
        table.add_row(
            f"[bold]{entry.name}[/]", entry.title, times(entry.shape), str(len(entry.class_names)), entry.licence, where
        )
    result_console().print(table)


@data_app.command(name="fetch")
def fetch_command(
    names: Annotated[list[str], Parameter(help="Names of known datasets; `convlens data list` shows them.")],
    /,
    *,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Download datasets and verify their checksums. Files that are already there are only verified.

    ```
    convlens data fetch mnist
    convlens data fetch mnist fashion-mnist --data-dir ./data
    ```
    """
    from convlens.cli.reading_progress import showing_progress
    from convlens.data import fetch

    folders = {}
    for name in names:
        with showing_progress() as on_progress:
            folders[name] = str(fetch(name, data_dir=data_dir, on_progress=on_progress))
        if not json:
            result_console().print(f"{name}: {folders[name]}", soft_wrap=True, markup=False)
    if json:
        print_json({"folders": folders})


@data_app.command(name="check")
def check_command(
    images: Annotated[
        str,
        Parameter(help="A folder with one subfolder for each class, a CSV, .npz, IDX or zip file, or a known dataset."),
    ],
    /,
    *,
    strict: Annotated[bool, Parameter(negative="", help="Exit with code 3 if there is an error or a warning.")] = False,
    reading: UserImagesOptions = None,
    data_dir: DataDir = None,
    json: Json = False,
) -> int:
    """Check images for problems before you train on them. Nothing is changed or deleted.

    ```
    convlens data check photos/
    convlens data check photos.zip --strict
    convlens data check frames/ --group-by "{stem[:5]}" --json
    ```

    Errors make the measured accuracy wrong, for example if an image is in both the training and the test images.
    Warnings make the model worse. Notes are for information.
    """
    from convlens.cli.checkup_view import print_checkup

    checkup = _check(images, (reading or UserImages()).as_options(), data_dir)
    failed = strict and bool(checkup.problems)
    if json:
        print_json({**checkup.as_dict(), "strict": strict, "passed": not failed})
    else:
        print_checkup(checkup)
    return EXIT_PROBLEMS if failed else 0


def _check(images: str, options: "ImportOptions | None", data_dir: Path | None) -> "Checkup":
    """Check a known dataset, or images at a path."""
    from convlens.cli.reading_progress import showing_progress
    from convlens.data import cache_folder, import_images, is_custom_path, load_dataset
    from convlens.data.checkup import check_images

    with showing_progress() as on_progress:
        if is_custom_path(images):
            found = import_images(images, options, cache_folder(data_dir), on_progress)
        else:
            found = load_dataset(images, data_dir, on_progress, options)
        return check_images(found, on_progress)


def _as_dict(entry: "CatalogueEntry", found: "DatasetStatus") -> dict[str, Any]:
    return {
        "name": entry.name,
        "title": entry.title,
        "licence": entry.licence,
        "image_shape": list(entry.shape),
        "class_names": list(entry.class_names),
        "files": {name: file.sha256 for name, file in entry.files.items()},
        "sources": [source.describe() for source in entry.sources],
        "state": found.state,
        "path": str(found.path),
        "bytes": found.size,
    }
