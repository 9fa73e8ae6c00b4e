"""The brush of the drawing pad: strokes as thick as MNIST's once they are prepared."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from convlens.preprocessing import Preprocessing, prepare
from convlens.preprocessing.measuring import measure

Call = Callable[..., Any]
DIGITS = {
    1: [[(0.42, 0.2), (0.52, 0.1), (0.5, 0.9)]],
    2: [[(0.28, 0.3), (0.32, 0.18), (0.5, 0.1), (0.68, 0.2), (0.68, 0.38), (0.25, 0.88), (0.75, 0.9)]],
    3: [[(0.3, 0.15), (0.5, 0.1), (0.68, 0.25), (0.45, 0.48), (0.7, 0.6), (0.68, 0.82), (0.5, 0.9), (0.28, 0.83)]],
    4: [[(0.4, 0.1), (0.28, 0.52), (0.72, 0.52)], [(0.68, 0.15), (0.62, 0.9)]],
    7: [[(0.27, 0.12), (0.73, 0.12), (0.45, 0.9)]],
}


def brush_width(call: Call, preprocessing: Preprocessing, side: int) -> float:
    return call(
        """async ([preprocessing, side]) => {
          const { brushWidth } = await import("convlens/preparation/brush.js");
          return brushWidth(preprocessing, side);
        }""",
        [preprocessing.as_dict(), side],
    )


def draw(digit: int, side: int, width: float, size: float) -> np.ndarray:
    """A digit in the middle of a pad, drawn with a round brush, `size` as large as the pad."""
    image = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(image)
    for line in DIGITS[digit]:
        points = [((x - 0.5) * size * side + side / 2, (y - 0.5) * size * side + side / 2) for x, y in line]
        pen.line(points, fill=255, width=round(width), joint="curve")
        for x, y in points:
            pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)
    return np.asarray(image)


@pytest.mark.parametrize("size", [0.65, 0.8, 1.0])
def test_drawings_have_the_strokes_of_mnist(call: Call, models: dict[str, Preprocessing], size: float) -> None:
    model = models["MNIST"]
    assert model.appearance is not None
    stroke = model.appearance.stroke
    width = brush_width(call, model, 560)
    for digit in DIGITS:
        prepared = prepare(model, draw(digit, 560, width, size))
        assert not any("strokes" in note for note in prepared.notes)  # nothing had to be repaired
        assert stroke.low < float(measure(prepared.pixels).stroke[0]) < stroke.high
        assert prepared.unlike == ()


def test_widths_by_hand(call: Call, models: dict[str, Preprocessing]) -> None:
    # MNIST: 0.0834 of the frame, objects fill 0.7143 of it and most drawings 0.7 of the pad
    assert brush_width(call, models["MNIST"], 280) == pytest.approx(280 * 0.0834 * 0.7 / 0.7143)
    assert brush_width(call, models["MNIST without looks"], 280) == pytest.approx(280 / 12)
    assert brush_width(call, models["colour with looks"], 280) == pytest.approx(280 / 12)
    looks = models["ink of varied size"].appearance
    assert looks is not None
    assert brush_width(call, models["ink of varied size"], 280) == pytest.approx(280 * looks.stroke.middle)
