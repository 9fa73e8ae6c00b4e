"""`last.checkpoint`: all that a stopped training needs to go on as if nothing had happened.

A safetensors file like the model, with the same check against changed bits: the weights, what the optimizer
remembers, the weights of the best epoch where early stopping asks for them, and the history. Shuffling and schedule
need no state, since they follow from the seed and the step's number.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from convlens.data import Dataset
from convlens.engines import Weights
from convlens.errors import DataError, ModelFileError
from convlens.files import sha256_of_bytes, write_atomically
from convlens.trained_model import file_format
from convlens.training.events import EpochDone
from convlens.training.loop import History
from convlens.training.probe import ProbeVerdict
from convlens.training.settings import TrainingSettings

_SAMPLED_IMAGES = 512


@dataclass(frozen=True)
class Checkpoint:
    """A training between two steps."""

    settings: TrainingSettings
    data: str
    data_fingerprint: str
    weights: Weights
    optimizer_state: Weights
    history: History
    source: Mapping[str, Any] | None = None
    verdicts: tuple[ProbeVerdict, ...] = ()
    best_weights: Weights = field(default_factory=dict)
    data_dir: str | None = None


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write it, whole or not at all."""
    history = checkpoint.history
    arrays: Weights = {
        **{f"weights/{name}": array for name, array in checkpoint.weights.items()},
        **{f"optimizer/{name}": array for name, array in checkpoint.optimizer_state.items()},
        **{f"best/{name}": array for name, array in checkpoint.best_weights.items()},
        "history/losses": np.array(history.losses, np.float32),
        "history/correct": np.array(history.correct, np.int64),
    }
    facts = {
        "settings": checkpoint.settings.as_dict(),
        "data": checkpoint.data,
        "data_fingerprint": checkpoint.data_fingerprint,
        "epochs": [done.as_dict() for done in history.epochs],
        "seconds": history.seconds,
        "best": history.best,
        "elapsed": history.elapsed,
        "cooling": history.cooling,
        "time_is_up": history.time_is_up,
        "source": checkpoint.source,
        "data_dir": checkpoint.data_dir,
        "verdicts": [asdict(verdict) for verdict in checkpoint.verdicts],
    }
    write_atomically(path, file_format.encode(facts, arrays))


def load_checkpoint(path: Path) -> Checkpoint:
    """Read what `save_checkpoint` wrote.

    Raises:
        ModelFileError: it is not there, damaged, or of a later version.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}.") from error
    facts, arrays = file_format.decode(content, str(path))
    file_format.check_unchanged(content, arrays, str(path))
    try:
        history = History(
            losses=arrays["history/losses"].tolist(),
            correct=arrays["history/correct"].tolist(),
            epochs=msgspec.convert(facts["epochs"], list[EpochDone]),
            seconds=float(facts["seconds"]),
            # Before 0.7 there was neither early stopping nor a time limit.
            best=msgspec.convert(facts.get("best"), int | None),
            elapsed=float(facts.get("elapsed", facts["seconds"])),
            cooling=msgspec.convert(facts.get("cooling"), tuple[int, int] | None),
            time_is_up=bool(facts.get("time_is_up", False)),
        )
        return Checkpoint(
            settings=TrainingSettings.from_dict(facts["settings"]),
            data=str(facts["data"]),
            data_fingerprint=str(facts["data_fingerprint"]),
            weights=_part(arrays, "weights/"),
            optimizer_state=_part(arrays, "optimizer/"),
            best_weights=_part(arrays, "best/"),
            history=history,
            source=msgspec.convert(facts.get("source"), dict[str, Any] | None),
            verdicts=msgspec.convert(facts.get("verdicts", []), tuple[ProbeVerdict, ...]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(
            f"{path} is no checkpoint of a training ({error}). Give the folder of a stopped run."
        ) from error


def fingerprint(dataset: Dataset) -> str:
    """A short name for the training images: another one means other data, in which a stopped training cannot go on.

    Validation images count where they were given, and not divided off by rules that are stored with the run.
    """
    train = dataset.train
    sample: NDArray[Any] = np.linspace(0, len(train) - 1, min(len(train), _SAMPLED_IMAGES)).astype(np.int64)
    facts = json.dumps([train.images.shape, list(train.class_names)]).encode()
    parts = [facts, train.labels.tobytes(), train.images[sample].tobytes()]
    if dataset.validation is not None and dataset.source is None:
        parts += [dataset.validation.labels.tobytes(), dataset.validation.images.tobytes()]
    return sha256_of_bytes(*parts)[:32]


def check_same_data(checkpoint: Checkpoint, dataset: Dataset) -> None:
    """Refuse to go on with other data.

    Raises:
        DataError: the training images are not those that the training began with.
    """
    if fingerprint(dataset) != checkpoint.data_fingerprint:
        raise DataError(
            f"the training images of {dataset.name} are not those that this run began with, so it cannot go on. "
            "Give the same data, and the same validation images where some were given, or start a new training."
        )


def _part(arrays: Weights, prefix: str) -> Weights:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
