"""A training whose process is killed in the middle: no file is half-written, and it goes on to the same bits."""

import json
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import pytest

from convlens.data import LabelledImages
from convlens.errors import UsageError
from convlens.trained_model import TrainedModel
from convlens.training import resume_training, train
from convlens.training.checkpoint import load_checkpoint

if sys.platform == "win32":
    pytest.skip("no SIGKILL here", allow_module_level=True)

# It kills itself where its argument says; for "anywhere" it makes a pause after every chunk, which changes no number,
# so that somebody outside has time to kill it.
PROGRAM = """
import os, signal, sys, time
import numpy as np
import convlens.files
import convlens.training.session as session
from convlens.data import LabelledImages
from convlens.training import train
from convlens.training.events import ChunkDone

session.CHECKPOINT_SECONDS = 0.0
how, images = sys.argv[1], np.load("images.npz")
data = LabelledImages(images["images"], images["labels"], ("cat", "dog"), "pets")

def die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

written = []
really_move = convlens.files.move_into_place

def move(temporary, path):
    written.append(path.name)
    if how == "config" and path.name == "config.toml":
        die()
    if how == "pictures" and path.name == "training.png":
        die()
    if how == "rename" and written.count("last.checkpoint") == 3:
        die()
    really_move(temporary, path)
    if how == "model" and path.name == "model.safetensors":
        die()

really_sync = os.fsync

def sync(descriptor):
    being_written = os.listdir("run")
    if how == "first checkpoint" and any(name.startswith(".last.checkpoint.") for name in being_written):
        die()
    if how == "sync" and len(written) > 20 and any(name.startswith(".last.checkpoint.") for name in being_written):
        os.ftruncate(descriptor, 1000)  # what reaches the disk before a power cut may be a part
        die()
    really_sync(descriptor)

if how == "lock":
    session.Session._prepare_folder = die
convlens.files.move_into_place = move
os.fsync = sync

def on_event(event):
    if how == "start":
        die()
    if how == "anywhere" and isinstance(event, ChunkDone):
        time.sleep(0.1)

train(data, network="conv 4 3x3 pad 1, batchnorm, relu, maxpool 2, dropout 0.3, dense", epochs=6, batch_size=4,
      seed=8, validation=0.2, threads=1, device="cpu", out="run", on_event=on_event)
"""
SETTINGS = {
    "network": "conv 4 3x3 pad 1, batchnorm, relu, maxpool 2, dropout 0.3, dense",
    "epochs": 6,
    "batch_size": 4,
    "seed": 8,
    "validation": 0.2,
    "threads": 1,
    "device": "cpu",
}


@pytest.fixture
def images() -> LabelledImages:
    """Random images, and the same in the file that the program reads."""
    random = np.random.default_rng(6)
    pixels, labels = random.integers(0, 256, (60, 1, 8, 8), np.uint8), np.arange(60) % 2
    np.savez("images.npz", images=pixels, labels=labels)
    return LabelledImages(pixels, labels, ("cat", "dog"), "pets")


