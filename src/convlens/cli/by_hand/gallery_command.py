"""`convlens by-hand gallery`."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from convlens.cli.options import Json


def gallery_command(
    *, out: Annotated[Path, Parameter(help="The folder for the drawings; it is created if it does not exist.")],
    json: Json = False,
) -> None:  # fmt: skip
    """Draw all illustrations of docs/operations.md, as SVG and PNG.

    ```
    convlens by-hand gallery --out pictures
    ```
    """
    from convlens.cli.terminal import print_json, result_console
    from convlens.illustrations import write_gallery

    files = write_gallery(out)
    if json:
        print_json({"files": [str(path) for path in files]})
        return
    console = result_console()
    for path in files:
        console.print(str(path), markup=False, soft_wrap=True)
