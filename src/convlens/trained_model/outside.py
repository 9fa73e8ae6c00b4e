"""Models that were trained elsewhere: a PyTorch module, or a state dict in a safetensors file with a network."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from convlens.checking import items_or_none, refuse
from convlens.data import as_class_names
from convlens.engines import Weights
from convlens.engines.engine import dtype_of
from convlens.errors import ModelFileError, NetworkError, UsageError
from convlens.layers import Dense, Layer
from convlens.network import Network, NetworkLike, as_network
from convlens.network.torch_modules import count_outputs, weights_of_module
from convlens.preprocessing import Normalisation, Preprocessing
from convlens.words import count_of, some_of

if TYPE_CHECKING:
    from torch import nn

_TOLERANCE = 1e-3
"""The largest difference of a logit, relative to the largest logit, between PyTorch and Convlens."""


def take_module(module: "nn.Module", input_shape: tuple[int, int, int]) -> tuple[Network, Weights, int]:
    """Return a module's network, weights and number of classes; see `TrainedModel.from_torch`.

    Raises:
        NetworkError: it is not a chain of known layers, or does not fit the input shape.
    """
    network = Network.from_torch(module)
    classes = count_outputs([layer for layer in network.layers if isinstance(layer, Layer)])
    return network, weights_of_module(module, network.resolve(input_shape, classes)), classes


def compare_with_module(module: "nn.Module", images: NDArray[np.float32], logits: NDArray[np.float32]) -> None:
    """Check that the module computes these logits for normalised images, in evaluation mode.

    Raises:
        NetworkError: it does not, for example because of a hook or a changed `forward`.
    """
    from convlens.engines.torch_engine import run_module

    expected = run_module(module, images)
    difference = np.abs(expected - logits).max() / max(1.0, float(np.abs(expected).max()))
    if not difference <= _TOLERANCE:
        raise NetworkError(
            f"the module computes other numbers than its layers say: a logit differs by {difference:.2g} of the "
            "largest. Give a module without hooks and without a forward() of its own."
        )


def take_state_dict(content: bytes, name: str, network: NetworkLike, input_shape: Any) -> tuple[Network, Weights, int]:
    """Return a network, the weights of a state dict in safetensors, and the number of classes; see `load_model`.

    Names may be those of any module whose layers are the network's, if the shapes tell which is which.

    Raises:
        ModelFileError: the file cannot be read, or its tensors do not fit the network.
    """
    try:
        tensors = safetensors.numpy.load(content)
    except (safetensors.SafetensorError, ValueError, TypeError, KeyError) as error:
        raise ModelFileError(
            f"{name} is not a state dict: it cannot be read as safetensors ({str(error)[:200]}). Write it with "
            "safetensors.torch.save_file(module.state_dict(), path)."
        ) from error
    network = as_network(network)
    classes = _classes(network, tensors, name)
    shapes = network.parameter_shapes(input_shape, classes)
    found = _match(shapes, tensors, name)
    weights = {one: np.array(tensors[found[one]], dtype_of(one)) for one in shapes if one in found}
    for one, shape in shapes.items():  # a layer without a bias, and a count that other programs do not store
        weights.setdefault(one, np.zeros(shape, dtype_of(one)))
    return network, weights, classes


def preprocessing_of(input_shape: Any, normalisation: Normalisation | None) -> Preprocessing:
    """Return the preprocessing for a model that was trained elsewhere: images are only fitted into the frame."""
    shape = items_or_none(input_shape)
    if shape is None or len(shape) != 3:
        refuse("input_shape", input_shape, "(channels, height, width), such as (1, 28, 28)")
    channels = shape[0] if shape[0] in (1, 3) else 1
    scaling = normalisation or Normalisation((0.0,) * channels, (1.0,) * channels)
    return Preprocessing((shape[0], shape[1], shape[2]), "letterbox", None, scaling)


def names_of(class_names: Sequence[str] | None, classes: int) -> Sequence[str]:
    """Return a name for each class: those that were given, or the numbers from 0.

    Raises:
        UsageError: there are more or fewer names than classes.
    """
    if class_names is None:
        return [str(number) for number in range(classes)]
    if len(as_class_names(class_names)) != classes:
        raise UsageError(
            f"class_names has {count_of(len(class_names), 'name')}; the network has {count_of(classes, 'output')}. "
            "Give one for each."
        )
    return class_names


def _classes(network: Network, tensors: Mapping[str, NDArray[Any]], name: str) -> int:
    """Return the number of outputs of the last layer: as the network says, or the length of the only fitting bias."""
    layers = [layer for layer in network.layers if isinstance(layer, Layer)]
    last = layers[-1]
    if not isinstance(last, Dense) or last.features is not None:
        return count_outputs(layers)
    rows = [array.shape[0] for key, array in tensors.items() if array.ndim == 2 and key.endswith("weight")]
    if not rows:
        raise ModelFileError(f"{name} has no weights of a dense layer, with which the network ends. Give its network.")
    for layer in layers:
        if isinstance(layer, Dense) and layer.features in rows:
            rows.remove(layer.features)
    return rows[-1]


def _match(shapes: Mapping[str, tuple[int, ...]], tensors: Mapping[str, NDArray[Any]], name: str) -> dict[str, str]:
    """Return, for each weight of the network, the name of its tensor.

    Raises:
        ModelFileError: one is missing, left over, or could be two.
    """
    if set(tensors) <= set(shapes) and all(tensors[key].shape == shapes[key] for key in tensors):
        found = {key: key for key in tensors}
    else:
        found = _match_by_shape(shapes, tensors, name)
    missing = [key for key in shapes if key not in found and not key.endswith(("bias", "num_batches_tracked"))]
    if missing:
        raise _does_not_fit(name, f"it has no {some_of(missing)}", shapes)
    return found


def _match_by_shape(
    shapes: Mapping[str, tuple[int, ...]], tensors: Mapping[str, NDArray[Any]], name: str
) -> dict[str, str]:
    found: dict[str, str] = {}
    for key, array in sorted(tensors.items()):
        last = key.rpartition(".")[2]
        fitting = [one for one, shape in shapes.items() if shape == array.shape and one.rpartition(".")[2] == last]
        if not fitting:
            raise _does_not_fit(name, f"{key} with shape {array.shape} belongs to no layer", shapes)
        if len(fitting) > 1 or fitting[0] in found:
            both = " or ".join(fitting) if len(fitting) > 1 else f"{fitting[0]}, which is {found[fitting[0]]}, too"
            raise _does_not_fit(name, f"{key} could be {both}; rename the tensors", shapes)
        found[fitting[0]] = key
    return found


def _does_not_fit(name: str, reason: str, shapes: Mapping[str, Sequence[int]]) -> ModelFileError:
    wanted = ", ".join(f"{key} {tuple(shape)}" for key, shape in shapes.items() if prod(shape) > 1)
    return ModelFileError(f"{name} does not fit the network: {reason}. The network has {wanted[:500]}.")
