"""The report's figures as SVG. Colours and fonts come from the page, so the figures suit the light and dark themes.

matplotlib draws with placeholder colours, which are replaced by CSS variables of the page in the finished SVG. Text
stays text: it can be searched, and class names in any script are shown with the browser's own fonts.
"""

import io
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from convlens.charts import drawing_style, running_mean
from convlens.evaluation import CorruptionCurve
from convlens.metrics import ReliabilityBin, RiskCoverage
from convlens.report.course import Course
from convlens.report.thinning import thin_out
from convlens.words import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INK, _QUIET, _LINE, _BLUE, _ORANGE, _BAND = "#010203", "#020304", "#030405", "#040506", "#050607", "#060708"
_VARIABLES = {_INK: "ink", _QUIET: "quiet", _LINE: "line", _BLUE: "blue", _ORANGE: "orange", _BAND: "band"}
_WIDTH = 4.6  # inches; 331 points, the width of a phone, so that letters keep their size there
_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "text.color": _INK,
    "axes.edgecolor": _LINE,
    "axes.labelcolor": _QUIET,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "axes.grid": True,
    "grid.color": _LINE,
    "grid.linewidth": 0.5,
    "xtick.color": _LINE,
    "ytick.color": _LINE,
    "xtick.labelcolor": _QUIET,
    "ytick.labelcolor": _QUIET,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
}
MOST_CLASSES = 24
_HUGE = 1e30
"""Larger losses are drawn as this value, so that sums of losses cannot overflow."""
_NO_SPACE = "\u200b"
"""Put before names in legends, because matplotlib leaves out names that begin with an underscore."""


def _draw(name: str, height: float, draw: Callable[["Axes"], None], width: float = _WIDTH, left: float = 0.62) -> str:
    """Draw one pair of axes as an SVG element, `left` inches from its edge; `name` makes identifiers unique.

    The margins are fixed, because matplotlib's automatic layout draws everything twice.
    """
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    settings: Any = {**_SETTINGS, "svg.hashsalt": name}
    with drawing_style(), matplotlib.rc_context(settings):
        figure = Figure(figsize=(width, height))
        draw(figure.add_axes((left / width, 0.5 / height, 1 - (left + 0.12) / width, 1 - 0.62 / height)))
        file = io.StringIO()
        FigureCanvasSVG(figure).print_svg(file, metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return _fit_into_page(file.getvalue())


def _fit_into_page(svg: str) -> str:
    """Prepare an SVG for the page: remove what only a separate file needs, use the page's colours and the full width,
    and hide it from screen readers, which read the caption and the table instead.
    """
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'<g id="[^"]*"', "<g", svg)  # the same names in every figure, and nothing refers to them
    svg = svg.replace(_NO_SPACE, "")
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<style type=\"text/css\">.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', r'<svg viewBox="\1" aria-hidden="true">', svg, count=1)
    svg = re.sub(r"font: ([0-9.]+px) [^;\"]*", r"font-size: \1", svg)  # matplotlib before 3.11
    svg = re.sub(r"font-family: [^;\"]*; ?", "", svg)
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, f"var(--{variable})")
    return re.sub(r"\s*\n\s*", "\n", svg).strip()


def draw_intervals(
    names: Sequence[str],
    values: Sequence[float],
    intervals: Sequence[tuple[float, float]],
    overall: float | None = None,
) -> str:
    """Draw the accuracies of models or classes with their intervals, one above the other; `overall`, the accuracy on
    all images, is drawn as a line.
    """
    count, longest = len(names), 24 if overall is None else 16

    def draw(axes: "Axes") -> None:
        places = np.arange(count)[::-1]
        low, high = (np.array([interval[end] for interval in intervals]) * 100 for end in (0, 1))
        axes.hlines(places, low, high, color=_BLUE, linewidth=2.2, zorder=2)
        axes.plot(np.array(values) * 100, places, "o", color=_BLUE, markersize=5.5, zorder=3)
        axes.set_yticks(places, [shorten(name, longest) for name in names])
        axes.tick_params(axis="y", labelcolor=_INK)
        axes.set_ylim(-0.7, count - 0.3)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel("correct, %")
        if overall is not None:
            axes.axvline(overall * 100, color=_QUIET, linewidth=1, linestyle=(0, (4, 3)), zorder=1)
            axes.set_xlim(max(0, float(np.nanmin(low)) - 2) if count else 0, 100.5)

    left = 0.25 + 0.085 * max((min(len(name), longest) for name in names), default=1)
    return _draw("intervals", 0.75 + 0.23 * max(count, 2), draw, left=left)


def draw_reliability(after: Sequence[ReliabilityBin], before: Sequence[ReliabilityBin]) -> str:
    """Draw accuracy against confidence, in bins with equal numbers of images.

    `before` is empty if no temperature was fitted.
    """

    def draw(axes: "Axes") -> None:
        axes.plot([0, 100], [0, 100], color=_QUIET, linewidth=1, linestyle=(0, (4, 3)))
        both = (
            (before, _ORANGE, "s", "before temperature"),
            (after, _BLUE, "o", "after" if before else "uncalibrated"),
        )
        for bins, colour, marker, name in both[0 if before else 1 :]:
            sure = [100 * bin.confidence for bin in bins]
            right = [100 * bin.accuracy for bin in bins]
            axes.plot(sure, right, marker, color=colour, markersize=4.5, label=name)
            if bins is after:
                ends = [(100 * bin.interval[0], 100 * bin.interval[1]) for bin in bins]
                axes.vlines(sure, [low for low, _ in ends], [high for _, high in ends], color=colour, linewidth=1.2)
        lowest = [bin.confidence for bin in (*after, *before)] + [bin.interval[0] for bin in after] + [0.95]
        axes.set_xlim(max(0, 100 * min(lowest) - 5), 101)
        axes.set_ylim(max(0, 100 * min(lowest) - 5), 101)
        axes.set_xlabel("confidence, %")
        axes.set_ylabel("accuracy, %")
        axes.legend(frameon=False, loc="upper left", labelcolor=_INK)

    return _draw("reliability", 3.4, draw)


