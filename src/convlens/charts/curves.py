"""The chart of a training: the loss at every step, and the accuracy after every epoch."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from convlens.charts.canvas import (
    BLUE,
    DPI,
    GREEN,
    MARGIN,
    ORANGE,
    QUIET,
    SKY,
    WIDTH,
    Sheet,
    drawing_style,
    running_mean,
)
from convlens.words import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LEFT, _PANEL_WIDTH = 0.75, 5.9
_HEIGHT, _FACTS_HEIGHT = 4.15, 0.63  # inches; without what is above the panels
_MOST_FACTS = 5


def draw_training(
    losses: Sequence[float] | np.ndarray,
    steps_per_epoch: int,
    accuracies: Sequence[float],
    validation_accuracies: Sequence[float] | None = None,
    title: str = "Training",
    facts: Mapping[str, Any] | None = None,
) -> bytes:
    """Draw a training as a PNG: `losses` has one value per step, `accuracies` one value (0 to 1) per epoch, including
    an incomplete last one.

    The loss is drawn faintly and its running mean strongly; if the loss was not finite, the chart names the first such
    step. The top row shows up to five `facts`, each value above its name.

    >>> draw_training([2.3, 1.2, 0.6, 0.4], 2, [0.7, 0.9], facts={"seed": 3})[:4]
    b'\\x89PNG'
    """
    losses = np.asarray(losses, np.float64)
    with drawing_style():
        top = 0.92 + (_FACTS_HEIGHT if facts else 0)
        sheet = Sheet(_HEIGHT + top)
        sheet.title(title)
        _write_facts(sheet, facts or {})
        above = sheet.axes(_LEFT, top, _PANEL_WIDTH, 1.75)
        below = sheet.axes(_LEFT, top + 2.2, _PANEL_WIDTH, 1.35)
        trained = len(losses) / max(steps_per_epoch, 1)
        if trained <= len(accuracies) - 1:
            trained = len(accuracies)
        _draw_losses(above, losses, max(steps_per_epoch, 1))
        _draw_accuracies(below, accuracies, validation_accuracies, trained)
        for axes in (above, below):
            _share_epochs(axes, max(trained, 1))
        above.tick_params(labelbottom=False)
        below.set_xlabel("epochs", fontsize=8, loc="right", labelpad=2)
        return sheet.png()


def _write_facts(sheet: Sheet, facts: Mapping[str, Any]) -> None:
    shown = list(facts.items())[:_MOST_FACTS]
    step = (WIDTH - 2 * MARGIN) / max(len(shown), 4)
    for place, (name, value) in enumerate(shown):
        sheet.text(MARGIN + place * step, 0.86, shorten(value, 16), fontsize=11, fontweight="bold")
        sheet.text(MARGIN + place * step, 1.06, shorten(name, 24), fontsize=8, color=QUIET)


def _draw_losses(axes: "Axes", losses: np.ndarray, steps_per_epoch: int) -> None:
    axes.set_title("loss", loc="left", fontsize=9, color=QUIET, pad=6)
    epochs = np.arange(1, len(losses) + 1) / steps_per_epoch
    finite = np.isfinite(losses)
    shown = np.where(finite, losses, np.nan)
    smooth = running_mean(shown, max(1, len(shown) // 100))
    marker = "o" if len(losses) < 3 else None
    axes.plot(epochs, shown, color=SKY, linewidth=0.5, alpha=0.9 if len(losses) < 5000 else 0.5, marker=marker)
    axes.plot(epochs, smooth, color=BLUE, linewidth=1.8, solid_capstyle="round")
    if finite.any():
        _choose_loss_scale(axes, shown[finite], smooth[np.isfinite(smooth)])
        last = np.flatnonzero(finite)[-1]
        _label_end(axes, float(smooth[last]), f"{smooth[last]:.3g}", "running mean", BLUE)
    else:
        axes.set_yticks([])
    if not finite.all():
        _mark_not_finite(axes, epochs, finite)


def _choose_loss_scale(axes: "Axes", losses: np.ndarray, smooth: np.ndarray) -> None:
    """Use a logarithmic scale if the loss fell by more than a factor of ten, so that late epochs remain readable."""
    axes.grid(axis="y")
    top = float(losses.max())
    if losses.min() > 0 and smooth.max() > 10 * smooth.min():
        from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 3.0) if top < 1000 * float(np.median(losses)) else (1.0,)))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set_ylim(max(float(np.quantile(losses, 0.01)), float(smooth.min()) / 5) * 0.8, top * 1.25)
    else:
        axes.set_ylim(min(0.0, float(losses.min())), top * 1.08 if top > 0 else 1)


def _mark_not_finite(axes: "Axes", epochs: np.ndarray, finite: np.ndarray) -> None:
    first = int(np.flatnonzero(~finite)[0])
    axes.axvline(epochs[first], color=ORANGE, linewidth=1.2, linestyle=(0, (3, 2)))
    late = first > len(finite) / 2
    axes.annotate(
        f"not finite at step {first:,}",
        (float(epochs[first]), 0.9),
        xycoords=("data", "axes fraction"),
        xytext=(-6 if late else 6, 0),
        textcoords="offset points",
        ha="right" if late else "left",
        va="center",
        color=ORANGE,
        fontsize=9,
        fontweight="bold",
    )


def _draw_accuracies(
    axes: "Axes", accuracies: Sequence[float], validation: Sequence[float] | None, trained: float
) -> None:
    """Draw each epoch's accuracy at its end, which is `trained` for an incomplete last epoch."""
    axes.set_title("accuracy, %", loc="left", fontsize=9, color=QUIET, pad=6)
    axes.grid(axis="y")
    series = [("training", accuracies, BLUE, "o")]
    if validation is not None and len(validation):
        series.append(("validation", validation, GREEN, "s"))
    ends = []
    for name, shares, colour, marker in series:
        values = 100 * np.asarray(shares, np.float64)
        if not np.isfinite(values).any():
            continue
        epochs = np.minimum(np.arange(1, len(values) + 1), trained)
        size = 4.5 if len(values) <= 30 else 0
        axes.plot(epochs, values, color=colour, linewidth=1.8, marker=marker, markersize=size, clip_on=False)
        last = np.flatnonzero(np.isfinite(values))[-1]
        ends.append((float(values[last]), name, colour))
    if not ends:
        axes.set_yticks([])
    else:
        _limit_accuracies(axes, [np.asarray(line.get_ydata(), np.float64) for line in axes.lines])
        _label_accuracies(axes, ends)


