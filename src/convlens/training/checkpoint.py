"""`last.checkpoint`: everything that is needed to resume a stopped training.

It is a safetensors file like the model, with the same checksum: the weights, the optimizer's state, the history and,
with early stopping, the weights of the best epoch. Shuffling and schedule need no state, since they depend only on the
seed and the number of the step.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from convlens.data import Dataset
from convlens.engines import Weights
from convlens.engines.engine import check_weights
from convlens.errors import DataError, ModelFileError, UsageError
from convlens.files import sha256_of_bytes, write_atomically
from convlens.trained_model import file_format
from convlens.trained_model.facts import check_json
from convlens.trained_model.location import CHECKPOINT_NAME
from convlens.training.events import EpochDone
from convlens.training.loop import History
from convlens.training.probe import ProbeVerdict
from convlens.training.settings import TrainingSettings

_SAMPLED_IMAGES = 512
_Count = Annotated[int, msgspec.Meta(ge=0)]
_Seconds = Annotated[float, msgspec.Meta(ge=0)]


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
    """Write a checkpoint atomically."""
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
    """Read a checkpoint that `save_checkpoint` wrote.

    Raises:
        ModelFileError: the file does not exist, is damaged, or has a later version.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror}.") from error
    return read_checkpoint(content, str(path))


def read_checkpoint(content: bytes, name: str) -> Checkpoint:
    """Read the content of a checkpoint; errors call the file `name`.

    Raises:
        ModelFileError: it is damaged, of a later version, or not a checkpoint.
    """
    with file_format.explaining_damage(name):
        facts, arrays = file_format.decode(content, name)
        file_format.check_unchanged(content, arrays, name)
        return _read(facts, arrays, name)


def _read(facts: dict[str, Any], arrays: Weights, name: str) -> Checkpoint:
    missing = {"history/losses", "history/correct"} - arrays.keys() | {"epochs", "settings", "data"} - facts.keys()
    if missing:
        reason = f"it has no {', no '.join(sorted(missing))}"
        raise ModelFileError(f"{name} is not a checkpoint of a training: {reason}. Give the folder of a stopped run.")
    check_json(facts, "the metadata")
    stored = msgspec.convert(facts, _Stored)
    settings = TrainingSettings.from_dict(stored.settings)
    history = History(
        losses=_row(arrays, "history/losses", np.float32),
        correct=_row(arrays, "history/correct", np.int64),
        epochs=stored.epochs,
        seconds=stored.seconds,
        best=stored.best,
        elapsed=stored.seconds if stored.elapsed is None else stored.elapsed,
        cooling=stored.cooling,
        time_is_up=stored.time_is_up,
    )
    step = arrays.get("optimizer/step")
    if step is not None and (step.shape != () or not np.isfinite(step)):
        raise UsageError("the optimizer's step is not one number.")
    if len(history.correct) != history.steps or not len(history.epochs) <= min(history.steps, settings.epochs):
        counts = f"{history.steps} losses, {len(history.correct)} counts and {len(history.epochs)} epochs"
        raise UsageError(f"{counts} do not fit together.")
    if history.best is not None and history.best >= len(history.epochs):
        raise UsageError(f"epoch {history.best} of {len(history.epochs)} is said to be the best.")
    return Checkpoint(
        settings=settings,
        data=stored.data,
        data_fingerprint=stored.data_fingerprint,
        weights=_part(arrays, "weights/"),
        optimizer_state=_part(arrays, "optimizer/"),
        best_weights=_part(arrays, "best/"),
        history=history,
        source=stored.source,
        verdicts=stored.verdicts,
        data_dir=stored.data_dir,
    )


def _row(arrays: Weights, name: str, kind: type) -> list[Any]:
    row = arrays[name]
    if row.dtype != kind or row.ndim != 1 or not np.isfinite(row).all():
        raise UsageError(f"{name} is {row.dtype} of shape {row.shape}, not a row of finite numbers.")
    return row.tolist()


class _Stored(msgspec.Struct):
    """The metadata of a checkpoint; msgspec checks the types. Fields with a default were added in version 0.7."""

    settings: dict[str, Any]
    data: str
    data_fingerprint: str
    epochs: list[EpochDone]
    seconds: _Seconds
    best: _Count | None = None
    elapsed: _Seconds | None = None
    cooling: tuple[_Count, _Count] | None = None
    time_is_up: bool = False
    source: dict[str, Any] | None = None
    verdicts: tuple[ProbeVerdict, ...] = ()
    data_dir: str | None = None


def fingerprint(dataset: Dataset) -> str:
    """Return a short hash of the training images; a stopped training can only be resumed if it is the same.

    It includes validation images that were given, but not those that were split off by rules stored with the run.
    """
    train = dataset.train
    sample: NDArray[Any] = np.linspace(0, len(train) - 1, min(len(train), _SAMPLED_IMAGES)).astype(np.int64)
    facts = json.dumps([train.images.shape, list(train.class_names)]).encode()
    parts = [facts, train.labels.tobytes(), train.images[sample].tobytes()]
    if dataset.validation is not None and dataset.source is None:
        parts += [dataset.validation.labels.tobytes(), dataset.validation.images.tobytes()]
    return sha256_of_bytes(*parts)[:32]


def check_fits(checkpoint: Checkpoint, steps_per_epoch: int, planned: int, shapes: dict[str, tuple[int, ...]]) -> None:
    """Refuse a checkpoint whose history or weights do not fit its own settings. The training would fail later, or never
    end.

    Args:
        planned: the number of steps in all epochs.
        shapes: the shapes of the network's weights.

    Raises:
        ModelFileError: the checkpoint does not fit; the message says why.
    """
    history = checkpoint.history
    whole, begun = divmod(history.steps, steps_per_epoch)
    first, cooling = history.cooling or (0, planned)
    problem = ""
    if history.steps > planned or len(history.epochs) not in {whole, whole + (begun > 0)}:
        problem = (
            f"{history.steps:,} steps and {len(history.epochs):,} epochs of {planned:,} and {steps_per_epoch:,} each"
        )
    elif not first <= history.steps <= first + cooling <= planned:
        problem = f"a learning rate that falls for {cooling:,} steps from step {first:,} on"
    elif int(checkpoint.optimizer_state.get("step", np.int64(-1))) != history.steps:
        problem = "an optimizer that has taken another number of steps"
    elif history.best is not None or checkpoint.best_weights:
        try:
            check_weights(shapes, checkpoint.best_weights)
        except UsageError as error:
            problem = f"best weights that are none ({error})"
    if problem:
        raise ModelFileError(
            f"{CHECKPOINT_NAME} does not fit its own settings: it has {problem}. Give the folder of a stopped run, or "
            "start a new training."
        )


def check_same_data(checkpoint: Checkpoint, dataset: Dataset) -> None:
    """Check that the data are those of the checkpoint.

    Raises:
        DataError: the training images have changed.
    """
    if fingerprint(dataset) != checkpoint.data_fingerprint:
        raise DataError(
            f"the training images of {dataset.name} differ from those that this run began with, so it cannot be "
            "resumed. Give the same data, with the same validation images if there were any, or start a new training."
        )


def _part(arrays: Weights, prefix: str) -> Weights:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
