"""The chart of a training, for the shortest and the longest, and where the loss was not finite."""

import io
from typing import Any
from unittest import mock

import numpy as np
import pytest
from PIL import Image

from convlens.charts import curves, draw_training
from convlens.charts.canvas import BLUE, GREEN, ORANGE, QUIET, SKY

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


@pytest.mark.parametrize(("facts", "height", "top"), [(None, 5.07, 0.92), ({"seed": 3}, 5.7, 1.55)])
def test_two_panels_below_each_other(sheet_of, facts, height, top):
    sheet = sheet_of(draw_training, LOSSES, 100, [0.8, 0.9, 0.95, 0.96], title="title", facts=facts)
    assert sheet.height == pytest.approx(height)
    above, below = (axes.get_position() for axes in sheet.figure.axes[1:])
    for panel, upper, high in ((above, top, 1.75), (below, top + 2.2, 1.35)):
        assert (panel.x0 * 8, (1 - panel.y1) * height) == pytest.approx((0.75, upper))
        assert (panel.width * 8, panel.height * height) == pytest.approx((5.9, high))
    above, below = sheet.figure.axes[1:]
    assert (above.get_title(loc="left"), below.get_title(loc="left")) == ("loss", "accuracy, %")
    assert {axes._left_title.get_fontsize() for axes in (above, below)} == {9}
    assert (below.get_xlabel(), below.xaxis.label.get_fontsize()) == ("epochs", 8)
    assert not any(label.get_visible() and label.get_text() for label in above.get_xticklabels())
    assert sheet.page.texts[0].get_text() == "title"


def test_facts_by_hand(sheet_of):
    """Five facts share 7.4 inches; fewer take a quarter each."""
    facts = {**{f"name {number}": number for number in range(5)}, "sixth": 6}
    texts = sheet_of(draw_training, LOSSES, 100, [0.9], facts=facts).page.texts[1:]
    assert [text.get_text() for text in texts] == [
        word for number in range(5) for word in (f"{number}", f"name {number}")
    ]
    np.testing.assert_allclose([text.get_position()[0] for text in texts[::2]], 0.3 + 1.48 * np.arange(5))
    assert {text.get_position()[1] for text in texts[::2]} == {0.86}
    assert {(text.get_fontsize(), text.get_fontweight()) for text in texts[::2]} == {(11, "bold")}
    assert {(text.get_position()[1], text.get_fontsize(), text.get_color()) for text in texts[1::2]} == {
        (1.06, 8, QUIET)
    }
    two = sheet_of(draw_training, LOSSES, 100, [0.9], facts={"n" * 30: "v" * 30, "b": 1}).page.texts[1:]
    assert [text.get_text() for text in two[:2]] == ["v" * 15 + "…", "n" * 23 + "…"]
    assert two[2].get_position()[0] == two[3].get_position()[0] == pytest.approx(0.3 + 1.85)


@pytest.mark.parametrize(
    ("losses", "steps", "accuracies", "epochs"),
    [
        (400, 100, [0.5] * 4, 4),
        (150, 100, [0.5, 0.6], 1.5),
        (100, 100, [0.5, 0.6], 2),  # the losses of the first epoch are missing
        (101, 100, [0.5, 0.6], 1.01),
        (0, 10, [], 1),
        (3, 0, [0.5], 3),
        (5, 10, [0.5], 1),
    ],
)
def test_both_panels_show_the_same_epochs(sheet_of, losses, steps, accuracies, epochs):
    above, below = sheet_of(draw_training, [1.0] * losses, steps, accuracies).figure.axes[1:]
    assert above.get_xlim() == below.get_xlim() == (0, pytest.approx(epochs))
    assert above.xaxis.get_major_locator().tick_values(0, 30).tolist() == list(range(0, 31, 3))


def test_the_loss_and_its_running_mean(sheet_of):
    losses = np.concatenate([LOSSES, [np.inf]])
    axes = sheet_of(draw_training, losses, 100, [0.9]).figure.axes[1]
    exact, smooth = axes.lines[:2]
    np.testing.assert_allclose(exact.get_xdata(), np.arange(1, 402) / 100)
    np.testing.assert_allclose(exact.get_ydata()[:400], LOSSES)
    assert (exact.get_color(), exact.get_linewidth(), exact.get_alpha(), exact.get_marker()) == (SKY, 0.5, 0.9, "None")
    assert (smooth.get_color(), smooth.get_linewidth()) == (BLUE, 1.8)
    np.testing.assert_allclose(smooth.get_ydata()[4:396], np.convolve(LOSSES, np.ones(9) / 9, mode="valid"))
    value, name = axes.texts[:2]
    assert (value.get_text(), name.get_text()) == (f"{LOSSES[-5:].mean():.3g}", "running mean")
    assert value.xy == name.xy == (1, pytest.approx(LOSSES[-5:].mean()))
    assert (value.xyann, name.xyann) == ((12, 1), (12, -1))
    assert (value.get_fontsize(), value.get_fontweight(), value.get_color()) == (10, "bold", BLUE)
    assert (name.get_fontsize(), name.get_color(), value.get_va(), name.get_va()) == (7.5, QUIET, "bottom", "top")


@pytest.mark.parametrize(
    ("count", "marker", "alpha"), [(2, "o", 0.9), (3, "None", 0.9), (4999, "None", 0.9), (5000, "None", 0.5)]
)
def test_few_losses_are_dots_and_many_are_faint(sheet_of, count, marker, alpha):
    line = sheet_of(draw_training, [1.0] * count, count, [0.9]).figure.axes[1].lines[0]
    assert (line.get_marker(), line.get_alpha()) == (marker, alpha)


