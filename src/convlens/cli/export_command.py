"""`convlens export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

from cyclopts import Parameter

from convlens.cli.options import DataDir, Json
from convlens.cli.terminal import print_json, result_console, say_if_stopped
from convlens.words import count_of

if TYPE_CHECKING:
    from convlens.exports.formats import FormatName
    from convlens.exports.options import InputKind


def export_command(
    model: str,
    /,
    *,
    format: Annotated[str, Parameter(name="--to")],
    out: Path | None = None,
    data: str | None = None,
    data_dir: DataDir = None,
    prove: int = 1000,
    int8: Annotated[bool, Parameter(negative="")] = False,
    input: str = "tensor",
    prepare: Annotated[bool, Parameter(negative="")] = False,
    overwrite: Annotated[bool, Parameter(name="--force", negative="")] = False,
    json: Json = False,
) -> None:
    """Export a model for other programs, such as a web page that works offline, and prove that it answers the same.

    The export is run on held-out images after it was written. It is deleted if an answer differs from the model's.

    ```
    convlens export latest --to html
    convlens export digits.safetensors --to python --out digits.py
    convlens export latest --to onnx --data photos/
    ```

    Args:
        model: A model file, a run folder, or latest.
        format: The format: html, a web page; onnx, for ONNX Runtime and OpenVINO; python, one file of plain NumPy;
            torch, a program for PyTorch; c, a folder with C99 code; wasm, a WebAssembly module.
        out: The file or folder to write. [default: the model's name, in the current folder]
        data: The source of the images to prove the export with: a known dataset or your own images. [default: the test
            images of the data that the model was trained on, if they are on this machine]
        prove: How many of these images the export is run on. 0: on noise only.
        int8: Store whole numbers of 8 bits, for a smaller file, in formats that have this.
        input: tensor, images of the network's shape; or picture, images of any size, in formats that have this.
        prepare: Also write a Python file that prepares pictures of any size for this model and does not need Convlens.
        overwrite: Replace an existing file or folder.
    """
    from convlens.cli.reading_progress import showing_progress
    from convlens.exports import export, find_format
    from convlens.trained_model import load_model
    from convlens.trained_model.location import find_model_file, name_of_model

    kind = find_format(format)
    trained = load_model(model)
    say_if_stopped(trained.facts)
    name = name_of_model(find_model_file(model))
    with showing_progress() as on_progress:
        written = export(
            trained,
            out or Path(f"{name}{kind.suffix}"),
            cast("FormatName", kind.name),
            data=data,
            data_dir=data_dir,
            prove=prove,
            int8=int8,
            input=cast("InputKind", input),
            prepare=prepare,
            name=name,
            overwrite=overwrite,
            on_progress=on_progress,
        )
    if json:
        beside = {"prepare": str(written.prepare)} if written.prepare else {}
        print_json({"file": str(written.path), "bytes": written.bytes, **beside, "proof": written.proof.as_dict()})
        return
    console = result_console()
    console.print(f"{written.path}: {count_of(written.bytes, 'byte')}", markup=False, soft_wrap=True)
    if written.prepare:
        console.print(f"{written.prepare}: prepares pictures for it", markup=False, soft_wrap=True)
    console.print(f"Proof: {written.proof}", markup=False, soft_wrap=True)
