"""`convlens export`."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

from cyclopts import Parameter

from convlens.cli.options import DataDir, Json, Whole
from convlens.cli.terminal import print_json, result_console, say_if_stopped
from convlens.errors import UsageError
from convlens.words import count_of, printable

if TYPE_CHECKING:
    from convlens.exports import Exported, Pushed
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
    license: Annotated[str | None, Parameter(name=["--license", "--licence"])] = None,
    samples: Whole | None = None,
    push: str | None = None,
    private: Annotated[bool, Parameter(negative="")] = False,
    overwrite: Annotated[bool, Parameter(name="--force", negative="")] = False,
    json: Json = False,
) -> None:
    """Export a model for other programs, such as a web page that works offline, and prove that it answers the same.

    The export is run on held-out images after it was written. It is deleted if an answer differs from the model's.

    ```
    convlens export latest --to html
    convlens export digits.safetensors --to python --out digits.py
    convlens export latest --to onnx --data photos/
    convlens export latest --to huggingface --license mit --push anna/digits
    ```

    Args:
        model: A model file, a run folder, latest, or hf://user/name.
        format: The format: html, a web page; onnx, for ONNX Runtime and OpenVINO; python, one file of plain NumPy;
            torch, a program for PyTorch; c, a folder with C99 code; wasm, a WebAssembly module; huggingface, a folder
            for the Hugging Face Hub, with a model card.
        out: The file or folder to write. [default: the model's name, in the current folder]
        data: The source of the images to prove the export with: a known dataset or your own images. [default: the test
            images of the data that the model was trained on, if they are on this machine]
        prove: How many of these images the export is run on. 0: on noise only.
        int8: Store whole numbers of 8 bits, for a smaller file, in formats that have this.
        input: tensor, images of the network's shape; or picture, images of any size, in formats that have this.
        prepare: Also write a Python file that prepares pictures of any size for this model and does not need Convlens.
        license: The licence of the model, such as mit, for huggingface. [default: none is named]
        samples: How many held-out images the folder for huggingface shows. 0: it has none of them in any form.
            [default: 8 of a known dataset, 0 of your own images]
        push: Upload the folder for huggingface to this repository, such as anna/digits. It replaces README.md and
            config.json there. Without --out, it is not kept on this machine. You need a token: `hf auth login`, or
            HF_TOKEN.
        private: Make the repository private, if it is new; upload nothing if it exists and is public.
        overwrite: Replace an existing file or folder.
    """
    from convlens.cli.reading_progress import showing_progress
    from convlens.exports import export, find_format
    from convlens.trained_model import load_model
    from convlens.trained_model.location import find_model_file, name_of_model

    kind = find_format(format)
    _check_push(kind.name, push, private)
    trained = load_model(model)
    say_if_stopped(trained.facts)
    name = name_of_model(find_model_file(model)) if push is None else push.split("/")[-1]
    with showing_progress() as on_progress, _place(out, f"{name}{kind.suffix}", push) as place:
        written = export(
            trained,
            place,
            cast("FormatName", kind.name),
            data=data,
            data_dir=data_dir,
            prove=prove,
            int8=int8,
            input=cast("InputKind", input),
            prepare=prepare,
            license=license,
            samples=samples,
            name=printable(name),
            overwrite=overwrite,
            on_progress=on_progress,
        )
        pushed = None if push is None else _push(written.path, push, private)
    _tell(written, out is not None or push is None, pushed, json)


def _check_push(format: str, push: str | None, private: bool) -> None:
    """Check before the export what would be refused after it."""
    if push is None:
        if private:
            raise UsageError("--private is for --push. Leave it out, or name the repository with --push.")
        return
    from convlens.exports.pushing import check_push
    from convlens.trained_model.hub import check_repository

    if format != "huggingface":
        raise UsageError(f"--push uploads what --to huggingface writes, not {format!r}. Give --to huggingface.")
    check_push(check_repository(push, "push"))


@contextmanager
def _place(out: Path | None, default: str, push: str | None) -> Iterator[Path]:
    """Yield where to write: `out`, or the default name; in a temporary folder if only the upload is wanted."""
    if out is not None or push is None:
        yield out or Path(default)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder, default)


def _push(folder: Path, repository: str, private: bool) -> "Pushed":
    from convlens.exports import push_to_hub

    return push_to_hub(folder, repository, private=private or None)


def _tell(written: "Exported", is_kept: bool, pushed: "Pushed | None", json: bool) -> None:
    notes = [*written.notes, *(() if pushed is None else pushed.notes)]
    if json:
        places = {"file": str(written.path)} if is_kept else {}
        uploaded = {} if pushed is None else {"url": pushed.url, "commit": pushed.commit}
        beside = {} if written.prepare is None else {"prepare": str(written.prepare)}
        facts = {"bytes": written.bytes, "proof": written.proof.as_dict(), "notes": notes}
        print_json({**places, **beside, **facts, **uploaded})
        return
    console = result_console()
    lines = [f"{written.path}: {count_of(written.bytes, 'byte')}"] if is_kept else []
    lines += [f"{written.prepare}: prepares pictures for it"] if written.prepare and is_kept else []
    lines += [f"Proof: {written.proof}", *notes]
    lines += [] if pushed is None else [f"Uploaded: {pushed.url}"]
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)
