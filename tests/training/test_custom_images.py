"""Training on images of one's own: from a folder to a model, and back to the folder from a run."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convlens.data import ImportOptions
from convlens.errors import DataError, UsageError
from convlens.evaluation import evaluate
from convlens.trained_model import load_model
from convlens.training import Calibrated, Probed, TrainingStarted, resume_training, train
from convlens.training.run_folder import read_config

QUICK = {"recipe": "fast", "network": "conv 4 3x3, relu, maxpool 2, dense", "epochs": 2, "threads": 1}


@pytest.fixture
def photos() -> Path:
    """Circles and bars, dark on light, 60 of each, of different sizes."""
    random = np.random.default_rng(0)
    for name in ("bar", "ring"):
        (Path("photos") / name).mkdir(parents=True)
        for number in range(60):
            side = int(random.integers(20, 30))
            y, x = np.mgrid[:side, :side] - side / 2 + random.uniform(-1, 1)
            shape = np.abs(np.hypot(x, y) - side / 4) < 2 if name == "ring" else np.abs(x) < 2.5
            pixels = np.where(shape, 30, 220) + random.integers(-9, 9, (side, side))
            Image.fromarray(pixels.astype(np.uint8)).save(f"photos/{name}/{number:03}.png")
    return Path("photos")


def test_a_folder_becomes_a_model_that_remembers_it(photos, tmp_path):
    events: list = []
    model = train(photos, **{**QUICK, "epochs": 20}, out="run", on_event=events.append)
    assert model.class_names == ("bar", "ring")
    assert model.facts["test"]["accuracy"] > 0.9
    assert model.facts["data_source"]["path"] == str(photos.absolute())
    assert (model.preprocessing.rules, model.preprocessing.light_on_dark) == ("glyph", False)
    (started,) = (event for event in events if isinstance(event, TrainingStarted))
    assert any(note.startswith("rules for new images: glyph (") for note in started.notes)
    assert model.facts["notes"] == list(started.notes)
    (calibrated,) = (event for event in events if isinstance(event, Calibrated))
    assert calibrated.calibration == model.calibration
    assert model.calibration.images == 12  # a tenth of 120
    assert load_model("run").calibration == model.calibration
    evaluation = evaluate(model)
    assert evaluation.accuracy == model.facts["test"]["accuracy"]


def test_best_is_the_recipe_for_ones_own_images(photos):
    events: list = []
    model = train(photos, network="conv 4 3x3, relu, dense", epochs=1, threads=1, on_event=events.append)
    assert model.facts["recipe"] == "best"
    (probed,) = (event for event in events if isinstance(event, Probed))
    assert [str(verdict) for verdict in probed.verdicts] == model.facts["probe"]
    # 6 held-out images of each class are too few to tell anything.
    assert all("the test needs 10" in line for line in model.facts["probe"])
    assert not model.facts["settings"]["probe"]


def test_a_run_can_be_repeated_from_its_config(photos):
    options = ImportOptions(size=20, split_seed=4)
    first = train(photos, images=options, **QUICK, out="run")
    config = read_config("run/config.toml")
    assert (Path(config.data), config.images) == (photos.absolute(), options)
    second = train(config.data, images=config.images, settings=config.settings)
    for name, array in first.weights.items():
        np.testing.assert_array_equal(second.weights[name], array)


def test_a_stopped_run_finds_its_images_again(photos, tmp_path, monkeypatch):
    whole = train(photos, images=ImportOptions(size=20), **QUICK)
    train(photos, images=ImportOptions(size=20), **QUICK, out=tmp_path / "run", should_stop=lambda: True)
    monkeypatch.chdir(tmp_path)  # the path is an absolute one
    resumed = resume_training(tmp_path / "run")
    assert resumed.facts["finished"]
    for name, array in whole.weights.items():
        np.testing.assert_array_equal(resumed.weights[name], array)
    assert resumed.calibration == whole.calibration


def test_a_stopped_run_does_not_go_on_with_other_images(photos, tmp_path):
    train(photos, **QUICK, out=tmp_path / "run", should_stop=lambda: True)
    for file in sorted((photos / "ring").iterdir())[::2]:
        file.unlink()
    with pytest.raises(DataError, match="the training images of photos differ from those that this run began with"):
        resume_training(tmp_path / "run")


def test_augmentation_probe_and_verdicts_survive_a_stop(photos, tmp_path):
    choices = {**QUICK, "augmentation": "shift 0.1, noise 0.1", "probe": True}
    whole = train(photos, **choices)
    train(photos, **choices, out=tmp_path / "run", should_stop=lambda: True)
    resumed = resume_training(tmp_path / "run")
    assert resumed.facts["probe"] == whole.facts["probe"]
    for name, array in whole.weights.items():
        np.testing.assert_array_equal(resumed.weights[name], array)


@pytest.mark.parametrize("balance", ["weights", "sampling"])
def test_rare_classes_are_learned_where_they_are_balanced(photos, balance):
    for file in sorted((photos / "ring").iterdir())[12:]:
        file.unlink()
    plain, balanced = (train(photos, **QUICK, balance=one) for one in ("none", balance))
    assert any((plain.weights[name] != array).any() for name, array in balanced.weights.items())
    assert balanced.facts["settings"]["balance"] == balance
    assert evaluate(balanced).classes[1].recall == 1


def test_options_for_files_are_refused_where_there_are_none(random_images):
    with pytest.raises(UsageError, match="mnist is a known dataset, whose images cannot be changed"):
        train("mnist", images=ImportOptions(size=20))
    wrong: Any = "quick"
    with pytest.raises(UsageError, match=r"recipe 'quick' is not known"):
        train("no-such-folder", recipe=wrong)  # before the folder is looked for
    with pytest.raises(UsageError, match="no-such-folder"):
        train("no-such-folder")
