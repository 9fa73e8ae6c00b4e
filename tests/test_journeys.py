"""The journeys in docs/architecture.md against what runs: a prediction and a training, followed from file to file."""

import contextlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest
from PIL import Image

import convlens
from convlens.cli.main import run
from convlens.data import Dataset
from convlens.exports import page_model
from convlens.network import initial_weights
from convlens.preprocessing import RULES, Preprocessing, fit_preprocessing
from convlens.training import TrainingSettings, pictures, resume_training, train

PACKAGE = Path(convlens.__file__).parent.as_posix() + "/"
DOCUMENT = (Path(__file__).parents[1] / "docs/architecture.md").read_text(encoding="utf-8")
PATH = re.compile(r"`((?:[a-z_]+/)*(?:[a-z_]+|WORD)\.py|(?:[a-z_]+/)+)`")
NETWORK = "conv 2 3x3, batchnorm, relu, maxpool 2, dense"


class Visited:
    """The package's files, by their paths in it, in which a function ran; and those in which one held weights."""

    def __init__(self) -> None:
        self.files: set[str] = set()
        self.with_weights: set[str] = set()

    def watch(self, frame: FrameType, event: str, value: Any) -> None:
        code = frame.f_code
        # What is not optimised is the body of a module or a class, and runs on import.
        if event != "return" or not code.co_filename.startswith(PACKAGE) or not code.co_flags & inspect.CO_OPTIMIZED:
            return
        file = code.co_filename.removeprefix(PACKAGE)
        self.files.add(file)
        if file not in self.with_weights and any(map(_are_weights, [value, *frame.f_locals.values()])):
            self.with_weights.add(file)


def _are_weights(value: Any) -> bool:
    return isinstance(value, dict) and any(
        str(name).endswith("weight") and isinstance(array, np.ndarray) for name, array in value.items()
    )


@contextlib.contextmanager
def following() -> Iterator[Visited]:
    visited, before = Visited(), sys.getprofile()
    sys.setprofile(visited.watch)
    try:
        yield visited
    finally:
        sys.setprofile(before)


def section(heading: str) -> str:
    return DOCUMENT.split(f"\n## {heading}\n")[1].split("\n## ")[0]


def named_in(heading: str) -> set[str]:
    """The Python files that a section names, and folders with a slash at the end; `layers/WORD.py` is one."""
    named = {path.removesuffix("WORD.py") for path in PATH.findall(section(heading))}
    return {path for path in named if not path.startswith(("native/", "tests/", "web/"))}


def not_among(files: set[str], named: set[str]) -> set[str]:
    """Files that are neither named nor in a folder that is."""
    folders = tuple(path for path in named if path.endswith("/"))
    return {file for file in files if file not in named and not file.startswith(folders)}


def not_visited(named: set[str], files: set[str]) -> set[str]:
    return {path for path in named if not any(file.startswith(path) for file in files)}


def ways_to_prepare(digits: Dataset) -> list[Preprocessing]:
    """One for each set of rules, fitted on 28×28 digits."""
    larger = np.kron(digits.train.images[:60], np.ones((3, 3), np.uint8))
    images = np.pad(larger, [(0, 0), (0, 0), (2, 2), (2, 2)])
    return [fit_preprocessing(images, rules) for rules in RULES]


@pytest.mark.native
def test_a_prediction_visits_the_files_of_its_journey(digits_8x8: Dataset, tmp_path: Path) -> None:
    network = convlens.Network(NETWORK)
    weights = initial_weights(network, (1, 28, 28), 10, seed=0)
    ink = np.full((60, 50, 3), 230, np.uint8)
    ink[10:45, 20:26] = 20
    Image.fromarray(ink).save(tmp_path / "ink.png")
    visited: set[str] = set()
    for preprocessing in ways_to_prepare(digits_8x8):
        model = convlens.TrainedModel(network, weights, preprocessing, tuple("0123456789"))
        command = ["predict", str(model.save(tmp_path / "model.safetensors")), str(tmp_path / "ink.png")]
        assert run(command) == 0  # a first time, since a module that is imported calls functions, too
        with following() as way:
            model.predict(ink)
            run(command)
        visited |= way.files
    named = named_in("The journey of a picture")
    assert not_among(visited, named) == set()
    assert not_visited(named, visited) == set()


@pytest.fixture(scope="module")
def torch_engine() -> Any:
    return pytest.importorskip("convlens.engines.torch_engine")


@pytest.mark.native
@pytest.mark.usefixtures("torch_engine")
def test_weights_visit_the_files_of_their_journey(
    digits_8x8: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two steps with a stop between them, watched as the page watches."""
    trainings, jobs = pytest.importorskip("convlens.server.trainings"), pytest.importorskip("convlens.server.jobs")
    monkeypatch.setattr(pictures, "write_pictures", lambda *_: None)  # a second of Matplotlib
    few, folder = Dataset("digits", digits_8x8.train.subset(np.arange(64)), None, "auto"), tmp_path / "run"
    job = jobs.Job("one", jobs.TrainBody(data="digits"))
    settings = TrainingSettings(network=NETWORK, epochs=1, batch_size=32, validation=0)
    teller = trainings.Teller(job, few)
    with job.log.listening(lambda: None), following() as way:
        train(few, settings=settings, out=folder, on_event=teller.on_event, should_stop=lambda: True)
        assert (folder / "last.checkpoint").is_file()
        model = resume_training(folder, few)
        page_model(convlens.load_model(model.save(tmp_path / "model.safetensors")))
        model.to_torch()
        convlens.export(model, tmp_path / "model.py", prove=0)
    named = named_in("The journey of a weight")
    assert not_among(way.with_weights, named) == set()
    assert not_visited(named, way.files) == set()


def test_each_file_of_a_pictures_journey_in_the_page_is_imported_by_another() -> None:
    """But for the first, which the page itself names; so no step between two of them is missing."""
    named = re.findall(r"`web/([\w/]+\.js)`", section("The journey of a picture"))
    files = {path: [*Path(PACKAGE, "web").glob(path.replace("WORD", "*"))] for path in named}
    texts = "".join(file.read_text(encoding="utf-8") for found in files.values() for file in found)
    imported = set(re.findall(r"""^import [^;]*? from "convlens/(.*?)"|import\("convlens/(.*?)"\)""", texts, re.M))
    paths = {one or other for one, other in imported}
    unreached = {path for path, found in files.items() if not paths & {str(file)[len(PACKAGE) + 4 :] for file in found}}
    assert unreached == {"app.js"}
