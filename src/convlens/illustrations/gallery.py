"""All illustrations of the tutorial, drawn from computed numbers.

`docs/operations.md` shows this gallery, in the tutorial's order.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from convlens.by_hand import conv2d, trace_conv2d, trace_cross_correlate2d
from convlens.files import make_folder, write_atomically
from convlens.illustrations import figures
from convlens.illustrations.diagram import draw_network
from convlens.illustrations.sheet import Sheet, render_png, render_svg
from convlens.illustrations.tensors import draw_rgb, draw_tensor_attributes
from convlens.illustrations.vectors import draw_convolution, draw_cross_correlation, draw_two_vectors
from convlens.illustrations.windows import draw_window_position
from convlens.network import preset
from convlens.operations_catalogue import BIASES, IMAGE_KERNELS, KERNEL, POOLED, SMALL_IMAGE, SMALL_MATRIX, A, B

ROW, COLUMN = np.mgrid[0:4, 0:4]
PHOTO = np.stack([255 - 85 * COLUMN, 60 * ROW, 85 * COLUMN]).astype(np.uint8)
"""An image of 4×4 pixels: red to blue from left to right, and more green towards the bottom."""


class Picture(NamedTuple):
    """One illustration: the name of its file, and the function that draws it."""

    name: str
    draw: Callable[[], Sheet]


def _step(number: int) -> Callable[[], Sheet]:
    return lambda: draw_window_position(trace_cross_correlate2d(SMALL_MATRIX, KERNEL), number)


PICTURES = (
    Picture("two-vectors", lambda: draw_two_vectors(A, B)),
    Picture("cross-correlation", lambda: draw_cross_correlation(A, B)),
    Picture("convolution", lambda: draw_convolution(A, B)),
    Picture("full-convolution", lambda: figures.draw_full_convolution(A, B)),
    Picture("convolution-matrix", lambda: figures.draw_matrix_and_kernel(SMALL_MATRIX, KERNEL)),
    Picture("convolution-1", _step(0)),
    Picture("convolution-2", _step(1)),
    Picture("convolution-3", _step(2)),
    Picture("convolution-4", _step(3)),
    Picture("convolution-edges", lambda: figures.draw_coverage(5, 3)),
    Picture("convolution-padding", lambda: figures.draw_padding(SMALL_MATRIX, 1)),
    Picture("convolution-steps", lambda: figures.draw_first_steps(SMALL_MATRIX, KERNEL, 1)),
    Picture("rgb-tensor", lambda: draw_rgb(PHOTO)),
    Picture("tensor-attributes", lambda: draw_tensor_attributes(3, 4, 5)),
    Picture("tensor-convolution", lambda: draw_window_position(trace_conv2d(SMALL_IMAGE, IMAGE_KERNELS[0]), 1)),
    Picture("multiple-kernels", lambda: figures.draw_kernels_and_maps(SMALL_IMAGE, IMAGE_KERNELS)),
    Picture("activated-outputs", lambda: figures.draw_activation(conv2d(SMALL_IMAGE, IMAGE_KERNELS), BIASES, "relu")),
    Picture("pooling-cases", lambda: figures.draw_pooling_cases(POOLED)),
    Picture("simple-cnn", lambda: draw_network(preset("tutorial"), (1, 28, 28), 10)),
)


def write_gallery(folder: Path) -> list[Path]:
    """Write every picture as SVG and as PNG into a folder, which is created if necessary; return the files.

    Raises:
        OutputError: the folder cannot be written.
    """
    make_folder(folder)
    written = []
    for number, picture in enumerate(PICTURES, start=1):
        sheet = picture.draw()
        for suffix, render in ((".svg", render_svg), (".png", render_png)):
            path = folder / f"{number:02}-{picture.name}{suffix}"
            write_atomically(path, render(sheet))
            written.append(path)
    return written
