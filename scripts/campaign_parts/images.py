"""Gives hostile images to every entrance: limits of time and memory hold, and only Convlens's errors are raised.

Each image goes to `predict` on the command line, to `model.predict` as a path and as bytes, to `read_batch`, to the
arrays for a training or an evaluation, to the commands by hand, and to the decoding process of an import. Every
hundredth time, a folder with the last hundred is checked, learned from, evaluated and reported by the commands for
folders. The page decodes images in the browser; its server only reads folders, through the same import.
"""

import contextlib
import itertools
import os
import random
import shutil
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from campaign_parts.hostile_images import ARCHIVE, images_of_pillow, make_image, valid_images
from campaign_parts.hostile_trial import MOST_MEMORY, MOST_SECONDS, Tally, run_quietly, tally_all
from campaign_parts.measuring import Cost, Meter
from campaign_parts.trial import Outcome, Trial
from campaign_parts.workers import Mark
from convlens.calibration import Calibration
from convlens.cli.by_hand.operands import read_operand
from convlens.data.custom.pool import DecodingProcess
from convlens.data.custom.worker import Job
from convlens.data.intake.building import read_dataset
from convlens.errors import ConvlensError
from convlens.network import Network, initial_weights
from convlens.preprocessing.fitting import fit_preprocessing
from convlens.trained_model import TrainedModel, load_model

TITLE = "Hostile images through every entrance"
COUNT = 10_000
A_FOLDER = 100
"""Images in a folder for the commands that read folders."""


def run(trial: Trial) -> Outcome:
    """Give all images to all entrances, in as many forked processes as the trial has."""
    pillows = images_of_pillow()
    numbers, broken = tally_all(trial, lambda share, folder, mark: _work(trial.seed, share, pillows, folder, mark))
    known = f"{len(pillows):,} of Pillow's" if pillows else f"none of Pillow's, because {ARCHIVE} is not there"
    line = (
        f"{numbers.get('images', 0):,} images ({known}) through {len(_entrances_of(numbers))} entrances: "
        f"{numbers.get('over 2 s of processor time', 0):,} over {MOST_SECONDS:g} s, "
        f"{numbers.get('over 600 MB', 0):,} over {MOST_MEMORY:.0f} MB, "
        f"{numbers.get('errors outside the tree', 0):,} errors outside the tree; "
        f"at most {numbers.get('most seconds of processor time for one image', 0):.2f} s and "
        f"{numbers.get('most megabytes of the calling process above its start', 0):.0f} MB, "
        f"{numbers.get('most megabytes of a decoding process above its start', 0):.0f} MB; {numbers['seconds']:.0f} s"
    )
    return Outcome(line, broken, numbers)


def _entrances_of(numbers: dict[str, float]) -> set[str]:
    return {name.partition(": ")[0] for name in numbers if ": " in name}


