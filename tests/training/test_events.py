"""What a log says of every event, word by word."""

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convlens.training import events
from convlens.training.events import ChunkDone, EpochDone, TrainingStarted, log_lines
from convlens.training.settings import TrainingSettings

SETTINGS = TrainingSettings(
    recipe="tutorial",
    network="dense",
    epochs=10,
    batch_size=64,
    learning_rate=0.001,
    schedule="constant",
    log_every=450,
)
STARTED = TrainingStarted("mnist", 60_000, SETTINGS, "torch 2.6.0 on cpu, 2 threads", 7850, 938, 0, None)
DONE = EpochDone(2, 938, 0.061234, 0.98125, None, 0.001, 4.04, 14_851.4)


def progress(first_batch: int, losses: list[float]) -> ChunkDone:
    return ChunkDone(2, first_batch, np.array(losses, np.float32), 0.5, 1000.0, 2.0)


def test_a_start_says_all_that_was_chosen():
    assert log_lines(STARTED, SETTINGS) == [
        "Data: mnist, 60,000 training images",
        "Network: dense (7,850 parameters)",
        "Recipe: tutorial, 10 epochs, adam 0.001 constant, seed 3",
        "Epoch: 938 batches of 64 images",
        "Engine: torch 2.6.0 on cpu, 2 threads",
    ]


def test_one_of_anything_is_in_the_singular():
    settings = replace(SETTINGS, epochs=1, batch_size=1)
    started = replace(STARTED, images=1, parameters=1, steps_per_epoch=1, settings=settings)
    assert log_lines(started, settings)[:4] == [
        "Data: mnist, 1 training image",
        "Network: dense (1 parameter)",
        "Recipe: tutorial, 1 epoch, adam 0.001 constant, seed 3",
        "Epoch: 1 batch of 1 image",
    ]
    assert str(started) == "Training on mnist: 1 image, 1 parameter, 1 epoch, torch 2.6.0 on cpu, 2 threads"
    assert str(events.Judged(correct=1, total=1)) == "Accuracy: 100.00 % of 1 test image"


def test_why_auto_took_an_engine_stands_beside_it():
    started = replace(STARTED, engine_reason="there is an NVIDIA GPU")
    assert log_lines(started, SETTINGS)[4] == "Engine: torch 2.6.0 on cpu, 2 threads (auto: there is an NVIDIA GPU)"


def test_a_training_that_goes_on_says_after_which_step():
    lines = log_lines(replace(STARTED, steps_done=700, folder=Path("runs/a")), SETTINGS)
    assert lines[:5] == log_lines(STARTED, SETTINGS)
    assert lines[5:] == ["Resuming after step 700"]


def test_losses_are_the_tutorials_lines():
    # 2.5 is a float32; 0.1 is not, and the tutorial prints the float32 as Python does.
    assert log_lines(progress(0, [2.5, 2.0]), SETTINGS) == ["Epoch -> 2", "  Batch: 0, Loss: 2.5"]
    assert log_lines(progress(448, [1, 2, 0.1, 3]), SETTINGS) == ["  Batch: 450, Loss: 0.10000000149011612"]
    assert log_lines(progress(1, [1.0] * 449), SETTINGS) == []
    assert log_lines(progress(1, [1.0] * 450), SETTINGS) == ["  Batch: 450, Loss: 1.0"]


@pytest.mark.parametrize("cuts", [[], [1], [450], [1, 2, 449, 451, 900], list(range(1, 938))])
def test_how_long_chunks_are_changes_no_line(cuts):
    losses = np.linspace(2, 0, 938).tolist()
    places = [0, *cuts, len(losses)]
    lines = [
        line
        for start, end in itertools.pairwise(places)
        for line in log_lines(progress(start, losses[start:end]), SETTINGS)
    ]
    assert [line.partition(", ")[0] for line in lines] == ["Epoch -> 2", "  Batch: 0", "  Batch: 450", "  Batch: 900"]
    assert lines == log_lines(progress(0, losses), SETTINGS)


def test_every_batch_can_be_logged():
    every = replace(SETTINGS, log_every=1)
    assert log_lines(progress(7, [1.0, 0.5]), every) == ["  Batch: 7, Loss: 1.0", "  Batch: 8, Loss: 0.5"]


def test_an_epoch_says_accuracy_loss_and_speed():
    assert log_lines(DONE, SETTINGS) == ["  Training accuracy 98.12 %, loss 0.06123, 4.0 s, 14,851 images/s"]
    assert log_lines(replace(DONE, validation_accuracy=0.975), SETTINGS) == [
        "  Training accuracy 98.12 %, held out 97.50 %, loss 0.06123, 4.0 s, 14,851 images/s"
    ]
    assert "held out 0.00 %" in log_lines(replace(DONE, validation_accuracy=0.0), SETTINGS)[0]


def test_the_test_says_accuracy_and_how_many():
    tested = events.Judged(correct=9873, total=10_000)
    assert tested.accuracy == 0.9873
    assert log_lines(tested, SETTINGS) == ["Accuracy: 98.73 % of 10,000 test images"]


def test_an_epoch_is_a_dict_of_plain_values():
    assert DONE.as_dict() == {
        "epoch": 2,
        "steps": 938,
        "loss": 0.061234,
        "accuracy": 0.98125,
        "validation_accuracy": None,
        "learning_rate": 0.001,
        "seconds": 4.04,
        "images_per_second": 14_851.4,
        "validation_loss": None,
    }
