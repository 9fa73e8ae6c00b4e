"""Lists the runs in the runs folder, and finds the model file of a run by name.

A name in a request has no separators; links to places outside the folder are ignored. A run whose name is not text has
another one on the page (`wire.shown_name`).
"""

from functools import lru_cache
from pathlib import Path
from typing import Any

from convlens.errors import ModelFileError, UsageError
from convlens.server.wire import shown_name
from convlens.trained_model.file_format import read_facts
from convlens.trained_model.location import LATEST, MODEL_FILE_NAME

MOST_RUNS = 200


def list_runs(runs: Path, most: int = MOST_RUNS) -> list[dict[str, Any]]:
    """Return the runs that have a model, newest first; files that are not models are skipped."""
    files = [file for folder in _folders(runs) if (file := _model_file(runs, folder)) is not None]
    dated = sorted(((file.stat().st_mtime_ns, file) for file in files), reverse=True)[:most]
    described = (_describe(file, time, file.stat().st_size) for time, file in dated)
    return [run for run in described if run is not None]


def find_run(runs: Path, name: str) -> Path:
    """Return the model file of the run with this name, or of `latest`.

    Raises:
        UsageError: the name is not valid for a run.
        ModelFileError: there is no such run, or it has no model.
    """
    if "\\" in name and (shown := _model_file_of_shown(runs, name)) is not None:
        return shown
    if not name or name in (".", "..") or any(letter in name for letter in "/\\\0") or len(name) > 255:
        raise UsageError(f"{name!r:.60} is not the name of a run. Give one that /api/runs lists.")
    file = _model_file(runs, runs / name)
    if file is None:
        raise ModelFileError(f"there is no run {name!r:.60} with a model. Give one that /api/runs lists.")
    return file


def _folders(runs: Path) -> list[Path]:
    try:
        return [folder for folder in runs.iterdir() if folder.name != LATEST and not folder.name.startswith(".")]
    except OSError:
        return []


def _model_file_of_shown(runs: Path, name: str) -> Path | None:
    """The model of a run whose name is not text, so that it was listed under another."""
    found = (folder for folder in _folders(runs) if shown_name(folder.name) == name)
    return next((file for folder in found if (file := _model_file(runs, folder)) is not None), None)


def _model_file(runs: Path, folder: Path) -> Path | None:
    """Return the model in a run's folder; None if there is none, or if a link leads elsewhere."""
    try:
        file = (folder / MODEL_FILE_NAME).resolve()
        inside = file.is_relative_to(runs.resolve())
        return file if inside and file.is_file() else None
    except (OSError, RuntimeError):  # links in a circle, no permission
        return None


@lru_cache(maxsize=2 * MOST_RUNS)
def _describe(file: Path, _time: int, _size: int) -> dict[str, Any] | None:
    """Return the facts stored in a run's model; they are read again when the file has changed."""
    try:
        stored = read_facts(file)
    except (OSError, ModelFileError):
        return None
    facts = stored.get("facts")
    facts = facts if isinstance(facts, dict) else {}
    test = facts.get("test")
    return {
        "name": file.parent.name,
        "data": _text(facts.get("data")),
        "recipe": _text(facts.get("recipe")),
        "accuracy": _number(test.get("accuracy") if isinstance(test, dict) else None),
        "seconds": _number(facts.get("seconds")),
        "network": _text(stored.get("network")),
        "finished": facts.get("finished") is True,
        "trained_at": _text(facts.get("trained_at")),
    }


def _text(value: Any, longest: int = 2_000) -> str | None:
    return value[:longest] if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    return (
        float(value) if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12 else None
    )