def _images(seed: int, share: range, pillows: dict[str, bytes]) -> Any:
    """Yield number, kind, name and content of this process's images: Pillow's unchanged ones come first."""
    whole = list(pillows.items())
    for number in share:
        chance = random.Random(f"{seed} {number}")
        if whole and number % 5 == 0 and number // 5 < len(whole):
            name, content = whole[(number // 5 + seed) % len(whole)]
            yield number, "Pillow's, unchanged", name, content
        else:
            yield number, *make_image(chance, pillows)


def _work(seed: int, share: range, pillows: dict[str, bytes], folder: Path, mark: Mark) -> Tally:
    tally, meter, model = Tally(), Meter(), _make_model(folder)
    entrances, last = _entrances(model, folder), deque[tuple[str, bytes]](maxlen=A_FOLDER)
    _warm_up(entrances, folder)
    for number, kind, name, content in _images(seed, share, pillows):
        path = folder / f"{number}.{Path(name).suffix.lstrip('.') or 'png'}"
        path.write_bytes(content)
        tally.add("images")
        tally.add(f"images, {kind}")
        for entrance, give in entrances.items():
            mark(number)
            _judge(tally, *meter.measure(partial(give, path)), entrance, f"seed {seed}, number {number}, {name}")
        path.unlink()
        last.append((path.name, content))
        if len(last) == A_FOLDER:
            for entrance, cost, result in _give_folder(list(last), model, folder / "pets", meter, number, mark):
                _judge_folder(tally, entrance, cost, result, f"seed {seed}, the {A_FOLDER} up to {number}")
            last.clear()
    return tally


def _judge(tally: Tally, result: Any, cost: Cost, entrance: str, what: str) -> None:
    """Count the outcome of one image at one entrance, and note broken promises."""
    tally.add("most seconds of processor time for one image", round(cost.seconds, 3))
    tally.add("most megabytes of the calling process above its start", round(cost.own_memory))
    tally.add("most megabytes of a decoding process above its start", round(cost.child_memory))
    if cost.seconds > MOST_SECONDS:
        tally.add("over 2 s of processor time")
        tally.broken.append(f"{entrance}: {what}: {cost.seconds:.2f} s of processor time")
    if max(cost.own_memory, cost.child_memory) > MOST_MEMORY:
        tally.add("over 600 MB")
        tally.broken.append(f"{entrance}: {what}: {max(cost.own_memory, cost.child_memory):.0f} MB")
    if isinstance(result, Exception) and not isinstance(result, ConvlensError):
        tally.add("errors outside the tree")
        tally.broken.append(f"{entrance}: {what}: {type(result).__name__}: {str(result)[:200]}")
    elif isinstance(result, str) and result:
        tally.add("errors outside the tree")
        tally.broken.append(f"{entrance}: {what}: {result[:300]}")
    tally.add(f"{entrance}: {'refused' if result is False or isinstance(result, ConvlensError) else 'taken'}")


def _judge_folder(tally: Tally, entrance: str, cost: Cost, result: Any, what: str) -> None:
    """Count the outcome of a folder; the time of one image is measured when it is given by itself."""
    tally.add(f"{entrance}, folders of {A_FOLDER}: {'taken' if result is True else 'refused'}")
    tally.add("most seconds of processor time for a folder", round(cost.seconds, 1))
    tally.add("most megabytes of the calling process above its start", round(cost.own_memory))
    tally.add("most megabytes of a decoding process above its start", round(cost.child_memory))
    if not isinstance(result, bool):
        tally.add("errors outside the tree")
        tally.broken.append(f"{entrance}: {what}: {str(result)[:300]}")


def _make_model(folder: Path) -> Path:
    network = Network.from_text("conv 2 3x3 pad 1, relu, dense")
    preprocessing = fit_preprocessing(np.random.default_rng(2).integers(0, 256, (8, 1, 16, 16), np.uint8), "glyph")
    weights, facts = initial_weights(network, (1, 16, 16), 2, seed=1), {"data": "pets", "engine": "native"}
    model = TrainedModel(
        network, weights, preprocessing, ("cat", "dog"), facts, Calibration(1.25, 0.75, 0.01, 0.5, 0, 40)
    )
    return model.save(folder / "model.safetensors")


def _entrances(model: Path, folder: Path) -> dict[str, Callable[[Path], Any]]:
    """Return functions that give an image to Convlens; False says that it was refused, a text what went wrong."""
    trained, process = load_model(model), DecodingProcess()

    def by_import(path: Path, survey: bool) -> bool:
        (decoded,) = process.run(Job(b"", [os.fsencode(path)], 32, 3, survey), lambda: None)
        return decoded.pixels is not None or survey

    def as_training(path: Path) -> None:
        content = path.read_bytes()
        read_dataset(([content if len(content) % 2 else str(path), np.zeros((9, 9), np.uint8)], ["a", "b"]))

    return {
        "predict, command": lambda path: run_quietly(["predict", str(model), str(path), "--json"]),
        "predict with steps, command": lambda path: run_quietly(
            ["predict", str(model), str(path), "--steps", str(folder / "steps.png")]
        ),
        "model.predict, path": trained.predict,
        "model.predict, bytes": lambda path: trained.predict(path.read_bytes()),
        "arrays for a training": as_training,
        "by hand": lambda path: read_operand("--image", str(path), None),
        "import": lambda path: by_import(path, False),
        "import, first look": lambda path: by_import(path, True),
    }


def _warm_up(entrances: dict[str, Callable[[Path], Any]], folder: Path) -> None:
    """Start the processes and import what is imported late, so that neither counts for the first image."""
    for name, content in itertools.islice(valid_images().items(), 0, None, 6):
        path = folder / name
        path.write_bytes(content)
        for give in entrances.values():
            with contextlib.suppress(ConvlensError):
                give(path)
        path.unlink()


def _give_folder(
    images: list[tuple[str, bytes]], model: Path, folder: Path, meter: Meter, number: int, mark: Mark
) -> Any:
    """Give a folder with hostile images among valid ones to every command that reads folders."""
    data, runs = folder.with_name("data"), folder.with_name("run")
    for place, (name, content) in enumerate(images):
        _write(folder / ("cat", "dog")[place % 2] / name, content)
    for place, content in enumerate(valid_images().values()):
        _write(folder / ("cat", "dog")[place % 2] / f"valid{place}", content)
    commands = {
        "data check": ["data", "check", str(folder), "--data-dir", str(data)],
        "train": [
            "train", str(folder), "--epochs", "1", "--network", "dense", "--out", str(runs), "--data-dir", str(data),
            "--size", "16", "--channels", "1",
        ],
        "evaluate": ["evaluate", str(model), str(folder), "--data-dir", str(data), "--json"],
        "predict, folder": ["predict", str(model), str(folder / "cat"), "--json"],
    }  # fmt: skip
    if number % (5 * A_FOLDER) < A_FOLDER:
        commands["report"] = [
            "report",
            str(runs),
            "--out",
            str(folder.with_name("report.html")),
            "--data-dir",
            str(data),
        ]
    for entrance, arguments in commands.items():
        mark(number)
        result, cost = meter.measure(lambda arguments=arguments: run_quietly(arguments))
        yield entrance, cost, result
    for left in (folder, data, runs):
        shutil.rmtree(left, ignore_errors=True)


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
