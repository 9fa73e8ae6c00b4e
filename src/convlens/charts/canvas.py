"""What all charts share: the sheet they are drawn on, colours, and text that came from users.

The colours are Okabe and Ito's, which stay apart for colour-blind eyes; nothing is said by colour alone.
A user's own matplotlib style does not reach these pictures, so the same numbers give the same bytes.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, SKY = "#0072B2", "#D55E00", "#007A5A", "#9CCBE8"
INK, QUIET, LINE, PALE = "#1B2530", "#66727F", "#D9DEE3", "#EEF1F4"
DEEP_TO_LIGHT = ("#0A1220", "#0E3A63", "#0072B2", "#72BDEB", "#FFFFFF")
WIDTH, DPI = 8.0, 150  # inches, dots per inch: 1,200 pixels

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
    """matplotlib with its own defaults and ours on top, whatever the user has set, and without its warnings."""
    import matplotlib.style
    from matplotlib import font_manager

    installed = {font.name for font in font_manager.fontManager.ttflist}
    families = ["DejaVu Sans", *(name for name in _OTHER_SCRIPTS if name in installed)]
    with matplotlib.style.context(["default", _SETTINGS | {"font.family": families}]), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of letters that no installed font has; they are drawn as boxes
        yield


def new_figure(height: float) -> "Figure":
    """An empty white sheet, 8 inches (1,200 pixels) wide and `height` inches high."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height), dpi=DPI, facecolor="white")


def encode_figure(figure: "Figure") -> bytes:
    """The PNG of a figure; the same figure gives the same bytes, so no date or version is written into it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    file = io.BytesIO()
    # Quick compression: a third larger, in a quarter of the time, and whoever waits for a training waits for this, too.
    FigureCanvasAgg(figure).print_png(file, metadata={"Software": None}, pil_kwargs={"compress_level": 1})
    return file.getvalue()


def add_axes(figure: "Figure", left: float, top: float, width: float, height: float) -> "Axes":
    """Axes placed in inches from the upper left corner, which is how a page is laid out."""
    page_width, page_height = figure.get_size_inches()
    return figure.add_axes(
        (left / page_width, 1 - (top + height) / page_height, width / page_width, height / page_height)
    )


def add_sheet(figure: "Figure") -> "Axes":
    """Axes without lines that cover the page, in inches from the upper left corner.

    For pictures with many small parts: every other axes costs as much time as a hundred squares in this one.
    """
    axes = figure.add_axes((0, 0, 1, 1))
    width, height = figure.get_size_inches()
    axes.set_axis_off()
    axes.set_autoscale_on(False)
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    return axes


def show_pixels(
    sheet: "Axes", pixels: np.ndarray, left: float, top: float, width: float, height: float, **style: Any
) -> None:
    """Pixels as squares in a place of a sheet; `style` is that of matplotlib's `imshow`."""
    extent = (left, left + width, top + height, top)
    sheet.imshow(pixels, extent=extent, aspect="auto", interpolation="nearest", **style)


def add_text(figure: "Figure", left: float, top: float, text: str, **style: object) -> None:
    """Text whose baseline lies `top` inches below the upper edge."""
    page_width, page_height = figure.get_size_inches()
    figure.text(left / page_width, 1 - top / page_height, text, **style)  # pyright: ignore[reportArgumentType]


def shorten(text: object, longest: int) -> str:
    """One line of at most `longest` characters, the rest replaced by an ellipsis.

    >>> shorten("a class with a very long name", 12)
    'a class wit…'
    """
    line = "".join(letter if letter.isprintable() else " " for letter in str(text)[: 4 * longest + 100])
    line = " ".join(line.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"
