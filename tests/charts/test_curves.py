"""The chart of a training, for the shortest and the longest, and where the loss was not finite."""

import io
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from convlens.charts import curves, draw_training

LOSSES = 2.3 * np.exp(-np.linspace(0, 4, 400)) + 0.02


def pixels(content):
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB")).astype(int)


def has_colour(content, colour):
    wanted = [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
    return bool((np.abs(pixels(content) - wanted).max(axis=2) <= 2).any())


@pytest.mark.parametrize(
    ("losses", "steps", "accuracies", "validation"),
    [
        (LOSSES, 100, [0.8, 0.9, 0.95, 0.96], [0.85, 0.91, 0.93, 0.92]),
        (LOSSES, 400, [0.93], None),
        (np.tile(LOSSES, 25), 100, np.linspace(0.5, 1, 100), np.linspace(0.5, 0.9, 100)),
        ([2.3], 1, [0.1], [0.2]),
        ([], 10, [], None),
        ([0.0, 0.0, 0.0], 3, [1.0], []),
        ([5e30, 1e-30, 0.5], 3, [0.0], [1.0]),
        ([-1.0, -2.0], 2, [0.5], None),
        (LOSSES[:150], 100, [0.7], None),
    ],
)
def test_trainings_of_every_length(losses, steps, accuracies, validation):
    content = draw_training(losses, steps, accuracies, validation, "title", {"seed": 3})
    assert pixels(content).shape[1] == 1200


def test_a_loss_that_is_not_finite_is_marked():
    losses = LOSSES.copy()
    assert not has_colour(draw_training(losses, 100, [0.9]), "#D55E00")
    losses[250:] = np.nan
    assert has_colour(draw_training(losses, 100, [0.9]), "#D55E00")
    assert has_colour(draw_training([np.inf, np.nan], 100, [np.nan]), "#D55E00")


def test_the_same_training_gives_the_same_bytes():
    assert draw_training(LOSSES, 100, [0.9]) == draw_training(LOSSES, 100, [0.9])


def test_facts_take_a_row_of_their_own():
    plain = pixels(draw_training(LOSSES, 100, [0.9]))
    told = pixels(draw_training(LOSSES, 100, [0.9], facts={"device": "cpu", "a" * 300: "b" * 300}))
    assert told.shape[0] > plain.shape[0]


def test_the_step_where_the_loss_is_not_finite_counts_from_0():
    axes = mock.MagicMock()
    finite = np.array([True, True, False, False])
    curves._mark_not_finite(axes, np.arange(1, 5) / 4, finite)
    assert axes.axvline.call_args.args == (0.75,)  # the third of four steps, as the error of the training says
    assert axes.annotate.call_args.args[0] == "not finite at step 2"


@pytest.mark.parametrize("trained", [12, 11.5])
def test_every_epoch_is_within_the_axes(trained):
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    accuracies = [0.1, *np.linspace(0.9, 0.99, 11)]
    curves._draw_accuracies(axes, accuracies, [0.05, *accuracies[1:]], trained)
    low, high = axes.get_ylim()
    assert (low < 5, high > 99) == (True, True)
    line = axes.lines[0]
    assert np.asarray(line.get_xdata()).tolist() == [*range(1, 12), trained]
    assert np.asarray(line.get_ydata())[[0, -1]].tolist() == [10, 99]