def run_until_killed(how: str) -> None:
    """Run the program, which kills itself at the place that `how` says."""
    ran = subprocess.run([sys.executable, "-c", PROGRAM, how], capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == -signal.SIGKILL, ran.stderr


def assert_every_file_is_whole(run: Path) -> None:
    """Each file with its final name can be read; unfinished ones have a name that nobody reads."""
    for path in run.iterdir():
        if path.suffix == ".part":
            continue
        match path.name:
            case "last.checkpoint":
                assert load_checkpoint(path).history.steps >= 0
            case "config.toml":
                assert tomllib.loads(path.read_text())["data"] == "pets"
            case "environment.json":
                assert json.loads(path.read_text())["cores"] >= 1
            case "metrics.csv":
                lines = path.read_text().splitlines()
                assert {line.count(",") for line in lines} == {8}
            case "model.safetensors":
                assert TrainedModel.from_bytes(path.read_bytes()).class_names == ("cat", "dog")
            case name:
                assert name in ("command.txt", "log.txt", ".lock")


def assert_it_goes_on_to_the_same_bits(images: LabelledImages) -> None:
    steps = load_checkpoint(Path("run/last.checkpoint")).history.steps
    whole, resumed = train(images, **SETTINGS), resume_training("run", images)
    assert resumed.facts["finished"] is True
    assert resumed.facts["steps"] == whole.facts["steps"] == 72
    assert resumed.weights.keys() == whole.weights.keys()
    for name, array in whole.weights.items():
        assert array.tobytes() == resumed.weights[name].tobytes(), name
    assert (f"Resuming after step {steps}" in Path("run/log.txt").read_text()) == (steps > 0)
    assert not Path("run/last.checkpoint").exists()
    assert not Path("run/.lock").exists()
    assert len(Path("run/metrics.csv").read_text().splitlines()) == 7


def test_killed_from_outside_anywhere(images):
    # 48 images in batches of 4 are 12 steps an epoch.
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, "anywhere"], stderr=subprocess.PIPE, text=True)
    log = Path("run/log.txt")
    deadline = time.monotonic() + 60
    while not (log.exists() and "Epoch 0: " in log.read_text()):
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=30)
    assert process.returncode == -signal.SIGKILL
    assert not Path("run/model.safetensors").exists()
    assert_every_file_is_whole(Path("run"))
    assert 0 < load_checkpoint(Path("run/last.checkpoint")).history.steps < 72
    assert_it_goes_on_to_the_same_bits(images)


@pytest.mark.parametrize("how", ["sync", "rename"])
def test_killed_while_a_checkpoint_is_written(images, how):
    run_until_killed(how)
    parts = list(Path("run").glob(".last.checkpoint.*.part"))
    assert len(parts) == 1
    assert (parts[0].stat().st_size == 1000) == (how == "sync")
    assert_every_file_is_whole(Path("run"))
    assert_it_goes_on_to_the_same_bits(images)


def test_killed_between_the_model_and_the_end(images):
    run_until_killed("model")
    assert TrainedModel.from_bytes(Path("run/model.safetensors").read_bytes()).facts["finished"] is True
    assert_every_file_is_whole(Path("run"))
    assert_it_goes_on_to_the_same_bits(images)


def test_killed_before_the_first_step_it_starts_from_there(images):
    run_until_killed("start")
    assert_every_file_is_whole(Path("run"))
    assert load_checkpoint(Path("run/last.checkpoint")).history.steps == 0
    assert_it_goes_on_to_the_same_bits(images)


@pytest.mark.parametrize("how", ["lock", "first checkpoint", "config"])
def test_killed_while_the_folder_is_prepared(images, how):
    run_until_killed(how)
    names = sorted(path.name for path in Path("run").iterdir() if path.suffix != ".part")
    assert names == {"lock": [".lock"], "first checkpoint": [".lock"], "config": [".lock", "last.checkpoint"]}[how]
    if how == "config":
        assert_it_goes_on_to_the_same_bits(images)
        assert tomllib.loads(Path("run/config.toml").read_text())["settings"]["seed"] == 8
    else:
        with pytest.raises(UsageError, match=r"^run contains no last\.checkpoint, so there is nothing to resume\."):
            resume_training("run", images)
        train(images, **SETTINGS, out="run")
        assert not [path.name for path in Path("run").iterdir() if path.name.startswith(".")]
        assert TrainedModel.from_bytes(Path("run/model.safetensors").read_bytes()).facts["steps"] == 72


def test_killed_between_the_model_and_the_pictures_they_are_made_on_resume(images):
    run_until_killed("pictures")
    pictures = {"training.png", "kernels.png"}
    assert not pictures & {path.name for path in Path("run").iterdir()}
    before = TrainedModel.from_bytes(Path("run/model.safetensors").read_bytes())
    after = resume_training("run", images)
    assert pictures <= {path.name for path in Path("run").iterdir()}
    assert {name: array.tobytes() for name, array in before.weights.items()} == {
        name: array.tobytes() for name, array in after.weights.items()
    }
    with pytest.raises(UsageError, match=r"^run is finished, so there is nothing to resume"):
        resume_training("run", images)
