"""Changes model files and checkpoints at random: only Convlens's errors may result. `parsers` does so for other files.

Bytes are flipped, cut and inserted; facts are replaced by values of other types, and sealed with a valid checksum, as
an attacker would do. Files that load are also used: an error that is raised later is just as bad.
"""

import functools
import json
import random
import struct
from pathlib import Path
from typing import Any

import numpy as np

from campaign_parts.changes import change_bytes, change_within
from campaign_parts.trial import Outcome, Trial
from campaign_parts.tries import Target, try_all
from convlens.calibration import Calibration
from convlens.exports import page_model
from convlens.network import Network, initial_weights
from convlens.preprocessing.fitting import fit_preprocessing
from convlens.trained_model import TrainedModel, file_format
from convlens.trained_model.file_format import read_facts
from convlens.training import TrainingSettings
from convlens.training.checkpoint import Checkpoint, check_fits, read_checkpoint, save_checkpoint
from convlens.training.events import EpochDone
from convlens.training.loop import History

TITLE = "Model files and checkpoints that are changed"
COUNT = 400_000
NETWORK = "conv 2 3x3 pad 1, batchnorm, relu, dense"
SHAPE = (1, 6, 6)
EPOCHS = [EpochDone(number, 3, 0.5, 0.5, 0.5, 0.01, 0.1, 100.0, 0.7) for number in range(2)]


def run(trial: Trial) -> Outcome:
    """Try changed files, and report each place that raised another kind of error once, with how to repeat it."""
    return try_all(trial, _targets, "files")


def _targets(folder: Path) -> dict[str, Target]:
    """Return the functions that change and read a file or text, by name."""
    model = _make_model().to_bytes()
    checkpoint = _make_checkpoint(folder)
    return {
        "model, bytes": lambda chance: _use_model(change_bytes(model, chance), folder),
        "model, facts": lambda chance: _use_model(change_facts(model, chance), folder),
        "model, header": lambda chance: _use_model(change_header(model, chance), folder),
        "checkpoint, bytes": lambda chance: _use_checkpoint(change_bytes(checkpoint, chance)),
        "checkpoint, facts": lambda chance: _use_checkpoint(change_facts(checkpoint, chance)),
        "checkpoint, arrays": lambda chance: _use_checkpoint(change_arrays(checkpoint, chance)),
    }


def _make_model() -> TrainedModel:
    """Return a model with every fact that a training writes."""
    network = Network.from_text(NETWORK)
    facts: dict[str, Any] = {
        "data": "pets", "training_images": 12, "recipe": "fast", "epochs": 2, "steps": 6, "finished": True, "seed": 3,
        "settings": TrainingSettings().as_dict(), "engine": "native", "seconds": 0.5, "trained_at": "2026-11-23",
        "numbered_labels": True, "notes": ["a note"], "last_epoch": EPOCHS[-1].as_dict(),
        "history": {"loss": [0.5, 0.4], "accuracy": [0.5, 0.6]}, "ended_by": "epochs", "best_epoch": 1,
        "test": {"accuracy": 0.5, "correct": 3, "total": 6}, "samples": [{"image": 1, "predicted": "1", "true": "2"}],
        "data_source": {"path": "/pets", "options": {}},
    }  # fmt: skip
    preprocessing = fit_preprocessing(np.random.default_rng(2).integers(0, 256, (8, *SHAPE), np.uint8), "glyph")
    weights = initial_weights(network, SHAPE, 2, seed=1)
    return TrainedModel(network, weights, preprocessing, ("1", "2"), facts, Calibration(1.25, 0.75, 0.01, 0.5, 0.0, 40))


def _make_checkpoint(folder: Path) -> bytes:
    settings = TrainingSettings(network=NETWORK, epochs=3, early_stopping=2, validation=0.2)
    weights = initial_weights(Network.from_text(NETWORK), SHAPE, 2, seed=1)
    state = {"step": np.array(7, np.int64), **{f"exp_avg/{name}": array for name, array in weights.items()}}
    history = History([0.5] * 7, [3] * 7, EPOCHS, 0.5, 1, 0.75, None, False)
    source = {"path": "/pets", "options": {}}
    save_checkpoint(
        folder / "saved", Checkpoint(settings, "pets", "f" * 32, weights, state, history, source, (), weights)
    )
    return (folder / "saved").read_bytes()