def draw_risk(curve: RiskCoverage, threshold: tuple[float, float] | None) -> str:
    """Draw the error rate against coverage; `threshold` is the (coverage, error rate) of the model's own threshold."""

    def draw(axes: "Axes") -> None:
        places = thin_out(len(curve.thresholds), 400)
        coverage, risk = 100 * curve.coverage[places], 100 * curve.risk[places]
        axes.step(coverage, risk, where="post", color=_BLUE, linewidth=1.8)
        if threshold is not None:
            axes.plot([100 * threshold[0]], [100 * threshold[1]], "D", color=_ORANGE, markersize=6)
            place, left = (100 * threshold[0], 100 * threshold[1]), threshold[0] > 0.5
            side: dict[str, Any] = {"xytext": (-8, 9), "ha": "right"} if left else {"xytext": (8, 9), "ha": "left"}
            axes.annotate("the model's threshold", place, color=_INK, textcoords="offset points", **side)
        settled = risk[coverage >= 5] if (coverage >= 5).any() else risk
        axes.set_ylim(0, max(float(settled.max(initial=0)) * 1.3, 0.1))
        axes.set_xlim(0, 101)
        axes.set_xlabel("coverage, % of the images")
        axes.set_ylabel("error rate, % of the answers")

    return _draw("risk", 2.6, draw)


def draw_corruption(kind: str, curves: Sequence[tuple[str, CorruptionCurve]]) -> str:
    """Draw accuracy against the strength of a corruption: one model with its interval, or several with their names."""
    styles = [(_BLUE, "o", "-"), (_ORANGE, "s", "--"), (_INK, "^", ":"), (_QUIET, "D", "-.")]

    def draw(axes: "Axes") -> None:
        for number, (name, curve) in enumerate(curves):
            colour, marker, line = styles[number % len(styles)]
            strengths = [point.strength for point in curve.points]
            low = [100 * point.interval[0] for point in curve.points]
            high = [100 * point.interval[1] for point in curve.points]
            if len(curves) == 1:
                axes.fill_between(strengths, low, high, color=_BAND, linewidth=0)
            values = [100 * point.accuracy for point in curve.points]
            label = _NO_SPACE + shorten(name, 28)
            axes.plot(strengths, values, line, marker=marker, color=colour, markersize=4, linewidth=1.6, label=label)
        axes.set_ylim(0, 103)
        axes.set_xlabel(f"{kind}, {curves[0][1].unit}")
        axes.set_ylabel("accuracy, %")
        if len(curves) > 1:
            axes.legend(frameon=False, labelcolor=_INK, fontsize=8)

    return _draw(f"corruption-{kind}", 2.1, draw, width=3.3)


def draw_losses(course: Course) -> str:
    """Draw the loss at every step, faintly, and its running mean."""
    steps = np.array([step for step, _ in course.losses], np.float64)
    values = np.array([np.nan if loss is None else loss for _, loss in course.losses], np.float64)
    values = np.clip(values, -_HUGE, _HUGE)
    shown = thin_out(len(steps), 1500)
    smooth = running_mean(values, max(1, len(values) // 80))

    def draw(axes: "Axes") -> None:
        axes.plot(steps[shown], values[shown], color=_BAND, linewidth=0.8)
        places = thin_out(len(steps), 300)
        axes.plot(steps[places], smooth[places], color=_BLUE, linewidth=1.8)
        finite = values[np.isfinite(values)]
        top = float(np.quantile(finite, 0.995)) * 1.1 if len(finite) else 1.0
        axes.set_ylim(0, max(top, 1e-3))
        axes.set_xlim(0, max(float(steps.max(initial=1)), 1))
        axes.set_xlabel("step")
        axes.set_ylabel("loss")

    return _draw("losses", 2.3, draw)


def draw_accuracies(course: Course) -> str:
    """Draw the accuracy after every epoch, on the training images and on the held-out images."""
    from matplotlib.ticker import MaxNLocator

    def draw(axes: "Axes") -> None:
        for name, words, colour, marker in (
            ("accuracy", "training images (augmented, during the epoch)", _BLUE, "o"),
            ("validation_accuracy", "held-out images", _ORANGE, "s"),
        ):
            found = [(number + 1, row.get(name)) for number, row in enumerate(course.epochs)]
            points = [(epoch, 100 * value) for epoch, value in found if value is not None]
            points = [points[place] for place in thin_out(len(points), 500)]
            if points:
                axes.plot(*zip(*points, strict=True), marker=marker, color=colour, markersize=4.5, label=words)
        axes.set_xlabel("epoch")
        axes.set_ylabel("accuracy, %")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if axes.lines:
            axes.legend(frameon=False, labelcolor=_INK, loc="lower right")

    return _draw("accuracies", 2.3, draw)
