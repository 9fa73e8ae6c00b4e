"""Max pooling."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from convlens.layers.sliding import PoolingLayer


@dataclass(frozen=True, init=False, repr=False)
class MaxPool2d(PoolingLayer):
    """Max pooling: the largest value at each window position; `stride` defaults to the kernel size.

    Padding is ignored, and is at most half of the kernel size.

    >>> MaxPool2d(2), MaxPool2d(3, stride=2, padding=1)
    (MaxPool2d(2), MaxPool2d(3, stride=2, padding=1))
    """

    word: ClassVar[str] = "maxpool"
    torch_fixed: ClassVar[Mapping[str, Any]] = {"ceil_mode": False, "return_indices": False, "dilation": 1}
    title: ClassVar[str] = "max pooling"
    summary: ClassVar[str] = "the largest value of each 2×2 window"
    formula: ClassVar[str] = "max of the window"
    example: ClassVar[str] = "maxpool 2"
    other_names: ClassVar[tuple[str, ...]] = (
        "maxpool2d",
        "max_pool",
        "max_pool2d",
        "maxpooling",
        "maxpooling2d",
        "max",
        "pool",
        "pooling",
    )
    operation: ClassVar[str] = "max_pool2d"
    onnx_operator: ClassVar[str] = "MaxPool"
    torch_functions: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "max_pool2d": dict.fromkeys(
            ("kernel_size", "stride", "padding", "dilation", "ceil_mode", "return_indices"), None
        )
    }
    kernel_size: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int] = (0, 0)
