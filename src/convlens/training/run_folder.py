"""Write the folder of a training run. It is never overwritten, and `runs/latest` points to the newest one.

runs/2026-11-23_1510_mnist/
  model.safetensors   the trained model
  config.toml         repeats the run: convlens train --config .../config.toml
  command.txt         the command that started it
  environment.json    machine and versions
  metrics.csv         one line per epoch
  losses.csv          one line per step, or for each of 10,000 equal parts of a longer training
  training.png        loss and accuracy
  samples.png         three test images with the model's answers
  kernels.png         the first layer's kernels
  log.txt             the log
  last.checkpoint     while it runs, and after a stop

The checkpoint is the first file and is written before the first step, so a run can be resumed whenever it is killed.
The folder of a run that was killed even earlier counts as empty.
"""

import csv
import io
import json
import os
import platform
import re
import shlex
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import tomli_w

from convlens.checking import shown
from convlens.data import ImportOptions
from convlens.errors import DataError, OutputError, UsageError
from convlens.files import check_parent_folder, explain_write_errors, make_folder, write_atomically
from convlens.machine import available_cores
from convlens.trained_model.location import CONFIG_NAME, LATEST, RUNS_FOLDER
from convlens.training.events import EpochDone
from convlens.training.leftovers import is_left_over, remove_empty_runs
from convlens.training.settings import TrainingSettings
from convlens.words import shorten

METRICS_NAME = "metrics.csv"
LOSSES_NAME = "losses.csv"
ENVIRONMENT_NAME = "environment.json"
COMMAND_NAME = "command.txt"
LOG_NAME = "log.txt"
_MOST_LOSSES = 10_000


def check_run_folder(out: Path | str) -> None:
    """Check that `create_run_folder` can create `out`, without creating it: before images are downloaded or decoded.

    Raises:
        UsageError: `out` exists and is not empty.
        OutputError: it cannot be created.
    """
    folder = Path(out)
    with explain_write_errors(folder):
        check_parent_folder(folder if folder.parent.exists() else folder.parent)
        if folder.name != "*" and folder.exists() and not all(map(is_left_over, folder.iterdir())):
            reason = f"{folder} is not empty, and runs are never overwritten. Give another folder with out=."
            raise UsageError(reason, mentions=["out"])


def create_run_folder(name: str, out: Path | str) -> Path:
    """Create and return a new, empty folder: `out`. A final `*` is replaced by date, time and `name`.

    The folder and its parent, such as `runs`, are created; everything above must exist.

    Raises:
        UsageError: `out` exists and is not empty.
        OutputError: it cannot be created.
    """
    check_run_folder(out)
    folder = Path(out)
    with explain_write_errors(folder.parent if folder.name == "*" else folder):
        if folder.name == "*":
            folder = _create_dated_folder(name, folder.parent)
        else:
            make_folder(folder, and_above=1)
    return folder


