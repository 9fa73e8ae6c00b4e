"""The operations of a convolutional network by hand: plain NumPy, with every window position.

What deep learning calls a convolution slides a kernel over its input, multiplies and adds. In mathematics, this is a
*cross-correlation*; a *convolution* rotates the kernel by 180° first. The functions here have the mathematical names,
except for `conv2d`: as a layer of PyTorch or Keras, it does not rotate the kernel.

    >>> from convlens import by_hand
    >>> by_hand.cross_correlate([1, 2, 3], [4, 5, 6])  # 1·4 + 2·5 + 3·6
    32.0
    >>> by_hand.convolve([1, 2, 3], [4, 5, 6])  # 1·6 + 2·5 + 3·4
    28.0

An operation returns its result. The function with the prefix `trace_` returns all window positions behind the result
(`trace_layer` for one layer of a network; `trace_dense`, `trace_add` and `trace_concatenate` for layers without a
sliding window). Results are computed from strided views, and window positions are multiplied and added one by one, so
that tests can compare the two. The engines compute the same faster, and do not use this package.
"""

from convlens.by_hand.activations import ACTIVATIONS, activate
from convlens.by_hand.gradients import kernel_weight_gradient, trace_kernel_weight_gradient
from convlens.by_hand.joins import trace_add, trace_concatenate
from convlens.by_hand.kernels import KERNELS, kernel_named
from convlens.by_hand.matrices import (
    convolve2d,
    count_coverage,
    cross_correlate2d,
    rotate,
    trace_convolve2d,
    trace_cross_correlate2d,
)
from convlens.by_hand.network import LayerResult, run_network, trace_dense, trace_layer
from convlens.by_hand.pooling import (
    avg_pool2d,
    max_pool2d,
    max_pool2d_winners,
    pooled_size,
    trace_avg_pool2d,
    trace_max_pool2d,
)
from convlens.by_hand.tensors import conv2d, trace_conv2d
from convlens.by_hand.trace import GradientPosition, JoinPosition, PoolPosition, Term, Trace, WindowPosition
from convlens.by_hand.vectors import (
    convolve,
    convolve_full,
    convolve_same,
    convolve_valid,
    correlate_full,
    correlate_same,
    correlate_valid,
    cross_correlate,
    trace_convolve,
    trace_convolve_full,
    trace_convolve_same,
    trace_convolve_valid,
    trace_correlate_full,
    trace_correlate_same,
    trace_correlate_valid,
    trace_cross_correlate,
)
from convlens.deprecations import old_module_names
from convlens.window import dropped, output_size, output_size_formula

__getattr__ = old_module_names("convlens.by_hand")
__all__ = [
    "ACTIVATIONS",
    "KERNELS",
    "GradientPosition",
    "JoinPosition",
    "LayerResult",
    "PoolPosition",
    "Term",
    "Trace",
    "WindowPosition",
    "activate",
    "avg_pool2d",
    "conv2d",
    "convolve",
    "convolve2d",
    "convolve_full",
    "convolve_same",
    "convolve_valid",
    "correlate_full",
    "correlate_same",
    "correlate_valid",
    "count_coverage",
    "cross_correlate",
    "cross_correlate2d",
    "dropped",
    "kernel_named",
    "kernel_weight_gradient",
    "max_pool2d",
    "max_pool2d_winners",
    "output_size",
    "output_size_formula",
    "pooled_size",
    "rotate",
    "run_network",
    "trace_add",
    "trace_avg_pool2d",
    "trace_concatenate",
    "trace_conv2d",
    "trace_convolve",
    "trace_convolve2d",
    "trace_convolve_full",
    "trace_convolve_same",
    "trace_convolve_valid",
    "trace_correlate_full",
    "trace_correlate_same",
    "trace_correlate_valid",
    "trace_cross_correlate",
    "trace_cross_correlate2d",
    "trace_dense",
    "trace_kernel_weight_gradient",
    "trace_layer",
    "trace_max_pool2d",
]
