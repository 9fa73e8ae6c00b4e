"""An operator of an ONNX graph as plain values, from which a layer is made; see `Layer.from_onnx`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convlens.errors import NetworkError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class OnnxOperator:
    """An operator on the way from the images to the logits.

    Attributes:
        kind: its name in ONNX, such as `Conv`.
        attributes: its settings; what is left out has ONNX's default.
        constants: its inputs behind the first one: weights and biases; None for one that is left out.
    """

    kind: str
    attributes: Mapping[str, Any]
    constants: "Sequence[np.ndarray | None]" = ()

    def constant(self, position: int) -> "np.ndarray | None":
        """Return the constant at a position, from 0; None if there is none."""
        return self.constants[position] if position < len(self.constants) else None

    def weight(self, position: int) -> "np.ndarray":
        """Return the constant at a position.

        Raises:
            NetworkError: there is none.
        """
        found = self.constant(position)
        if found is None:
            raise NetworkError("its weights are not stored in the file.")
        return found

    def check(self, **only: Any) -> None:
        """Check that settings have the only value that Convlens computes, where they are given.

        Raises:
            NetworkError: one has another value.

        >>> OnnxOperator("MaxPool", {"ceil_mode": 1}).check(ceil_mode=0)
        Traceback (most recent call last):
        convlens.errors.NetworkError: it has ceil_mode=1; Convlens computes only ceil_mode=0.
        """
        for name, value in only.items():
            if self.attributes.get(name, value) != value:
                raise NetworkError(f"it has {name}={self.attributes[name]!r}; Convlens computes only {name}={value!r}.")

    def window(self, kernel_size: Sequence[int] | None = None) -> dict[str, Any]:
        """Return kernel size, stride, padding and dilation of a convolution or pooling.

        Raises:
            NetworkError: it has one axis or three, or another padding before than behind.

        >>> OnnxOperator("Conv", {"kernel_shape": [3, 5], "pads": [1, 2, 1, 2]}).window()
        {'kernel_size': (3, 5), 'stride': (1, 1), 'padding': (1, 2), 'dilation': (1, 1)}
        """
        kernel = tuple(self.attributes.get("kernel_shape", kernel_size or ()))
        if len(kernel) != 2:
            raise NetworkError(f"it has {len(kernel)} axes; Convlens computes images, which have 2.")
        one, none = (1, 1), (0, 0, 0, 0)
        word = self.attributes.get("auto_pad", "NOTSET")
        pads = tuple(self.attributes.get("pads", none)) if word == "NOTSET" else none
        stride, dilation = (tuple(self.attributes.get(name, one)) for name in ("strides", "dilations"))
        if word.startswith("SAME"):
            reach = [step * (size - 1) for step, size in zip(dilation, kernel, strict=True)]
            if stride != one or any(size % 2 for size in reach):
                raise NetworkError(f"it has auto_pad={word!r} with a padding that differs before and behind.")
            pads = (reach[0] // 2, reach[1] // 2) * 2
        if pads[:2] != pads[2:]:
            raise NetworkError(f"it has pads={list(pads)}; Convlens has the same padding before and behind.")
        return {"kernel_size": kernel, "stride": stride, "padding": pads[:2], "dilation": dilation}
