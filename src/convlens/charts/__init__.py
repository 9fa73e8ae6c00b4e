"""Charts of trainings, predictions and kernels, each as the bytes of a PNG file about 1,200 pixels wide.

Charts take plain arrays and text, so they do not depend on models. matplotlib is imported inside the functions, because
importing it takes half a second. pyplot is not used, because it keeps every figure and chooses a window system.
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
