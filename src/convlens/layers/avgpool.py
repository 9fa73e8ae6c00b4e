"""Average pooling."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from convlens.layers.sliding import PoolingLayer


@dataclass(frozen=True, init=False, repr=False)
class AvgPool2d(PoolingLayer):
    """Average pooling: the mean at each window position; `stride` defaults to the kernel size.

    Padding counts as zeros (torch's `count_include_pad=True`), and is at most half of the kernel size.

    >>> AvgPool2d((2, 3))
    AvgPool2d((2, 3))
    """

    word: ClassVar[str] = "avgpool"
    torch_fixed: ClassVar[Mapping[str, Any]] = {"ceil_mode": False, "count_include_pad": True, "divisor_override": None}
    title: ClassVar[str] = "average pooling"
    summary: ClassVar[str] = "the mean of each window; padding counts as zeros"
    formula: ClassVar[str] = "mean of the window"
    example: ClassVar[str] = "avgpool 2"
    other_names: ClassVar[tuple[str, ...]] = (
        "avgpool2d",
        "avg_pool",
        "averagepool",
        "averagepooling2d",
        "meanpool",
        "avg",
        "mean",
    )
    operation: ClassVar[str] = "avg_pool2d"
    onnx_operator: ClassVar[str] = "AveragePool"
    torch_functions: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "avg_pool2d": dict.fromkeys(
            ("kernel_size", "stride", "padding", "ceil_mode", "count_include_pad", "divisor_override"), None
        )
    }
    onnx_options: ClassVar[dict[str, int]] = {"count_include_pad": 1}
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int] = (0, 0)