def _use_model(content: bytes, folder: Path) -> None:
    if len(content) % 4 == 0:
        (folder / "model").write_bytes(content)
        read_facts(folder / "model")
    model = TrainedModel.from_bytes(content, "model")
    assert TrainedModel.from_bytes(model.to_bytes()).class_names == model.class_names
    assert repr(model).startswith("TrainedModel(")
    assert model.summary()
    assert model.history.epochs >= 0
    json.dumps(page_model(model), allow_nan=False).encode()
    if model.preprocessing.image_shape == SHAPE:
        model.predict_labels(np.zeros((1, 6, 6), np.uint8))
        model.predict(np.arange(64, dtype=np.uint8).reshape(8, 8) * 3, repair=True)


def _use_checkpoint(content: bytes) -> None:
    loaded = read_checkpoint(content, "last.checkpoint")
    network = Network.from_text(loaded.settings.network)
    check_fits(loaded, 3, 3 * loaded.settings.epochs, network.parameter_shapes(SHAPE, 2))


@functools.cache
def _decoded(content: bytes) -> tuple[str, dict[str, Any]]:
    """Return the facts as JSON, and the tensors, of one of the two unchanged files."""
    facts, arrays = file_format.decode(content, "whole")
    return json.dumps(facts), arrays


def change_facts(content: bytes, chance: random.Random) -> bytes:
    """Replace, remove or nest some facts, with a valid checksum."""
    text, arrays = _decoded(content)
    facts = json.loads(text)
    for _ in range(chance.choice((1, 1, 2, 4))):
        change_within(facts, chance)
    return _seal(json.dumps(facts, ensure_ascii=chance.random() < 0.5), arrays)


def change_header(content: bytes, chance: random.Random) -> bytes:
    """Change the table of tensors, and leave the facts unchanged."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    for _ in range(chance.choice((1, 2))):
        change_within({key: header[key] for key in header if key != "__metadata__" or chance.random() < 0.1}, chance)
    text = json.dumps(header, ensure_ascii=chance.random() < 0.9).encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


def change_arrays(content: bytes, chance: random.Random) -> bytes:
    """Change shapes, types, values or names of tensors, and seal the file again."""
    text, whole = _decoded(content)
    facts, arrays = json.loads(text), dict(whole)
    for _ in range(chance.choice((1, 2))):
        name = chance.choice(sorted(arrays))  # safetensors returns them in a different order each time
        array = arrays.pop(name)
        with np.errstate(invalid="ignore"):
            plain = array.astype(np.int64), array.astype(np.float32)
        odd = [array.ravel(), array[..., None], *plain, array * 0, array - 1e30]
        odd += [np.full_like(array, np.nan if array.dtype.kind == "f" else -1), np.concatenate([array.ravel()] * 2)]
        place = chance.choice((name, name, name, "weights/x"))
        with np.errstate(invalid="ignore"):
            arrays[place] = chance.choice(odd).astype(chance.choice((np.float32, np.int64)), copy=True)
    return file_format.encode(facts, arrays)


def _seal(text: str, arrays: dict[str, Any]) -> bytes:
    """Return a file with these facts, and with the matching SHA-256 if it can be computed."""
    try:
        claimed = json.loads(text).get("sha256")
        text = text.replace(json.dumps(claimed), '"' + "0" * 64 + '"', 1)
        text = text.replace("0" * 64, file_format.checksum(text, arrays), 1)
    except (UnicodeEncodeError, AttributeError, ValueError):
        pass
    plain = file_format.encode({}, arrays)
    (length,) = struct.unpack("<Q", plain[:8])
    header = json.loads(plain[8 : 8 + length])
    header["__metadata__"]["convlens"] = text
    packed = json.dumps(header).encode()
    return struct.pack("<Q", len(packed)) + packed + plain[8 + length :]
