"""`convlens data list` and `convlens data fetch`."""

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter
from rich.markup import escape

from convlens.cli.options import DataDir, Json

if TYPE_CHECKING:
    from convlens.data import CatalogueEntry, DatasetStatus

data_app = App(name="data", help_format="markdown")
data_app.help = """Known datasets: which there are, and getting them.

```
convlens data list
convlens data fetch mnist --data-dir ./data
```
"""


@data_app.command(name="list")
def list_command(*, data_dir: DataDir = None, json: Json = False) -> None:
    """Every known dataset: its size, its licence, and whether it is on this machine.

    ```
    convlens data list
    convlens data list --json
    ```
    """
    from convlens.cli.terminal import make_table, print_json, result_console
    from convlens.data import CATALOGUE, status

    found = [(entry, status(entry, data_dir)) for entry in CATALOGUE.values()]
    if json:
        print_json({"datasets": [_as_dict(entry, one) for entry, one in found]})
        return
    table = make_table("name", "what", "image", "classes", "licence", "on this machine", right=("classes",))
    for entry, one in found:
        shape = "×".join(map(str, entry.shape))
        where = escape(str(one.path)) if one.state == "present" else f"{one.state}; convlens data fetch {entry.name}"
        table.add_row(f"[bold]{entry.name}[/]", entry.title, shape, str(len(entry.class_names)), entry.licence, where)
    result_console().print(table)


@data_app.command(name="fetch")
def fetch_command(
    names: Annotated[list[str], Parameter(help="Known datasets, see `convlens data list`.")],
    /,
    *,
    data_dir: DataDir = None,
    json: Json = False,
) -> None:
    """Get datasets and check every byte; what is there already is only checked.

    ```
    convlens data fetch mnist
    convlens data fetch mnist fashion-mnist --data-dir ./data
    ```
    """
    from convlens.cli.terminal import print_json, result_console, showing_downloads
    from convlens.data import fetch

    folders = {}
    for name in names:
        with showing_downloads() as on_progress:
            folders[name] = str(fetch(name, data_dir=data_dir, on_progress=on_progress))
        if not json:
            result_console().print(f"{name}: {folders[name]}", soft_wrap=True, markup=False)
    if json:
        print_json({"folders": folders})


def _as_dict(entry: "CatalogueEntry", found: "DatasetStatus") -> dict[str, Any]:
    return {
        "name": entry.name,
        "title": entry.title,
        "licence": entry.licence,
        "image_shape": list(entry.shape),
        "class_names": list(entry.class_names),
        "files": dict(entry.files),
        "sources": [source.describe() for source in entry.sources],
        "state": found.state,
        "path": str(found.path),
        "bytes": found.size,
    }
