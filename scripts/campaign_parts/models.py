"""Changes model files, checkpoints, configurations and typed numbers at random: only Convlens's errors may result.

Bytes are flipped, cut and inserted; facts are replaced by values of other types, and sealed with a valid checksum, as
an attacker would do. Files that load are also used: an error that is raised later is just as bad.
"""

import copy
import json
import random
import struct
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from campaign_parts.trial import Outcome, Trial
from convlens.calibration import Calibration
from convlens.cli.by_hand.tables import read_table
from convlens.cli.by_hand.typed_numbers import read_numbers
from convlens.errors import ConvlensError
from convlens.exports import page_model
from convlens.network import Network, initial_weights
from convlens.preprocessing.fitting import fit_preprocessing
from convlens.trained_model import TrainedModel, file_format
from convlens.trained_model.file_format import read_facts
from convlens.training import TrainingSettings
from convlens.training.checkpoint import Checkpoint, check_fits, read_checkpoint, save_checkpoint
from convlens.training.events import EpochDone
from convlens.training.loop import History
from convlens.training.run_folder import RunConfig, read_config, write_start

COUNT = 2_000_000
NETWORK = "conv 2 3x3 pad 1, batchnorm, relu, dense"
SHAPE = (1, 6, 6)
EPOCHS = [EpochDone(number, 3, 0.5, 0.5, 0.5, 0.01, 0.1, 100.0, 0.7) for number in range(2)]
ODD: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**31, 2**63, -(2**63), 10**40, 0.0, -0.5, 0.5, 1e308, float("nan"), float("inf"),
    "", "x", "\ud800", "\0", "é" * 300, "9" * 5000,
    [], [None], [[]], [1e999], {}, {"": 0}, {"a": {"b": [1, "c"]}}, [0] * 1000,
)  # fmt: skip
WORDS = ("9" * 5000, "nan", "-inf", "1e999", "40000x40000", "conv", "\ud800", "\0", "[", "{", '"', "\n", "=", ";", "|")


def run(trial: Trial) -> Outcome:
    """Try changed files, and report each place that raised another kind of error once, with how to repeat it."""
    began, tally, broken = time.perf_counter(), Counter[str](), dict[str, str]()
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        targets = _targets(Path(name))
        names = list(targets)
        for number in range(trial.count):
            chance = random.Random(f"{trial.seed} {number}")
            kind = names[number % len(names)]
            outcome = _try(targets[kind], chance)
            tally[outcome.partition(":")[0]] += 1
            if outcome.startswith("outside"):
                broken.setdefault(outcome.partition(":")[2], f"{kind}, seed {trial.seed}, number {number}: {outcome}")
    seconds = time.perf_counter() - began
    line = (
        f"{trial.count:,} changed files of {len(names)} kinds: {tally['refused']:,} refused, {tally['taken']:,} taken, "
        f"{tally['outside']:,} errors outside the tree, {seconds:.0f} s"
    )
    return Outcome(line, list(broken.values()))


def _try(target: Callable[[random.Random], None], chance: random.Random) -> str:
    try:
        target(chance)
    except ConvlensError as error:
        return "outside: a message of more than 2,000 characters" if len(str(error)) > 2_000 else "refused"
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"outside: {type(error).__name__} at {Path(last.filename).name}:{last.lineno}"
    return "taken"