def _limit_accuracies(axes: "Axes", lines: list[np.ndarray]) -> None:
    """Set the limits of the axis so that all values are visible, including those of the first epoch."""
    values = np.concatenate(lines)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if all(len(line) == 1 for line in lines):
        low, high = min(low, 90.0), 100.0  # a single epoch has no range of values; use a fixed one
    room = max((high - low) * 0.15, 0.5)
    axes.set_ylim(max(0.0, low - room), min(100.0 + room / 3, high + room))


def _label_accuracies(axes: "Axes", ends: list[tuple[float, str, str]]) -> None:
    """Write each line's last value beside it, moved apart if two would overlap."""
    low, high = axes.get_ylim()
    needed = (high - low) * 0.27
    heights = [height for height, _, _ in ends]
    if len(ends) == 2 and abs(heights[0] - heights[1]) < needed:
        middle = min(max(sum(heights) / 2, low + 0.6 * needed), high - 0.75 * needed)
        direction = 1 if heights[0] >= heights[1] else -1
        heights = [middle + direction * needed / 2, middle - direction * needed / 2]
    for (value, name, colour), height in zip(ends, heights, strict=True):
        _label_end(axes, height, f"{value:.2f} %", name, colour)


def _label_end(axes: "Axes", y: float, value: str, name: str, colour: str) -> None:
    """Write a value and its name to the right of the panel, at the height of the line's end."""
    place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points", "annotation_clip": False}
    axes.annotate(value, (1, y), xytext=(12, 1), va="bottom", color=colour, fontsize=10, fontweight="bold", **place)
    axes.annotate(name, (1, y), xytext=(12, -1), va="top", color=QUIET, fontsize=7.5, **place)


def _share_epochs(axes: "Axes", epochs: float) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_xlim(0, epochs)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=10, integer=True, min_n_ticks=1))
    axes.tick_params(length=3 * DPI / 150)
