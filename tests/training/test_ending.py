"""When a training ends before its last planned step: which epoch is better, when patience is over, how much time is
left.
"""

from dataclasses import replace

import pytest

from convlens.training import ending
from convlens.training.ending import TimeLimit, is_better, patience_is_over
from convlens.training.events import EpochDone

DONE = EpochDone(0, 10, 0.5, 0.9, 0.75, 0.001, 1.0, 100.0, validation_loss=0.4)


@pytest.mark.parametrize(
    ("accuracy", "loss", "better"),
    [
        (0.76, 0.9, True),  # more right answers count more than any loss
        (0.74, 0.1, False),
        (0.75, 0.39, True),
        (0.75, 0.4, False),
        (0.75, 0.41, False),
        (0.75, None, False),  # a loss that was not finite
    ],
)
def test_an_epoch_is_better_by_accuracy_then_by_loss(accuracy, loss, better):
    assert is_better(replace(DONE, validation_accuracy=accuracy, validation_loss=loss), DONE) is better


def test_any_finite_loss_beats_none():
    assert is_better(DONE, replace(DONE, validation_loss=None))
    assert not is_better(replace(DONE, validation_loss=None), replace(DONE, validation_loss=None))


def test_patience_counts_the_epochs_after_the_best():
    # Epoch 2 was the best: after epoch 4 two epochs were no better, after epoch 5 three.
    assert not patience_is_over([DONE] * 5, 2, 3)
    assert patience_is_over([DONE] * 6, 2, 3)
    assert not patience_is_over([DONE] * 1000, 0, 0)
    assert not patience_is_over([], None, 1)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time is the one number in this list."""
    now = [100.0]
    monkeypatch.setattr(ending.time, "monotonic", lambda: now[0])
    return now


def test_without_a_limit_there_is_always_time(clock):
    limit = TimeLimit(None, started=100)
    clock[0] = 1e9
    assert limit.left(1.0) == float("inf")
    assert limit.cooling_steps(limit.left(1.0), 1.0) == 0


def test_time_is_left_for_what_comes_after_the_steps(clock):
    # 60 s, 20 of them in an earlier part and 5 in this one; 1 s to write and 3,000 images at a millisecond: 31 s.
    limit = TimeLimit(60, spent=20, images_afterwards=3000, started=100)
    clock[0] += 5
    assert limit.elapsed == 25
    assert limit.left(0.001) == pytest.approx(31)


def test_a_short_limit_keeps_half_of_itself_for_steps(clock):
    assert TimeLimit(1, images_afterwards=10_000, started=100).left(0.01) == pytest.approx(0.5)


def test_the_rate_falls_in_the_last_fifth(clock):
    limit = TimeLimit(100, started=100)
    assert limit.cooling_steps(20.001, 0.5) == 0
    # 20 s at half a second a step are 40 steps; 95 % of them are planned.
    assert limit.cooling_steps(20.0, 0.5) == 38
    assert limit.cooling_steps(0.1, 0.5) == 1
