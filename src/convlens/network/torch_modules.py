"""Reads a network and its weights from a PyTorch module that is a chain of known layers.

PyTorch is not imported: modules are recognised by the names of their classes.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from convlens.errors import NetworkError
from convlens.layers import KINDS, Layer, ResolvedLayer
from convlens.words import nearest

if TYPE_CHECKING:
    import numpy as np

_CLASSES = {name: kind for kind in KINDS.values() for name in kind.torch_classes or (kind.__name__,)}
_WITHOUT_EFFECT = ("Identity",)
_NOT_NEEDED = {
    "Softmax": "Leave it out: the probabilities are computed after the last layer.",
    "LogSoftmax": "Leave it out: the probabilities are computed after the last layer.",
    "Dropout2d": "Use Dropout, or leave it out: it has no effect in predictions.",
}


def layers_of_module(module: Any) -> list[Layer]:
    """Return the layers that a `torch.nn.Sequential` of known layers computes, also of nested ones.

    Raises:
        NetworkError: a module is not known, or has a setting that Convlens does not have; the message names its place.
    """
    return [layer for _, _, layer in _known_layers(module)]


def weights_of_module(module: Any, resolved: Sequence[ResolvedLayer]) -> "dict[str, np.ndarray]":
    """Return a module's weights, under Convlens's names; `resolved` are its layers with their shapes.

    A bias that the module does not have is 0.

    Raises:
        NetworkError: the weights have other shapes.
    """
    import numpy as np

    nodes = [node for node in resolved if node.parameter_shapes()]
    weights: dict[str, np.ndarray] = {}
    parts = [part for _, part, _ in _known_layers(module) if any(True for _ in part.parameters())]
    for node, part in zip(nodes, parts, strict=True):
        for name, shape in node.layer.parameter_shapes(node).items():
            tensor = getattr(part, name)
            weights[f"{node.path}.{name}"] = (
                np.zeros(shape, np.float32)
                if tensor is None
                else as_weight(tensor.detach().cpu().numpy(), node.path, shape, "module")
            )
    return weights


def _known_layers(module: Any, place: str = "") -> Iterator[tuple[str, Any, Layer]]:
    """Yield the place, module and layer of each module in a chain, in order."""
    kind = type(module).__name__
    if kind == "Sequential":
        for name, part in module.named_children():
            yield from _known_layers(part, f"{place}.{name}" if place else name)
    elif kind not in _WITHOUT_EFFECT:
        yield place, module, _as_layer(module, kind, place)


def _as_layer(module: Any, kind: str, place: str) -> Layer:
    where = f"module {place}, {module}," if place else f"{kind}"
    if kind not in _CLASSES:
        advice = _NOT_NEEDED.get(kind) or _advice(kind)
        raise NetworkError(f"{where} is not a layer that Convlens has. {advice}")
    try:
        return _CLASSES[kind].from_torch(module)
    except NetworkError as error:
        raise NetworkError(f"{where} cannot be taken over: {error}") from error


def _advice(kind: str) -> str:
    near = nearest(kind, tuple(_CLASSES))
    return f"{f'Near to it is {near}. ' if near else ''}Known are Sequential and {', '.join(sorted(_CLASSES))}."


def count_outputs(layers: Sequence[Layer]) -> int:
    """Return the number of outputs of the last layer with a number of outputs: the number of classes."""
    numbers = (getattr(layer, "features", None) or getattr(layer, "channels", None) for layer in reversed(layers))
    return next(number for number in numbers if number)


def as_weight(array: "np.ndarray", path: str, shape: tuple[int, ...], origin: str) -> "np.ndarray":
    """Return a copy of a weight in the type that Convlens has; `path` is that of its layer.

    Raises:
        NetworkError: it has another shape.
    """
    import numpy as np

    if array.shape != shape:
        raise NetworkError(
            f"layer {path} takes weights of shape {shape}; the {origin} has {array.shape}. Give the input shape of the "
            "images that it was trained on."
        )
    return np.array(array, np.int64 if shape == () else np.float32)
