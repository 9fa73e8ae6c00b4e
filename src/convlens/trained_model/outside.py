"""Models that were trained elsewhere: a PyTorch module, or a state dict in a safetensors file with a network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors
import safetensors.numpy
from numpy.typing import NDArray

from convlens.calibration import Calibration
from convlens.checking import items_or_none, refuse
from convlens.data import as_class_names
from convlens.engines import Weights
from convlens.engines.engine import dtype_of
from convlens.errors import ModelFileError, NetworkError, UsageError
from convlens.layers import Dense, walk
from convlens.network import Network, NetworkLike, as_network
from convlens.network.dataflow import TakenNetwork
from convlens.network.shapes import count_outputs
from convlens.network.torch_modules import read_module
from convlens.preprocessing import Normalisation, Preprocessing
from convlens.words import count_of, some_of

if TYPE_CHECKING:
    from torch import nn

_TOLERANCE = 1e-3
"""The largest difference of a logit, relative to the largest logit, between another program and Convlens."""
_ABOUT_MODULES = "A hook may change them, or a call that writes over its input. Give a module without these."
_OPTIONAL = ("bias", "num_batches_tracked")
"""Tensors that a layer may be without, or that other programs do not store."""
_LEAST = 1e-30
"""Smaller probabilities are not compared: float32 has hardly any."""


@dataclass(frozen=True)
class OutsideModel:
    """A network that was read from elsewhere, with its weights and number of classes."""

    taken: TakenNetwork
    network: Network
    weights: Weights
    classes: int

    @classmethod
    def of(cls, taken: TakenNetwork, input_shape: tuple[int, int, int], origin: str) -> "OutsideModel":
        """Fit the network to the input shape; errors call the file or module `origin`.

        Raises:
            NetworkError: the layers do not fit the input shape.
        """
        network = Network(taken.layers)
        classes = count_outputs(network.layers, input_shape)
        return cls(taken, network, taken.weights_for(network.resolve(input_shape, classes), origin), classes)

    def parts(
        self, preprocessing: Preprocessing, class_names: Sequence[str] | None, origin: str
    ) -> tuple[Network, Weights, Preprocessing, Sequence[str], dict[str, Any], Calibration]:
        """Return what a `TrainedModel` is made of; `preprocessing` comes before the network's own normalisation.

        Raises:
            NetworkError: the network's own normalisation inverts the pixels or removes them.
            UsageError: the class names do not fit.
        """
        normalisation = self._joined(preprocessing.normalisation, preprocessing.image_shape[0])
        names, calibration = names_of(class_names, self.classes), Calibration(self.taken.temperature)
        prepared = replace(preprocessing, normalisation=normalisation)
        return self.network, self.weights, prepared, names, {"data": origin}, calibration

    def _joined(self, before: Normalisation, channels: int) -> Normalisation:
        """Return a normalisation and the network's own behind it as one."""
        mean, std = np.array(before.mean), np.array(before.std)
        scale, shift = (_by_channel(value, channels) for value in (self.taken.scale, self.taken.shift))
        if not (scale > 0).all():
            raise NetworkError("the pixels are multiplied by a number that is not above 0. Give another network.")
        means, deviations = mean - shift * std / scale, std / scale
        return Normalisation(tuple(means.tolist()), tuple(deviations.tolist()))


