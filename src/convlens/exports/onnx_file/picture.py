"""The preparation by the rules `letterbox` as ONNX operators: pictures of any size → pixels of the network's shape.

It computes what `convlens.preprocessing.frame_rules.letterbox_picture` computes, bit for bit in ONNX Runtime: Pillow's
conversion to grey and its Hamming filter, with coefficients in steps of 2⁻²² and a rounding after each pass. ONNX's own
`Resize` has another filter (up to 26 levels off), which several runtimes refuse. The filter is two products of
matrices, which are computed from the picture's size. Numbers are float64, because sums of 255·2²² are not exact in
float32; a runtime that computes in float32 is off by one level at some pixels.
"""

import math
from functools import cache

import numpy as np

from convlens.exports.onnx_file.graph import Graph
from convlens.preprocessing import Preprocessing

_LUMA = np.array([[19595], [38470], [7471]], np.float32)
"""ITU-R 601, as Pillow has it: the sum of the products, and a half, over 2¹⁶, rounded down. Exact in float32."""
_STEPS = 2.0**22
"""A coefficient of the filter is a multiple of one over this, as in Pillow."""
_HAMMING = tuple(float(np.float32(value)) for value in (0.54, 0.46))
"""Pillow has these two in single precision."""
_BORDER = 28
"""The border is this part of the shorter side; see `convlens.pixels.framing.border_pixels`."""


def add_letterbox(graph: Graph, pictures: str, preprocessing: Preprocessing) -> str:
    """Add the preparation of pictures, uint8 N×H×W×3. Returns the name of the pixels, float32 N×C×H×W, 0 to 255."""
    channels, box_height, box_width = preprocessing.image_shape
    values = graph.add("Cast", pictures, to=graph.kind(np.float32))
    if channels == 1:
        values = graph.add("Add", graph.add("MatMul", values, _LUMA), 2.0**15)
        values = graph.add("Floor", graph.add("Div", values, 2.0**16))
    planes = graph.add("Transpose", values, perm=[0, 3, 1, 2])
    sizes = [graph.add("Shape", pictures, start=axis, end=axis + 1) for axis in (1, 2)]
    height, width = (graph.add("Cast", size, to=graph.kind(np.float64)) for size in sizes)
    inner_height, inner_width = _fit_into(graph, height, width, box_height, box_width)
    rows, is_row = _filter(graph, height, inner_height, box_height)
    columns, is_column = _filter(graph, width, inner_width, box_width)
    exact = graph.add("Cast", planes, to=graph.kind(np.float64))
    columns = graph.add("Transpose", columns, perm=[1, 0])
    if pillow_may_begin_with_columns():
        lost_height, lost_width = graph.add("Sub", height, inner_height), graph.add("Sub", width, inner_width)
        most = graph.add("Max", graph.add("Mul", lost_width, _double(2)), _double(0))
        scaled = graph.choose(
            graph.add("Squeeze", graph.add("Greater", lost_height, most)),
            lambda: _rounded(graph, _rounded(graph, rows, exact), columns),
            lambda: _rounded(graph, rows, _rounded(graph, exact, columns)),
        )
    else:
        scaled = _rounded(graph, rows, _rounded(graph, exact, columns))
    inside = graph.add("And", is_row, graph.add("Transpose", is_column, perm=[1, 0]))
    scaled = graph.add("Cast", scaled, to=graph.kind(np.float32))
    return graph.add("Where", inside, scaled, _median_of_border(graph, planes, *sizes))


@cache
def pillow_may_begin_with_columns() -> bool:
    """Return whether the Pillow that is installed scales a picture that loses many rows along its columns first.

    Pillow 13 does, if a picture loses more than twice as many rows as columns; Pillow 12.3 always begins with the rows.
    The rounding after the first pass makes one level of difference at some pixels.
    """
    from PIL import Image

    random = np.random.default_rng(0)
    picture = Image.fromarray(random.integers(0, 256, (160, 35), np.uint8))
    filter = Image.Resampling.HAMMING
    return (
        picture.resize((24, 24), filter).tobytes()
        == picture.resize((35, 24), filter).resize((24, 24), filter).tobytes()
    )


def _double(*values: float) -> np.ndarray:
    return np.array(values, np.float64)


def _fit_into(graph: Graph, height: str, width: str, box_height: int, box_width: int) -> tuple[str, str]:
    """Return the size of the scaled picture; see `convlens.pixels.framing.fit_into`."""
    down, right = graph.add("Mul", height, _double(box_width)), graph.add("Mul", width, _double(box_height))
    is_tall = graph.add("GreaterOrEqual", down, right)
    sizes = [
        graph.add("Max", graph.add("Round", graph.add("Div", product, divisor)), _double(1))
        for product, divisor in ((down, width), (right, height))
    ]
    return (
        graph.add("Where", is_tall, _double(box_height), sizes[0]),
        graph.add("Where", is_tall, sizes[1], _double(box_width)),
    )


