"""Find a model: a file, a run folder, `latest`, or a model on the Hugging Face Hub.

`latest` is the run that `runs/latest` points to: the last one with a model. If the file system has no links,
`runs/latest` is a text file with the name of the run folder.
"""

from pathlib import Path

from convlens.checking import as_path
from convlens.errors import ModelFileError
from convlens.trained_model import hub

MODEL_FILE_NAME = "model.safetensors"
CONFIG_NAME = "config.toml"
CHECKPOINT_NAME = "last.checkpoint"
RUNS_FOLDER = Path("runs")
LATEST = "latest"
ALLOWED = "a model file, a run folder, latest, or hf://user/name"


def find_model_file(model: Path | str) -> Path:
    """Return the path of the model file for a file, a run folder, `latest` or `hf://user/name`.

    A model on the Hugging Face Hub is downloaded into the cache of huggingface_hub.

    Raises:
        ModelFileError: the file or folder does not exist, or the folder contains no model.
        UsageError, HubError, MissingDependency: see `hub.download`.
    """
    path = as_path("model", model)
    address = hub.read_address(model)
    if address is not None:
        return hub.download(address, MODEL_FILE_NAME)
    if str(model) == LATEST and not path.exists():
        path = latest_run()
    if not path.exists():
        raise ModelFileError(f"{model}: no such file or folder. Give {ALLOWED}.")
    if not path.is_dir():
        if not path.is_file():
            raise ModelFileError(f"{path} is not a regular file. Give {ALLOWED}.")
        return path
    file = path / MODEL_FILE_NAME
    if not file.is_file() and (path / CHECKPOINT_NAME).is_file():
        raise ModelFileError(
            f"{path}: this run has no {MODEL_FILE_NAME}; it is still training, or it ended before it could save. "
            f"To resume a stopped run: convlens train --resume {path}"
        )
    if not file.is_file():
        raise ModelFileError(
            f"{path}: this folder contains no {MODEL_FILE_NAME}. Give a model file or a finished run's folder."
        )
    return file


def latest_run(runs: Path = RUNS_FOLDER) -> Path:
    """Return the folder that `runs/latest` points to.

    Raises:
        ModelFileError: `runs/latest` does not exist, or its run was deleted.
    """
    pointer = runs / LATEST
    target = pointer
    if pointer.is_file():
        target = runs / pointer.read_text(encoding="utf-8").strip()
    if target.is_dir():
        return target.resolve()
    if pointer.is_symlink() or pointer.exists():
        raise ModelFileError(f"{pointer} points to a run that no longer exists. Give a model file or a run folder.")
    raise ModelFileError(
        f"there is no latest run: {pointer} does not exist in {Path.cwd()}. Run `convlens train`, or give a model file."
    )


def place_of_model(model: Path | str) -> str:
    """Return the given path, with `latest` replaced by the run's folder, since `latest` changes with the next run.

    >>> place_of_model("runs/first"), place_of_model("digits.safetensors")
    ('runs/first', 'digits.safetensors')
    """
    if hub.read_address(model) is not None:
        return str(model)
    path = Path(model)
    if str(model) == LATEST and not path.exists():
        return str(RUNS_FOLDER / latest_run().name)
    return str(path.parent / path.resolve().name) if path.name == LATEST and path.is_symlink() else str(model)


def name_of_model(file: Path) -> str:
    """Return the name of a model: that of its run, of its file, or on the Hugging Face Hub, without the user's.

    >>> name_of_model(Path("runs/first/model.safetensors")), name_of_model(Path("digits.safetensors"))
    ('first', 'digits')
    """
    on_hub = hub.name_in_cache(file)
    if on_hub is not None:
        return on_hub
    return file.resolve().parent.name if file.name == MODEL_FILE_NAME else file.stem
