"""Shared by all charts: the sheet that they are drawn on, the colours, and the handling of users' text.

The colours are Okabe and Ito's, which colour-blind readers can tell apart; no information is given by colour alone.
The user's matplotlib style does not apply here, so the same numbers give the same bytes.
"""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from convlens.words import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, SKY = "#0072B2", "#D55E00", "#007A5A", "#9CCBE8"
INK, QUIET, LINE, PALE = "#1B2530", "#66727F", "#D9DEE3", "#EEF1F4"
ADDS_OR_TAKES_AWAY = (ORANGE, "#FFFFFF", BLUE)
"""From the most negative to the most positive number, zero in the middle."""
WIDTH, DPI = 8.0, 150  # inches, dots per inch: 1,200 pixels
MARGIN = 0.3
_LARGEST_TO_MEDIAN = 1e6
"""In a running mean, larger values count as this many times the median."""

_OTHER_SCRIPTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC", "Hiragino Sans", "Microsoft YaHei", "Yu Gothic",
    "WenQuanYi Zen Hei", "Noto Sans Arabic", "Noto Sans Devanagari", "Arial Unicode MS", "Segoe UI Symbol",
)  # fmt: skip
_SETTINGS = {
    "font.size": 9,
    "text.color": INK,
    "text.parse_math": False,  # a class may be called $x$
    "axes.edgecolor": LINE,
    "axes.labelcolor": QUIET,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": False,
    "axes.unicode_minus": True,
    "grid.color": PALE,
    "grid.linewidth": 0.8,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": QUIET,
    "ytick.labelcolor": QUIET,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "agg.path.chunksize": 10_000,
}


@contextmanager
def drawing_style() -> Iterator[None]:
    """Set matplotlib's defaults and ours on top, whatever the user has set, and suppress its warnings."""
    import matplotlib.style
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    families = ["DejaVu Sans", *(name for name in _OTHER_SCRIPTS if name in installed)]
    with matplotlib.style.context(["default", _SETTINGS | {"font.family": families}]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # for characters that no installed font has; they are drawn as boxes
        yield


def encode_figure(figure: "Figure") -> bytes:
    """Return a figure as PNG, without a date or version, so that the same figure gives the same bytes."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    file = io.BytesIO()
    # Fast compression: a file is a third larger, but takes a quarter of the time, which delays the end of a training.
    FigureCanvasAgg(figure).print_png(file, metadata={"Software": None}, pil_kwargs={"compress_level": 1})
    return file.getvalue()


@dataclass(frozen=True)
class Bar:
    """A probability as a bar: the texts before and after it, and whether it is emphasised."""

    name: str
    share: float
    value: str
    strong: bool = False
    bold: bool = False


class Sheet:
    """A white page, 8 inches (1,200 pixels) wide; positions are in inches from the upper left corner.

    All parts except curves share one pair of axes over the whole page, because another pair takes as much time as a
    hundred squares. Draw inside `drawing_style`.
    """

    def __init__(self, height: float) -> None:
        from matplotlib.figure import Figure

        self.height = height
        self.figure = Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")
        self.page = self.axes(0, 0, WIDTH, height)
        self.page.set_axis_off()
        self.page.set_autoscale_on(False)
        self.page.set_xlim(0, WIDTH)
        self.page.set_ylim(height, 0)

    def axes(self, left: float, top: float, width: float, height: float) -> "Axes":
        """Add a separate pair of axes, for a curve."""
        lower = 1 - (top + height) / self.height
        return self.figure.add_axes((left / WIDTH, lower, width / WIDTH, height / self.height))

    def text(self, left: float, top: float, text: str, **style: Any) -> None:
        """Draw text whose baseline is `top` inches below the upper edge."""
        self.page.text(left, top, text, **style)

    def title(self, text: str) -> None:
        """Draw the heading of the page."""
        self.text(MARGIN, 0.42, shorten(text, 70), fontsize=15, fontweight="bold")

    def block(self, left: float, top: float, width: float, height: float, colour: str, **style: Any) -> None:
        """Draw a filled rectangle."""
        self.page.barh(top + height / 2, width, height=height, left=left, color=colour, linewidth=0, **style)

    def pixels(self, pixels: np.ndarray, left: float, top: float, width: float, height: float, **style: Any) -> None:
        """Draw pixels as squares: uint8 H×W (grey), H×W×3 or H×W×4, or numbers with a `cmap`; `style` is `imshow`'s."""
        if pixels.ndim == 2 and not style:
            style = {"cmap": "gray", "vmin": 0, "vmax": 255}
        extent = (left, left + width, top + height, top)
        self.page.imshow(pixels, extent=extent, aspect="auto", interpolation="nearest", **style)

    def bars(self, left: float, top: float, width: float, bars: Sequence[Bar], step: float, points: float = 8) -> None:
        """Draw bars one below the other, `step` inches apart; a share of 1 is `width` inches long, from `left` on."""
        for row, bar in enumerate(bars):
            middle, colour = top + (row + 0.5) * step, INK if bar.strong else QUIET
            share = bar.share if np.isfinite(bar.share) else 0.0
            for length, shade in ((1.0, PALE), (share, BLUE if bar.strong else SKY)):
                self.block(left, middle - 0.31 * step, length * width, 0.62 * step, shade)
            weight, named = "bold" if bar.bold else "normal", INK if bar.bold else colour
            self.text(left - 0.06, middle, bar.name, ha="right", va="center", fontsize=points, color=named,
                      fontweight=weight)  # fmt: skip
            self.text(left + width + 0.06, middle, bar.value, va="center", fontsize=8, color=colour)

    def png(self) -> bytes:
        """Return the page as PNG."""
        return encode_figure(self.figure)


def as_pixels(image: np.ndarray) -> np.ndarray:
    """Convert an image C×H×W for `Sheet.pixels`: to H×W for one channel, else to H×W×C."""
    return image[0] if image.shape[0] == 1 else image.transpose(1, 2, 0)


def running_mean(values: np.ndarray, half: int) -> np.ndarray:
    """Return the mean of each of N values and its `half` neighbours on each side; NaN is ignored, and stays NaN.

    >>> running_mean(np.array([1.0, 2, 6, np.nan]), 1)
    array([1.5, 3. , 4. , nan])
    """
    known = np.isfinite(values)
    # After a loss of 1e26, differences of cumulative sums would lose all later values, so large values are clipped.
    most = _LARGEST_TO_MEDIAN * float(np.median(np.abs(values[known]))) if known.any() else 0.0
    sums = np.concatenate([[0.0], np.cumsum(np.where(known, np.clip(values, -most, most), 0))])
    counts = np.concatenate([[0], np.cumsum(known)])
    start = np.maximum(np.arange(len(values)) - half, 0)
    end = np.minimum(np.arange(len(values)) + half + 1, len(values))
    with np.errstate(invalid="ignore"):
        mean = (sums[end] - sums[start]) / (counts[end] - counts[start])
    return np.where(known, mean, np.nan)
