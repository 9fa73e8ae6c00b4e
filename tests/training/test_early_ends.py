"""Early stopping and the time limit in a whole training: weights, facts, events, what is refused, what resumes."""

import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convlens.data import Dataset, LabelledImages
from convlens.errors import UsageError
from convlens.trained_model import TrainedModel, load_model
from convlens.training import resume_training, train
from convlens.training.checkpoint import load_checkpoint, save_checkpoint
from convlens.training.events import ChunkDone, EpochDone, Event, TrainingEnded
from convlens.training.run_folder import read_config

NETWORK = "conv 4 3x3 pad 1, batchnorm, relu, maxpool 2, dropout 0.3, dense"


def some_digits(digits: Dataset, count: int = 300) -> LabelledImages:
    return digits.train.subset(np.arange(count))


def noise() -> LabelledImages:
    """Nothing to learn but by heart: what is held out gets worse while the training images are remembered."""
    pixels = np.random.default_rng(2).integers(0, 256, (100, 1, 8, 8), np.uint8)
    return LabelledImages(pixels, np.arange(100) % 2, ("cat", "dog"), "noise")


def quick(data: Any, **changes: Any) -> TrainedModel:
    settings = {"network": NETWORK, "epochs": 40, "batch_size": 50, "learning_rate": 0.05, "threads": 1}
    return train(data, **{**settings, "device": "cpu", "validation": 0.2, "progress": False, **changes})


def same_weights(first: TrainedModel, second: TrainedModel) -> bool:
    return all(array.tobytes() == second.weights[name].tobytes() for name, array in first.weights.items())


@pytest.mark.parametrize("patience", [3, 11])
def test_the_model_has_the_weights_of_the_best_epoch(patience):
    """Also where all twelve epochs were done before patience was over."""
    events: list[Event] = []
    weights: dict[int, dict[str, Any]] = {}

    def watch(event: Event) -> None:
        events.append(event)
        if isinstance(event, ChunkDone) and event.weights is not None:
            weights[event.epoch] = event.weights()

    model = quick(noise(), epochs=12, batch_size=20, early_stopping=patience, on_event=watch)
    epochs = [event for event in events if isinstance(event, EpochDone)]
    ranks = [(done.validation_accuracy, -(done.validation_loss or 0)) for done in epochs]
    best = ranks.index(max(ranks))
    assert best < len(epochs) - 1
    assert len(epochs) == min(best + patience + 1, 12)
    facts = [model.facts[name] for name in ("best_epoch", "epochs", "finished", "ended_by")]
    assert facts == [best, len(epochs), True, "early stopping" if len(epochs) < 12 else "epochs"]
    assert all(np.array_equal(weights[best][name], array) for name, array in model.weights.items())
    assert len(model.history["loss"]) == len(epochs)
    ends = [str(event) for event in events if isinstance(event, TrainingEnded)]
    share = f"{(epochs[best].validation_accuracy or 0) * 100:.2f} %"
    how = f"stopped early after {len(epochs)} of 12 epochs" if len(epochs) < 12 else "12 of 12 epochs done"
    said = f"End: {how}; the model has the weights of epoch {best} (held out {share})"
    assert ends == [said]


def test_patience_alone_changes_no_bit(digits_8x8):
    images = some_digits(digits_8x8, 100)
    short = {"epochs": 2, "batch_size": 20}
    assert same_weights(quick(images, early_stopping=False, **short), quick(images, **short))


@pytest.mark.parametrize("chunks", [1, 4, 9])
def test_a_stopped_training_ends_early_where_the_whole_one_does(digits_8x8, tmp_path, chunks):
    images = some_digits(digits_8x8)
    whole = quick(images, early_stopping=2)
    asked = iter(range(1000))
    quick(images, early_stopping=2, out=tmp_path / "run", should_stop=lambda: next(asked) >= chunks)
    assert load_checkpoint(tmp_path / "run" / "last.checkpoint").settings.early_stopping == 2
    model = resume_training(tmp_path / "run", images, progress=False)
    assert same_weights(model, whole)
    assert [model.facts[name] for name in ("steps", "best_epoch", "ended_by", "finished")] == [
        whole.facts[name] for name in ("steps", "best_epoch", "ended_by", "finished")
    ]
    timeless = ("loss", "accuracy", "validation_accuracy", "validation_loss", "learning_rate")
    assert {name: model.history[name] for name in timeless} == {name: whole.history[name] for name in timeless}


def test_a_stop_after_the_best_epoch_does_not_lose_its_weights(tmp_path):
    whole = quick(noise(), epochs=12, batch_size=20, early_stopping=11)
    seen: list[EpochDone] = []

    def watch(event: Event) -> None:
        if isinstance(event, EpochDone):
            seen.append(event)

    quick(
        noise(), epochs=12, batch_size=20, early_stopping=11, out=tmp_path / "run", on_event=watch,
        should_stop=lambda: len(seen) == whole.facts["best_epoch"] + 1,
    )  # fmt: skip
    assert len(seen) == whole.facts["best_epoch"] + 1 < 12
    assert same_weights(resume_training(tmp_path / "run", noise(), progress=False), whole)