def _filter(graph: Graph, size: str, inner: str, box: int) -> tuple[str, str]:
    """Return the matrix (box × size) that scales one axis to `inner` numbers in the middle of the box, times 2²²; and
    which of its rows these are (box × 1).
    """
    first = graph.add("Floor", graph.add("Div", graph.add("Sub", _double(box), inner), _double(2)))
    place = graph.add("Sub", np.arange(box, dtype=np.float64)[:, None], first)
    is_inside = graph.add("And", graph.add("GreaterOrEqual", place, _double(0)), graph.add("Less", place, inner))
    scale = graph.add("Div", size, inner)
    centre = graph.add("Mul", graph.add("Add", place, _double(0.5)), scale)
    sources = graph.add("Range", np.float64(0), graph.add("Squeeze", size), np.float64(1))
    offset = graph.add("Add", graph.add("Sub", sources, centre), _double(0.5))
    inverse = graph.add("Div", _double(1), graph.add("Max", scale, _double(1)))
    weights = _hamming(graph, graph.add("Abs", graph.add("Mul", offset, inverse)))
    total = graph.add("ReduceSum", weights, np.array([1], np.int64))
    share = graph.add("Div", weights, graph.add("Where", is_inside, total, _double(1)))
    steps = graph.add("Floor", graph.add("Add", graph.add("Mul", share, _double(_STEPS)), _double(0.5)))
    return steps, is_inside


def _hamming(graph: Graph, x: str) -> str:
    """Return sin(πx)/πx·(0.54 + 0.46·cos πx) for 0 < x < 1, 1 for 0, and 0 from 1 on."""
    is_middle = graph.add("Equal", x, _double(0))
    turn = graph.add("Mul", graph.add("Where", is_middle, _double(0.5), x), _double(math.pi))
    wave = graph.add("Div", graph.add("Sin", turn), turn)
    cosine = graph.add("Sin", graph.add("Add", turn, _double(math.pi / 2)))  # ONNX Runtime's Cos takes only float32
    slope = graph.add("Add", graph.add("Mul", cosine, _double(_HAMMING[1])), _double(_HAMMING[0]))
    inside = graph.add("Where", is_middle, _double(1), graph.add("Mul", wave, slope))
    return graph.add("Where", graph.add("Less", x, _double(1)), inside, _double(0))


def _rounded(graph: Graph, left: str, right: str) -> str:
    """Return the product of two matrices over 2²², rounded half up."""
    total = graph.add("Add", graph.add("MatMul", left, right), _double(_STEPS / 2))
    return graph.add("Floor", graph.add("Div", total, _double(_STEPS)))


def _median_of_border(graph: Graph, planes: str, height: str, width: str) -> str:
    """Return the median along the four edges, N×C×1×1; see `convlens.pixels.framing.median_of_border`."""
    shorter = graph.add("Min", height, width)
    thickness = graph.add("Max", graph.add("Div", shorter, _whole(_BORDER)), _whole(1))
    is_small = graph.add("LessOrEqual", shorter, graph.add("Mul", thickness, _whole(2)))
    top = graph.add("Where", is_small, height, thickness)  # a small picture is all border: its top has every row
    bottom = graph.add("Where", is_small, height, graph.add("Sub", height, thickness))
    middle = graph.add("Slice", planes, top, bottom, _whole(2))
    right = graph.add("Sub", width, thickness)
    parts = [
        graph.add("Slice", planes, _whole(0), top, _whole(2)),
        graph.add("Slice", planes, bottom, height, _whole(2)),
        graph.add("Slice", middle, _whole(0), thickness, _whole(3)),
        graph.add("Slice", middle, right, width, _whole(3)),
    ]
    border = graph.add("Concat", *(graph.add("Reshape", part, _whole(0, 0, -1)) for part in parts), axis=2)
    count = graph.add("Shape", border, start=2, end=3)
    half = graph.add("Div", count, _whole(2))
    lower = graph.add("Div", graph.add("Sub", count, _whole(1)), _whole(2))
    sorted_ = graph.add("TopK", border, graph.add("Add", half, _whole(1)), axis=2, largest=0, sorted=1)
    both = graph.add("Add", graph.add("Gather", sorted_, lower, axis=2), graph.add("Gather", sorted_, half, axis=2))
    return graph.add("Unsqueeze", graph.add("Floor", graph.add("Div", both, 2.0)), _whole(3))


def _whole(*values: int) -> np.ndarray:
    return np.array(values, np.int64)
