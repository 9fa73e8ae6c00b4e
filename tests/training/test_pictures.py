"""The pictures of a run: which test images are shown, and what is left out where there is nothing to show."""

import io
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from convlens import charts
from convlens.data import Dataset, LabelledImages
from convlens.network import Network, initial_weights
from convlens.preprocessing import Normalisation, Preprocessing
from convlens.trained_model import TrainedModel
from convlens.training.events import EpochDone
from convlens.training.loop import History, Job
from convlens.training.pictures import sample_answers, sample_indices, write_pictures
from convlens.training.settings import TrainingSettings

STRANGE_NAMES = ("<b>cat</b>", "$\\frac$", "[red]x[/red]", "größe", "emu & {0} %s\nline")


def make_dataset(tests: int | None = 4, channels: int = 1, names=STRANGE_NAMES) -> Dataset:
    random = np.random.default_rng(0)

    def part(count: int, name: str) -> LabelledImages:
        pixels = random.integers(0, 256, (count, channels, 6, 6), np.uint8)
        return LabelledImages(pixels, np.arange(count) % len(names), names, name)

    return Dataset("pets", part(10, "train"), None if tests is None else part(tests, "test"), "letterbox")


def make_model(dataset: Dataset, text: str = "conv 2 3x3, relu, dense") -> TrainedModel:
    network, shape = Network.from_text(text), dataset.train.image_shape
    names = dataset.train.class_names
    normalisation = Normalisation((0.0,) * shape[0], (1.0,) * shape[0])
    facts = {
        "data": "$pets$",
        "recipe": "fast",
        "seed": 3,
        "steps": 4,
        "seconds": 0.5,
        "training_images": 10,
        "engine": "torch 2.6.0 on cpu, 1 thread",
        "test": {"accuracy": 0.25, "correct": 1, "total": 4},
    }
    weights = initial_weights(network, shape, len(names), 0)
    return TrainedModel(network, weights, Preprocessing(shape, "letterbox", None, normalisation), names, facts)


def make_history(epochs: int = 2) -> History:
    done = [EpochDone(number, 2, 1.0, 0.5, None, 0.1, 0.25, 40.0) for number in range(epochs)]
    return History([2.0, 1.5, 1.0, 0.5], [1, 1, 2, 2], done, 0.5)


def write(folder: Path, model: TrainedModel, dataset: Dataset, history: History | None = None) -> None:
    """The pictures of a job of two epochs: ten images in batches of five."""
    settings = TrainingSettings(network=str(model.network), epochs=2, batch_size=5)
    engine, no_trainer = model.open_engine(threads=1), cast(Any, None)
    job = Job(settings, np.zeros(10, np.int64), None, engine, no_trainer, history or make_history(), print)
    folder.mkdir(exist_ok=True)
    write_pictures(folder, model, dataset, job)


def draw(folder: Path, dataset: Dataset, text: str = "conv 2 3x3, relu, dense", history: History | None = None) -> set:
    write(folder, make_model(dataset, text), dataset, history)
    for path in folder.glob("*.png"):
        with Image.open(io.BytesIO(path.read_bytes())) as picture:
            picture.load()
            assert picture.width == 1200, path
    return {path.name for path in folder.iterdir() if path.is_file()}


def test_the_three_samples_of_the_tutorials_seed():
    assert sample_indices(3, 10_000) == {"1st": 9741, "5th": 8170, "9th": 5732}
    order = np.random.default_rng([3, 2]).permutation(10_000)
    assert list(sample_indices(3, 10_000).values()) == order[[0, 4, 8]].tolist()


@pytest.mark.parametrize(
    ("images", "names"),
    [
        (1, ["1st"]),
        (4, ["1st"]),
        (5, ["1st", "5th"]),
        (8, ["1st", "5th"]),
        (9, ["1st", "5th", "9th"]),
        (10, ["1st", "5th", "9th"]),
    ],
)
def test_fewer_test_images_are_fewer_samples(images, names):
    found = sample_indices(5, images)
    assert list(found) == names
    assert len(set(found.values())) == len(names)
    assert all(0 <= index < images for index in found.values())


def test_another_seed_shows_other_images():
    assert sample_indices(3, 10_000) != sample_indices(4, 10_000)


@pytest.mark.parametrize("tests", [1, 5, 9])
def test_all_three_pictures_are_drawn_with_class_names_of_any_letters(tmp_path, tests):
    assert draw(tmp_path / "run", make_dataset(tests)) == {"training.png", "samples.png", "kernels.png"}