def make_noise(input_shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """Return two images of noise, with which two programs are compared."""
    return np.random.default_rng(0).integers(0, 256, (2, *input_shape), np.uint8)


def _by_channel(value: Any, channels: int) -> NDArray[np.float64]:
    numbers = np.asarray(value, np.float64).reshape(-1)
    if len(numbers) not in (1, channels):
        raise NetworkError(f"the network normalises {len(numbers)} channels; the images have {channels}.")
    return np.broadcast_to(numbers, channels)


def take_module(module: "nn.Module", input_shape: tuple[int, int, int]) -> tuple[OutsideModel, str]:
    """Return a module's network, and `Softmax` or `LogSoftmax` if it ends in one; see `TrainedModel.from_torch`.

    Raises:
        NetworkError: it is not a chain of known layers, or does not fit the input shape.
    """
    taken = read_module(module)
    return OutsideModel.of(taken.network, input_shape, "module"), taken.ending


def compare_with_module(
    module: "nn.Module", images: NDArray[np.float32], logits: NDArray[np.float32], ending: str, temperature: float
) -> None:
    """Check that the module computes these logits for normalised images, in evaluation mode.

    Args:
        module: the module.
        images: normalised images.
        logits: what Convlens computes for them.
        ending: `Softmax` if it computes probabilities, `LogSoftmax` for their logarithms, which are then compared.
        temperature: the number by which it divides the logits before that.

    Raises:
        NetworkError: it does not, for example because of a hook or a call that writes over its input.
    """
    from convlens.engines.torch_engine import run_module

    try:
        expected = run_module(module, images).reshape(len(images), -1)
    except (RuntimeError, ValueError, TypeError) as error:
        reason = str(error).strip().partition("\n")[0][:200].rstrip(".")
        raise NetworkError(
            f"the module does not compute images of shape {images.shape}: {reason}. Give one on the processor with "
            "weights of float32, and the input shape that it was trained on."
        ) from error
    if ending:
        logits = log_softmax(logits / temperature)
        expected = np.log(np.maximum(expected, _LEAST)) if ending == "Softmax" else expected
        logits, expected = np.maximum(logits, np.log(_LEAST)), np.maximum(expected, np.log(_LEAST))
    check_difference(expected, logits, "the module", _ABOUT_MODULES)


def check_difference(
    expected: NDArray[Any], found: NDArray[np.float32], origin: str, advice: str, what: str = "logit"
) -> None:
    """Check that numbers are those of the module or graph that a network was read from; `what` is one of them.

    Raises:
        NetworkError: they are not.
    """
    if expected.shape == found.shape:
        difference = np.abs(expected - found).max() / max(1.0, float(np.abs(expected).max()))
        if difference <= _TOLERANCE:
            return
        reason = f"a {what} differs by {difference:.2g} of the largest"
    else:
        reason = f"its answers have shape {expected.shape}, and should have {found.shape}"
    raise NetworkError(f"{origin} computes other numbers than its layers say: {reason}. {advice}")


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the logarithms of the probabilities, N × classes."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


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
    classes = _classes(network, tensors, input_shape, name)
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


def _classes(network: Network, tensors: Mapping[str, NDArray[Any]], input_shape: Any, name: str) -> int:
    """Return the number of outputs of the last layer: as the network says, or that of the only weights left for it."""
    dense = [layer for layer in walk(network.layers) if isinstance(layer, Dense)]
    if not dense or dense[-1].features is not None:
        return count_outputs(network.layers, input_shape)
    rows = [array.shape[0] for key, array in sorted(tensors.items()) if array.ndim == 2 and key.endswith("weight")]
    if not rows:
        raise ModelFileError(f"{name} has no weights of a dense layer, with which the network ends. Give its network.")
    for layer in dense:
        if layer.features in rows:
            rows.remove(layer.features)
    return rows[-1] if rows else 1


def _match(shapes: Mapping[str, tuple[int, ...]], tensors: Mapping[str, NDArray[Any]], name: str) -> dict[str, str]:
    """Return, for each weight of the network, the name of its tensor.

    Raises:
        ModelFileError: one is missing, left over, or could be two.
    """
    found = _match_by_name(shapes, tensors) or _match_by_shape(shapes, tensors, name)
    missing = [key for key in shapes if key not in found and not key.endswith(_OPTIONAL)]
    if missing:
        raise _does_not_fit(name, f"it has no {some_of(missing)}", shapes)
    return found


def _match_by_name(shapes: Mapping[str, tuple[int, ...]], tensors: Mapping[str, NDArray[Any]]) -> dict[str, str] | None:
    """Return the tensors if their names are the network's, perhaps all behind the same word, such as `model.`."""
    first = next(iter(tensors), "").partition(".")[0] + "."
    for prefix in ("", first):
        named = {key.removeprefix(prefix): key for key in tensors if key.startswith(prefix)}
        if len(named) == len(tensors) and all(shapes.get(one) == tensors[key].shape for one, key in named.items()):
            return named
    return None


def _match_by_shape(
    shapes: Mapping[str, tuple[int, ...]], tensors: Mapping[str, NDArray[Any]], name: str
) -> dict[str, str]:
    """Match whole layers: those first that fit in one place only, which may leave one place for others."""
    wanted, given = _by_layer(shapes), _by_layer({key: array.shape for key, array in tensors.items()})
    found: dict[str, str] = {}
    while given:
        fitting = {layer: [path for path in wanted if _fits(wanted[path], parts)] for layer, parts in given.items()}
        for layer, places in fitting.items():
            if not places:
                key, shape = next((f"{layer}{one}", shape) for one, shape in given[layer].items())
                raise _does_not_fit(name, f"{key} with shape {shape} belongs to no layer that is left", shapes)
        layer = next((layer for layer, places in fitting.items() if len(places) == 1), None)
        if layer is None:
            layer, places = next(iter(fitting.items()))
            key = f"{layer}{next(iter(given[layer]))}"
            could = " or ".join(path + key.removeprefix(layer) for path in places[:3])
            raise _does_not_fit(
                name, f"{key} could be {could}; rename the tensors, or use TrainedModel.from_torch", shapes
            )
        path = fitting[layer][0]
        found |= {path + one: layer + one for one in given.pop(layer)}
        del wanted[path]
    return found


def _by_layer(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, dict[str, tuple[int, ...]]]:
    """Return the shapes by the name of their layer, which ends in a dot, and then by their own."""
    layers: dict[str, dict[str, tuple[int, ...]]] = {}
    for key, shape in sorted(shapes.items()):
        path, dot, last = key.rpartition(".")
        layers.setdefault(path + dot, {})[last] = shape
    return layers


def _fits(wanted: Mapping[str, tuple[int, ...]], given: Mapping[str, tuple[int, ...]]) -> bool:
    missing = wanted.keys() - given.keys()
    return all(wanted.get(one) == shape for one, shape in given.items()) and all(
        one.endswith(_OPTIONAL) for one in missing
    )


def _does_not_fit(name: str, reason: str, shapes: Mapping[str, Sequence[int]]) -> ModelFileError:
    wanted = ", ".join(f"{key} {tuple(shape)}" for key, shape in shapes.items() if prod(shape) > 1)
    return ModelFileError(f"{name} does not fit the network: {reason}. The network has {wanted[:500]}.")
