"""Draws the first picture of the README: how a trained model processes one digit, layer by layer.

python examples/draw_banner.py latest examples/digits/two.png docs/pictures/banner.png
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from convlens import load_model
from convlens.charts import drawing_style
from convlens.charts.canvas import MARGIN, QUIET, WIDTH, Bar, Sheet, as_pixels
from convlens.files import write_atomically
from convlens.layers import MaxPool2d
from convlens.words import count_of, percent, shorten, times

HEIGHT, TOP, BLOCK, GAP = 2.95, 1.02, 1.62, 0.045  # inches
NAMES, BARS, VALUES = 0.17, 1.16, 0.62
MOST_MAPS, MOST_CLASSES = 16, 10
DEEP_TO_LIGHT = LinearSegmentedColormap.from_list(
    "deep to light", ["#0A1220", "#0E3A63", "#0072B2", "#72BDEB", "#FFFFFF"]
)


def main(model_name: str, image: str, out: str) -> None:
    """Draw the image, the maps behind every max-pooling, and the probabilities."""
    model = load_model(model_name)
    prediction = model.predict(Path(image))
    activations = model.engine.activations(prediction.pixels[None])
    steps = model.network.resolve(model.plan.input_shape, model.plan.classes)
    ends = [number for number, step in enumerate(steps) if isinstance(step.layer, MaxPool2d)]
    stages = []
    for start, end in zip([0, *(number + 1 for number in ends)], ends, strict=False):
        title = ", ".join(str(step.layer) for step in steps[start : end + 1])
        stages.append((title, activations[end + 1][0]))
    write_atomically(
        out, draw(prediction.pixels, stages, prediction.probabilities, prediction.class_names, Path(image).name)
    )


def draw(
    image: np.ndarray,
    stages: Sequence[tuple[str, np.ndarray]],
    probabilities: np.ndarray,
    class_names: Sequence[str],
    title: str = "input",
) -> bytes:
    """Draw a PNG with an image (uint8 C×H×W), the maps of some layers (title, C×H×W), and the probabilities as bars.

    A stage's title is broken at its first comma. The maps of a stage share one scale from zero to the largest value;
    it is a square root, so that weak activations are visible. At most 16 maps and ten classes are shown.
    """
    with drawing_style():
        sheet = Sheet(HEIGHT)
        columns = [-(-min(len(maps), MOST_MAPS) // _rows(maps)) for _, maps in stages]
        widths = [BLOCK * number / _rows(maps) for number, (_, maps) in zip(columns, stages, strict=True)]
        free = WIDTH - 2 * MARGIN - BLOCK - sum(widths) - NAMES - BARS - VALUES
        arrow = free / (len(stages) + 1)
        sheet.pixels(as_pixels(image), MARGIN, TOP, BLOCK, BLOCK)
        write_heading(sheet, MARGIN, title, f"{times(image.shape[:0:-1])} pixels")
        left = MARGIN + BLOCK
        for (heading, maps), width in zip(stages, widths, strict=True):
            draw_arrow(sheet, left, arrow)
            left += arrow
            draw_maps(sheet, left, width, maps)
            write_heading(sheet, left, heading, f"{len(maps)} maps of {times(maps.shape[:0:-1])}")
            left += width
        draw_arrow(sheet, left, arrow)
        draw_bars(sheet, left + arrow, probabilities, class_names)
        write_heading(sheet, left + arrow, "probabilities", count_of(len(class_names), "class"))
        return sheet.png()


def _rows(maps: np.ndarray) -> int:
    """Return the number of rows: four, or fewer if there are fewer maps."""
    return min(4, len(maps))


def draw_maps(sheet: Sheet, left: float, width: float, maps: np.ndarray) -> None:
    """Draw the maps in rows, on a dark background."""
    rows = _rows(maps)
    columns = -(-min(len(maps), MOST_MAPS) // rows)
    size = (BLOCK - (rows - 1) * GAP) / rows
    step = (width - size) / max(columns - 1, 1)
    largest = float(np.nanmax(maps, initial=0)) or 1.0
    for index, values in enumerate(np.sqrt(np.clip(maps[:MOST_MAPS] / largest, 0, None))):
        place = (left + index % columns * step, TOP + index // columns * (size + GAP), size, size)
        sheet.pixels(values, *place, cmap=DEEP_TO_LIGHT, vmin=0, vmax=1)


def draw_bars(sheet: Sheet, left: float, probabilities: np.ndarray, class_names: Sequence[str]) -> None:
    """Draw bars for all classes, in order, or for the ten likeliest if there are more; the likeliest is highlighted."""
    best = int(np.argmax(probabilities))
    order = list(range(len(probabilities)))
    if len(order) > MOST_CLASSES:
        order = np.argsort(-probabilities, kind="stable")[:MOST_CLASSES].tolist()
    names = [shorten(class_names[index], 9) for index in order]
    shares = [float(probabilities[index]) for index in order]
    bars = [
        Bar(name, share, percent(share) if index == best else "", strong=index == best, bold=index == best)
        for name, share, index in zip(names, shares, order, strict=True)
    ]
    room = 0.1 + 0.07 * max(map(len, names))
    sheet.bars(left + room, TOP, NAMES + BARS - room, bars, BLOCK / len(order))


def draw_arrow(sheet: Sheet, left: float, width: float) -> None:
    """Draw an arrow from one stage to the next."""
    style = {"arrowstyle": "-|>,head_length=0.35,head_width=0.18", "color": QUIET, "linewidth": 1.1}
    middle = TOP + BLOCK / 2
    sheet.page.annotate("", xy=(left + 0.8 * width, middle), xytext=(left + 0.22 * width, middle), arrowprops=style)


def write_heading(sheet: Sheet, left: float, heading: str, detail: str) -> None:
    """Write up to three lines: the heading before its first comma, the rest of it, and the sizes."""
    first, _, rest = heading.partition(", ")
    sheet.text(left, 0.40, shorten(first, 20), fontsize=10, fontweight="bold")
    for place, line in enumerate([shorten(rest, 22), detail] if rest else [detail]):
        sheet.text(left, 0.61 + 0.19 * place, line, fontsize=8, color=QUIET)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:4])