def _create_dated_folder(name: str, parent: Path) -> Path:
    # The name of a dataset is free text; in a folder's name, it must have no slash and not be too long.
    ending = re.sub(r"[^\w.-]+", "-", name)[:40]
    base = f"{datetime.now():%Y-%m-%d_%H%M}_{ending}"
    make_folder(parent)
    remove_empty_runs(parent)
    for number in range(1, 10_000):
        folder = parent / (base if number == 1 else f"{base}_{number}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        return folder
    raise OutputError(f"cannot find a free name for {parent / base}. Give one with out=.", mentions=["out"])


def point_latest_to(folder: Path) -> None:
    """Point `runs/latest` to a folder in `runs`: with a link, or with a text file if links do not work."""
    if folder.parent.resolve() != RUNS_FOLDER.resolve():
        return
    pointer = folder.parent / LATEST
    temporary = folder.parent / f".{LATEST}.{os.getpid()}"
    try:
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(folder.name, target_is_directory=True)
        temporary.replace(pointer)
    except OSError:
        temporary.unlink(missing_ok=True)
        if pointer.is_symlink() or not pointer.is_dir():
            pointer.unlink(missing_ok=True)
            write_atomically(pointer, folder.name + "\n")


@dataclass(frozen=True)
class RunConfig:
    """The content of a `config.toml`: the data (a name or a path), the folder of known datasets, the settings, and how
    custom images are read.
    """

    data: str
    data_dir: str | None
    settings: TrainingSettings
    images: ImportOptions | None = None


def write_start(folder: Path, started: RunConfig, engine: str) -> None:
    """Write the files that are known before the first step, if they are missing: config, command and environment."""
    if all((folder / name).is_file() for name in (CONFIG_NAME, COMMAND_NAME, ENVIRONMENT_NAME)):
        return
    config: dict[str, Any] = {"data": started.data, **({"data_dir": started.data_dir} if started.data_dir else {})}
    if started.images is not None:
        config["images"] = {key: value for key, value in started.images.as_dict().items() if value is not None}
    config["settings"] = started.settings.as_dict()
    place = str(folder / CONFIG_NAME)
    # A comment in TOML is one line of printable characters; the name of a folder may have others.
    head = f"# Repeats this run: convlens train --config {shlex.quote(place if place.isprintable() else CONFIG_NAME)}\n"
    write_atomically(folder / CONFIG_NAME, head + tomli_w.dumps(config))
    write_atomically(folder / COMMAND_NAME, os.fsencode(shlex.join(["convlens", *sys.argv[1:]]) + "\n"))
    write_atomically(folder / ENVIRONMENT_NAME, json.dumps(describe_environment(engine), indent=2) + "\n")


def read_config(path: Path | str) -> RunConfig:
    """Read a `config.toml`.

    Raises:
        DataError: the file cannot be read or is not TOML.
        UsageError: it has an unknown key or a value that is not allowed.
    """
    try:
        config = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}. Give the {CONFIG_NAME} of a run.") from error
    except (ValueError, RecursionError) as error:  # not TOML, not UTF-8, or a number with thousands of digits
        reason = " ".join(str(error).split())[:200]
        raise DataError(f"{path} is not a TOML file: {reason}. Give the {CONFIG_NAME} of a run.") from error
    unknown = set(config) - {"data", "data_dir", "images", "settings"}
    if unknown:
        known = "data, data_dir, [images] and [settings]"
        keys = shorten(", ".join(sorted(unknown)), 200)
        raise UsageError(f"{path}: unknown key {keys}. The known keys are {known}.")
    for key in ("data", "data_dir"):
        if not isinstance(config.get(key, ""), str):
            raise UsageError(f"{path}: {key} is {shown(config[key])}; it must be text in quotes.")
    for key in ("images", "settings"):
        if not isinstance(config.get(key, {}), dict):
            raise UsageError(f"{path}: {key} is {shown(config[key])}; it must be a table, [{key}].")
    images = ImportOptions.from_dict(config["images"]) if "images" in config else None
    settings = TrainingSettings.from_dict(config.get("settings", {}))
    return RunConfig(config.get("data", "mnist"), config.get("data_dir"), settings, images)


def describe_environment(engine: str) -> dict[str, Any]:
    """Return the machine and the versions, for `environment.json`."""
    return {
        "engine": engine,
        "versions": {name: _version(name) for name in ("convlens", "numpy", "pillow", "safetensors", "torch")},
        "python": platform.python_version(),
        "system": platform.platform(),
        "processor": processor_name(),
        "cores": available_cores(),
        "started": datetime.now().astimezone().isoformat(timespec="seconds"),
    }


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def processor_name() -> str:
    """Return the name of the processor, which `platform` does not know on Linux."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def append_log(folder: Path, lines: list[str]) -> None:
    """Add lines to `log.txt`."""
    if lines:
        text = "\n".join(lines) + "\n"
        path = folder / LOG_NAME
        with explain_write_errors(path), path.open("a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)


def write_metrics(folder: Path, epochs: list[EpochDone]) -> None:
    """Write `metrics.csv`: one line per epoch, with empty cells if no images were held out."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [column.name for column in fields(EpochDone)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(done.as_dict() for done in epochs)
    write_atomically(folder / METRICS_NAME, text.getvalue())


def write_losses(folder: Path, losses: Sequence[float]) -> None:
    """Write `losses.csv`: one line per step, counted from 1; for more than 10,000 steps, each line has the last step
    and the mean loss of several.
    """
    size = max(1, -(-len(losses) // _MOST_LOSSES))
    lines = ["step,loss"]
    for start in range(0, len(losses), size):
        some = losses[start : start + size]
        lines.append(f"{start + len(some)},{sum(some) / len(some):.6g}")
    write_atomically(folder / LOSSES_NAME, "\n".join(lines) + "\n")
