"""Drawings of the operations by hand, for slides, pages and the command line.

They are made from the window positions of `convlens.by_hand`, which does not depend on this package.
"""

from convlens.deprecations import old_module_names
from convlens.illustrations.diagram import draw_network
from convlens.illustrations.figures import (
    draw_activation,
    draw_counts,
    draw_coverage,
    draw_first_steps,
    draw_full_convolution,
    draw_kernels_and_maps,
    draw_matrix_and_kernel,
    draw_padding,
    draw_pooling_cases,
)
from convlens.illustrations.gallery import PICTURES, write_gallery
from convlens.illustrations.numbers import short_number, write_position, write_sum
from convlens.illustrations.saving import check_format, choose_frames, save_drawing
from convlens.illustrations.sheet import Sheet, render_png, render_svg
from convlens.illustrations.tensors import draw_rgb, draw_tensor, draw_tensor_attributes
from convlens.illustrations.vectors import (
    draw_convolution,
    draw_cross_correlation,
    draw_sliding_vectors,
    draw_two_vectors,
)
from convlens.illustrations.windows import draw_pooling, draw_window_position

__getattr__ = old_module_names("convlens.illustrations")
__all__ = [
    "PICTURES",
    "Sheet",
    "check_format",
    "choose_frames",
    "draw_activation",
    "draw_convolution",
    "draw_counts",
    "draw_coverage",
    "draw_cross_correlation",
    "draw_first_steps",
    "draw_full_convolution",
    "draw_kernels_and_maps",
    "draw_matrix_and_kernel",
    "draw_network",
    "draw_padding",
    "draw_pooling",
    "draw_pooling_cases",
    "draw_rgb",
    "draw_sliding_vectors",
    "draw_tensor",
    "draw_tensor_attributes",
    "draw_two_vectors",
    "draw_window_position",
    "render_png",
    "render_svg",
    "save_drawing",
    "short_number",
    "write_gallery",
    "write_position",
    "write_sum",
]