@pytest.mark.parametrize(
    ("losses", "scale", "low", "high"),
    [
        ([2.0, 1.0], "linear", 0, 2.16),
        ([-1.0, -2.0], "linear", -2, 1),
        ([0.0, 0.0], "linear", 0, 1),
        ([10.0] * 5 + [1.0] * 5, "linear", 0, 10.8),  # just a factor of ten
        ([10.1] * 5 + [1.0] * 5, "log", 0.8, 12.625),
        ([10.1] * 5 + [0.0] * 5, "linear", 0, 10.908),
        ([20.0] * 50 + [1.0] * 49 + [0.1], "log", 0.8 * 0.991, 25),  # a hundredth of the losses lies below 0.991
        ([20.0] * 47 + [1.0, 0.001] * 2 + [1.0] * 49, "log", 0.8 * 0.334 / 5, 25),  # a fifth of (0.001 + 1 + 0.001)/3
    ],
)
def test_a_loss_that_fell_far_has_a_logarithmic_scale(sheet_of, losses, scale, low, high):
    axes = sheet_of(draw_training, losses, len(losses), [0.9]).figure.axes[1]
    assert axes.get_yscale() == scale
    assert axes.get_ylim() == pytest.approx((low, high), rel=1e-9)


@pytest.mark.parametrize(("top", "has_threes"), [(900.0, True), (1000.0, False)])
def test_a_logarithmic_scale_has_threes_unless_it_is_very_long(sheet_of, top, has_threes):
    axis = sheet_of(draw_training, [top] * 5 + [1.0] * 20, 25, [0.9]).figure.axes[1].yaxis
    assert (3.0 in axis.get_major_locator().tick_values(1, 100)) == has_threes
    assert axis.get_major_formatter()(0.3, 0) == "0.3"
    assert len(axis.get_minor_locator()()) == 0


@pytest.mark.parametrize(("first", "align", "beside"), [(2, "left", 6), (3, "right", -6)])
def test_the_mark_of_a_loss_that_is_not_finite_stays_inside(sheet_of, first, align, beside):
    losses = [1.0] * first + [np.nan] * (4 - first)
    axes = sheet_of(draw_training, losses, 4, [0.9]).figure.axes[1]
    line, said = axes.lines[-1], axes.texts[-1]
    assert np.asarray(line.get_xdata()).tolist() == [(first + 1) / 4] * 2
    assert (line.get_color(), line.get_linewidth()) == (ORANGE, 1.2)
    assert (said.get_ha(), said.xyann, said.xy) == (align, (beside, 0), ((first + 1) / 4, 0.9))
    assert (said.get_fontsize(), said.get_fontweight(), said.get_color()) == (9, "bold", ORANGE)


def test_no_finite_loss_has_no_scale(sheet_of):
    above, below = sheet_of(draw_training, [np.nan] * 3, 3, [np.nan]).figure.axes[1:]
    assert len(above.get_yticks()) == len(below.get_yticks()) == 0
    assert [text.get_text() for text in above.texts] == ["not finite at step 0"]


@pytest.mark.parametrize(("count", "size"), [(30, 4.5), (31, 0)])
def test_accuracies_by_hand(sheet_of, count, size):
    shares = np.linspace(0.5, 0.9, count)
    axes = sheet_of(draw_training, [1.0] * count, 1, shares, [*shares[:-1], np.nan]).figure.axes[2]
    training = axes.lines[0]
    np.testing.assert_allclose(training.get_ydata(), 100 * shares)
    np.testing.assert_allclose(training.get_xdata(), np.arange(1, count + 1))
    assert [line.get_color() for line in axes.lines] == [BLUE, GREEN]
    assert [(line.get_marker(), line.get_linewidth(), line.get_markersize()) for line in axes.lines] == [
        *(("o", 1.8, size), ("s", 1.8, size)),
    ]
    assert [text.get_text() for text in axes.texts] == [
        *("90.00 %", "training", f"{100 * shares[-2]:.2f} %", "validation"),
    ]


@pytest.mark.parametrize(
    ("lines", "low", "high"),
    [
        ([[97.0], [95.0]], 88.5, 100.5),  # from 90 to 100, and 1.5 around
        ([[20.0]], 8, 104),
        ([[50.0, 70.0]], 47, 73),
        ([[0.0, 100.0]], 0, 105),
        ([[99.0, 99.2], [99.1, np.nan]], 98.5, 99.7),  # half a per cent at least
        ([[90.0], [80.0, 95.0]], 77.75, 97.25),
    ],
)
def test_the_limits_of_accuracies(lines, low, high):
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    curves._limit_accuracies(axes, [np.array(line) for line in lines])
    assert axes.get_ylim() == pytest.approx((low, high))


@pytest.mark.parametrize(
    ("ends", "heights"),
    [
        ([40], [40]),
        ([40, 67], [40, 67]),  # 27 of 100 are just far enough
        ([40, 60], [36.5, 63.5]),
        ([60, 40], [63.5, 36.5]),
        ([50, 50], [63.5, 36.5]),
        ([1, 3], [2.7, 29.7]),  # moved up: the middle is at least 0.6·27
        ([99, 98], [93.25, 66.25]),  # moved down: at most 100 − 0.75·27
    ],
)
def test_labels_of_lines_never_overlap(ends, heights):
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    axes.set_ylim(0, 100)
    curves._label_accuracies(axes, [(end, "name", BLUE) for end in ends])
    texts: Any = axes.texts
    values, names = texts[::2], texts[1::2]
    assert [text.xy[1] for text in values] == [text.xy[1] for text in names] == pytest.approx(heights)
    assert [text.get_text() for text in values] == [f"{end}.00 %" for end in ends]