def test_a_stop_keeps_the_weights_of_the_moment_in_the_model_and_the_best_in_the_checkpoint(digits_8x8, tmp_path):
    seen: list[EpochDone] = []

    def watch(event: Event) -> None:
        if isinstance(event, EpochDone):
            seen.append(event)

    model = quick(
        some_digits(digits_8x8), early_stopping=30, out=tmp_path / "run", on_event=watch,
        should_stop=lambda: len(seen) == 8,
    )  # fmt: skip
    checkpoint = load_checkpoint(tmp_path / "run" / "last.checkpoint")
    assert checkpoint.history.best is not None
    assert checkpoint.best_weights.keys() == checkpoint.weights.keys()
    assert (model.facts["finished"], "ended_by" in model.facts, "best_epoch" in model.facts) == (False, False, False)
    assert all(np.array_equal(checkpoint.weights[name], array) for name, array in model.weights.items())


@pytest.mark.parametrize("settings", [{"validation": 0.0}, {"validation": None}])
def test_early_stopping_without_held_out_images_says_what_to_give(digits_8x8, tmp_path, settings):
    message = (
        r"^early_stopping needs held-out images, and none are held out\. Give a share of the training "
        r"images, such as validation=0\.1, or data with validation images, or train without early stopping\.$"
    )
    with pytest.raises(UsageError, match=message):
        quick(some_digits(digits_8x8, 20), early_stopping=True, out=tmp_path / "run", **settings)
    assert not (tmp_path / "run").exists()


def test_validation_images_of_the_data_are_enough(digits_8x8):
    train_images, held_out = (digits_8x8.train.subset(np.arange(start, start + 100)) for start in (0, 100))
    dataset = Dataset("digits", train_images, None, "letterbox", validation=held_out)
    model = quick(dataset, validation=None, early_stopping=1, epochs=3)
    assert model.facts["best_epoch"] >= 0


def test_a_time_limit_ends_the_training_in_time_calibrated_and_tested(digits_8x8, tmp_path):
    started = time.monotonic()
    model = quick(digits_8x8, epochs=100_000, max_seconds=1.2, out=tmp_path / "run")
    assert time.monotonic() - started < 10  # all epochs would take minutes; a busy machine may take seconds to write
    assert (model.facts["finished"], model.facts["ended_by"]) == (True, "time limit")
    assert model.facts["test"]["total"] == 297
    assert model.calibration.images > 0
    assert 0 < model.facts["steps"] < 24 * 100_000  # 1,200 images in batches of 50 are 24 steps an epoch
    assert model.facts["epochs"] == model.facts["steps"] // 24
    assert model.history.epochs == -(-model.facts["steps"] // 24)  # the last one may be a part
    assert not (tmp_path / "run" / "last.checkpoint").exists()
    assert read_config(tmp_path / "run" / "config.toml").settings.max_seconds == 1.2
    assert "End: stopped at the time limit after " in (tmp_path / "run" / "log.txt").read_text()
    assert load_model(tmp_path / "run").history == model.history
    assert model.facts["images_seen"] == 50 * model.facts["steps"]


def test_a_limit_that_is_long_enough_changes_no_bit(digits_8x8):
    images = some_digits(digits_8x8, 100)
    limited = quick(images, epochs=2, max_seconds=1000)
    assert same_weights(limited, quick(images, epochs=2))
    assert limited.facts["ended_by"] == "epochs"


def test_time_that_was_spent_before_a_stop_counts(digits_8x8, tmp_path):
    images = some_digits(digits_8x8, 100)
    quick(images, epochs=1000, max_seconds=1000, out=tmp_path / "run", should_stop=lambda: True)
    path = tmp_path / "run" / "last.checkpoint"
    checkpoint = load_checkpoint(path)
    assert 0 < checkpoint.history.elapsed < 60
    checkpoint.history.elapsed = 999.5
    save_checkpoint(path, checkpoint)
    model = resume_training(tmp_path / "run", images, progress=False)
    assert (model.facts["ended_by"], model.facts["steps"] < 10) == ("time limit", True)


def test_resuming_by_the_link_to_the_latest_run_keeps_the_link():
    """The link is made anew at the end: it must lead to the run, and not to itself."""
    quick(noise(), epochs=2, out="runs/first", should_stop=lambda: True)
    model = resume_training("runs/latest", noise(), progress=False)
    assert Path("runs/latest").resolve() == Path("runs/first").resolve()
    assert same_weights(load_model("runs/latest"), model)
    assert load_model("runs/first").facts["finished"]