def test_colour_images_are_drawn(tmp_path):
    assert draw(tmp_path / "run", make_dataset(channels=3)) == {"training.png", "samples.png", "kernels.png"}


def test_without_test_images_there_are_no_samples(tmp_path):
    assert draw(tmp_path / "run", make_dataset(tests=None)) == {"training.png", "kernels.png"}


def test_without_a_convolution_there_are_no_kernels(tmp_path):
    assert draw(tmp_path / "run", make_dataset(), "dense 4, relu, dense") == {"training.png", "samples.png"}


def test_a_training_stopped_in_its_first_epoch_has_a_curve(tmp_path):
    early = History([2.0], [1], [], 0.01)
    assert "training.png" in draw(tmp_path / "run", make_dataset(), history=early)


def test_the_kernels_are_those_of_the_first_convolution(tmp_path, monkeypatch):
    drawn = {}

    def draw_kernels(weights, bias, title):
        drawn.update(weights=weights, bias=bias, title=title)
        return b"kernels"

    monkeypatch.setattr(charts, "draw_kernels", draw_kernels)
    dataset = make_dataset()
    model = make_model(dataset, "maxpool 2, conv 4 2x2, relu, conv 3 1x1, dense")
    write(tmp_path, model, dataset)
    np.testing.assert_array_equal(drawn["weights"], model.weights["1.weight"])
    np.testing.assert_array_equal(drawn["bias"], model.weights["1.bias"])
    assert drawn["title"] == "Layer 1: conv 4 2x2"
    assert (tmp_path / "kernels.png").read_bytes() == b"kernels"


def test_the_samples_are_judged_by_the_model(tmp_path, monkeypatch):
    drawn = {}

    def draw_samples(**given):
        drawn.update(given)
        return b"samples"

    monkeypatch.setattr(charts, "draw_samples", draw_samples)
    dataset = make_dataset(tests=9)
    model = make_model(dataset)
    write(tmp_path, model, dataset)
    indices = list(sample_indices(3, 9).values())
    assert dataset.test is not None
    np.testing.assert_array_equal(drawn["images"], dataset.test.images[indices])
    np.testing.assert_array_equal(drawn["probabilities"].argmax(1), model.logits(drawn["images"]).argmax(1))
    assert drawn["true_names"] == [STRANGE_NAMES[dataset.test.labels[index]] for index in indices]
    ordinals = zip(("1st", "5th", "9th"), indices, strict=True)
    assert drawn["captions"] == [f"{name}, test image {index}" for name, index in ordinals]


def test_the_curve_tells_the_facts_and_what_was_held_out(tmp_path, monkeypatch):
    drawn = {}

    def draw_training(**given):
        drawn.update(given)
        return b"training"

    monkeypatch.setattr(charts, "draw_training", draw_training)
    held = [EpochDone(0, 2, 1.0, 0.5, 0.75, 0.1, 0.25, 40.0), EpochDone(1, 2, 1.0, 0.6, 0.0, 0.1, 0.25, 40.0)]
    dataset = make_dataset()
    write(tmp_path, make_model(dataset), dataset, History([2.0, 1.5, 1.0, 0.5], [1, 1, 2, 2], held, 0.5))
    # 10 images an epoch of 2 steps; 4 steps in half a second are 2 epochs, 20 images, 40 a second.
    assert drawn["facts"] == {
        "test accuracy": "25.00 %",
        "steps": "4",
        "training time": "0.5 s",
        "images/s": "40",
        "engine": "torch 2.6.0",
    }
    assert drawn["accuracies"] == [0.5, 0.6]
    assert drawn["validation_accuracies"] == [0.75, 0.0]
    assert drawn["title"] == "$pets$, recipe fast, seed 3"
    write(tmp_path, make_model(dataset), dataset)
    assert drawn["validation_accuracies"] is None


def test_what_is_said_of_the_samples_is_what_the_engine_says():
    test = make_dataset(tests=12).test
    assert test is not None

    class Engine:
        def logits(self, images: np.ndarray) -> np.ndarray:
            places = [int((test.images == image).all(axis=(1, 2, 3)).argmax()) for image in images]
            return np.eye(5, dtype=np.float32)[[(test.labels[place] + 1) % 5 for place in places]]  # always wrong

    found = sample_answers(cast(Any, Engine()), test, seed=3)
    assert [one["image"] for one in found] == list(sample_indices(3, 12).values())
    for one in found:
        place = STRANGE_NAMES.index(str(one["true"]))
        assert place == test.labels[int(one["image"])]
        assert one["predicted"] == STRANGE_NAMES[(place + 1) % 5]