def _targets(folder: Path) -> dict[str, Callable[[random.Random], None]]:
    """Return the functions that change and read a file or text, by name."""
    model = _make_model().to_bytes()
    checkpoint = _make_checkpoint(folder)
    write_start(folder, RunConfig("mnist", None, TrainingSettings()), "native")
    config = (folder / "config.toml").read_text(encoding="utf-8").partition("\n")[2]  # without the folder's name
    return {
        "model, bytes": lambda chance: _use_model(change_bytes(model, chance), folder),
        "model, facts": lambda chance: _use_model(change_facts(model, chance), folder),
        "model, header": lambda chance: _use_model(change_header(model, chance), folder),
        "checkpoint, bytes": lambda chance: _use_checkpoint(change_bytes(checkpoint, chance)),
        "checkpoint, facts": lambda chance: _use_checkpoint(change_facts(checkpoint, chance)),
        "checkpoint, arrays": lambda chance: _use_checkpoint(change_arrays(checkpoint, chance)),
        "config": lambda chance: _use_config(change_text(config, chance), folder),
        "numbers": lambda chance: _use_numbers(change_text("1, 2.5 -3; 4e2, 5, 6 | 7 8 9; [0, 1, 2]", chance), folder),
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


def _use_config(text: str, folder: Path) -> None:
    path = folder / "changed.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    read_config(path)


def _use_numbers(text: str, folder: Path) -> None:
    path = folder / "numbers.csv"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    for read in (lambda: read_table(path), lambda: read_numbers("--a", text)):
        try:
            read()
        except ConvlensError:
            continue


def change_bytes(content: bytes, chance: random.Random) -> bytes:
    """Flip bits, change bytes, cut the content, or insert something."""
    changed = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 8))):
        place = chance.randrange(len(changed)) if chance.random() < 0.5 else chance.randrange(min(600, len(changed)))
        match chance.randrange(5):
            case 0:
                changed[place] ^= 1 << chance.randrange(8)
            case 1:
                changed[place : place + 8] = chance.randbytes(8)
            case 2:
                del changed[place : place + chance.choice((1, 8, 100))]
            case 3:
                changed[place:place] = chance.choice(WORDS).encode("utf-8", "surrogatepass")
            case _:
                changed[:8] = struct.pack("<Q", chance.choice((0, 1, 2**20, 2**31, 2**63, 2**64 - 1)))
        if not changed:
            return b""
    return bytes(changed)


def change_text(text: str, chance: random.Random) -> str:
    """Insert, double, replace or remove words."""
    for _ in range(chance.choice((1, 1, 2, 5))):
        place = chance.randrange(len(text) + 1)
        end = min(len(text), place + chance.choice((0, 1, 5, 20)))
        text = text[:place] + chance.choice((*WORDS, text[place:end] * 3, chr(chance.randrange(0xFFFF)))) + text[end:]
    return text


def change_facts(content: bytes, chance: random.Random) -> bytes:
    """Replace, remove or nest some facts, with a valid checksum."""
    facts, arrays = file_format.decode(content, "whole")
    for _ in range(chance.choice((1, 1, 2, 4))):
        _change_within(facts, chance)
    return _seal(json.dumps(facts, ensure_ascii=chance.random() < 0.5), arrays)


def _change_within(value: Any, chance: random.Random) -> None:
    """Change one place in nested dicts and lists."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not keys:
        return
    key = chance.choice(keys)
    if isinstance(value[key], dict | list) and chance.random() < 0.8:
        _change_within(value[key], chance)
    elif chance.random() < 0.1 and isinstance(value, dict):
        del value[key]
    elif isinstance(value[key], str) and chance.random() < 0.3:
        value[key] = change_text(value[key], chance)
    else:
        value[key] = copy.deepcopy(chance.choice(ODD))


def change_header(content: bytes, chance: random.Random) -> bytes:
    """Change the table of tensors, and leave the facts unchanged."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    for _ in range(chance.choice((1, 2))):
        _change_within({key: header[key] for key in header if key != "__metadata__" or chance.random() < 0.1}, chance)
    text = json.dumps(header, ensure_ascii=chance.random() < 0.9).encode("utf-8", "surrogatepass")
    return struct.pack("<Q", len(text)) + text + content[8 + length :]


def change_arrays(content: bytes, chance: random.Random) -> bytes:
    """Change shapes, types, values or names of tensors, and seal the file again."""
    facts, arrays = file_format.decode(content, "whole")
    for _ in range(chance.choice((1, 2))):
        name = chance.choice(sorted(arrays))  # safetensors returns them in a different order each time
        array = arrays.pop(name)
        odd = [
            array.ravel(),
            array[..., None],
            array.astype(np.int64),
            array.astype(np.float32),
            array * 0,
            array - 1e30,
        ]
        odd += [np.full_like(array, np.nan if array.dtype.kind == "f" else -1), np.concatenate([array.ravel()] * 2)]
        arrays[chance.choice((name, name, name, "weights/x"))] = chance.choice(odd).astype(
            chance.choice((np.float32, np.int64)), copy=True
        )
    return file_format.encode(dict(facts), arrays)


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
