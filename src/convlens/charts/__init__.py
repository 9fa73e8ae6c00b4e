"""Pictures of a training, of predictions and of kernels, each as the bytes of a PNG file about 1,200 pixels wide.

Plain arrays and words go in, so a chart knows no model and can be drawn by anyone. matplotlib is imported inside the
functions, since it takes half a second, and its pyplot never: pyplot keeps every figure and picks a window system.
"""

from convlens.charts.canvas import (
    ADDS_OR_TAKES_AWAY,
    as_pixels,
    drawing_style,
    encode_figure,
    running_mean,
)
from convlens.charts.curves import draw_training
from convlens.charts.kernel_grid import draw_kernels
from convlens.charts.preparation_steps import Answer, PictureSteps, draw_preparation
from convlens.charts.sample_cards import draw_samples

__all__ = [
    "ADDS_OR_TAKES_AWAY",
    "Answer",
    "PictureSteps",
    "as_pixels",
    "draw_kernels",
    "draw_preparation",
    "draw_samples",
    "draw_training",
    "drawing_style",
    "encode_figure",
    "running_mean",
]
