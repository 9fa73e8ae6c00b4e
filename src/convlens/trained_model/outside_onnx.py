"""Models in ONNX files by other programs: what they compute, and whether Convlens computes the same."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.engines import Weights
from convlens.errors import MissingDependency, NetworkError
from convlens.layers import Layer
from convlens.network import Network
from convlens.network.onnx_graphs import OnnxChain, describe_input, load_onnx, read_chain, weights_of_chain
from convlens.network.torch_modules import count_outputs
from convlens.preprocessing import Normalisation

METADATA = "convlens"
"""The key of the metadata in files that Convlens wrote; the value is JSON."""

_TOLERANCE = 1e-3
"""The largest difference of a logit, relative to the largest logit, between ONNX Runtime and Convlens."""


@dataclass(frozen=True)
class OnnxModel:
    """A model in an ONNX file.

    Attributes:
        model: the file's content (`onnx.ModelProto`).
        chain: what its graph computes.
        input_shape: the shape (C, H, W) of its images; None if the file does not say.
        takes_bytes: whether its input is pixels from 0 to 255, and not normalised images.
        class_names: those that Convlens stored; None in files by other programs.
    """

    model: Any
    chain: OnnxChain
    input_shape: tuple[int, int, int] | None
    takes_bytes: bool
    class_names: list[str] | None

    def normalisation(self, channels: int, given: Normalisation | None) -> Normalisation:
        """Return the normalisation of the graph and before it, as one.

        Raises:
            NetworkError: the graph's own inverts the pixels or removes them.
        """
        if self.takes_bytes:
            given = Normalisation((0.0,) * channels, (1 / 255,) * channels)
        mean, std = (0.0, 1.0) if given is None else (np.array(given.mean), np.array(given.std))
        scale, shift = (_by_channel(value, channels) for value in (self.chain.scale, self.chain.shift))
        if not (scale > 0).all():
            raise NetworkError("the graph multiplies the pixels by a number that is not above 0. Give another graph.")
        means, deviations = mean - shift * std / scale, std / scale
        return Normalisation(tuple(means.tolist()), tuple(deviations.tolist()))


def open_onnx(source: Path | str | bytes) -> OnnxModel:
    """Read an ONNX file; see `TrainedModel.from_onnx` for errors."""
    model = load_onnx(source)
    chain = read_chain(model)
    kind, sizes = describe_input(chain.image)
    if len(sizes) != 4:
        raise NetworkError(f"the input of the graph has {len(sizes)} axes; Convlens takes images, N×C×H×W.")
    known = [size for size in sizes[1:] if size is not None]
    shape = (known[0], known[1], known[2]) if len(known) == 3 else None
    return OnnxModel(model, chain, shape, kind == "uint8", _class_names(model))


def take_onnx(opened: OnnxModel, input_shape: tuple[int, int, int]) -> tuple[Network, Weights, int]:
    """Return the network, its weights and the number of classes.

    Raises:
        NetworkError: the layers do not fit the input shape.
    """
    network = Network(opened.chain.layers)
    classes = count_outputs([layer for layer in network.layers if isinstance(layer, Layer)])
    return network, weights_of_chain(opened.chain, network.resolve(input_shape, classes)), classes


def compare_with_onnx(opened: OnnxModel, images: NDArray[Any], logits: NDArray[np.float32]) -> None:
    """Check that ONNX Runtime computes these logits for images as the graph takes them.

    Raises:
        NetworkError: it does not.
        MissingDependency: onnxruntime is not installed.
    """
    expected = np.concatenate([run_onnx(opened, image) for image in images])
    difference = np.abs(expected - logits).max() / max(1.0, float(np.abs(expected).max()))
    if not difference <= _TOLERANCE:
        raise NetworkError(
            f"the graph computes other numbers than its layers say: a logit differs by {difference:.2g} of the "
            "largest. Please report this."
        )


def run_onnx(opened: OnnxModel, image: NDArray[Any]) -> NDArray[np.float32]:
    """Return the logits that ONNX Runtime computes for one image, 1 × classes."""
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependency(
            "ONNX files are compared with onnxruntime, which is not installed. pip install 'convlens[onnx]'"
        ) from error
    import onnx

    chain, copy = opened.chain, onnx.ModelProto()
    copy.CopyFrom(opened.model)
    if chain.logits not in [output.name for output in copy.graph.output]:
        copy.graph.output.append(onnx.ValueInfoProto(name=chain.logits))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    session = onnxruntime.InferenceSession(copy.SerializeToString(), options, providers=["CPUExecutionProvider"])
    kind, sizes = describe_input(chain.image)
    batch = np.repeat(image[None], sizes[0] or 1, axis=0).astype(kind)
    return np.asarray(session.run([chain.logits], {chain.image.name: batch})[0], np.float32).reshape(len(batch), -1)[:1]


def _class_names(model: Any) -> list[str] | None:
    for entry in model.metadata_props:
        if entry.key == METADATA:
            try:
                names = json.loads(entry.value)["class_names"]
            except (ValueError, TypeError, KeyError, RecursionError):
                return None
            return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None
    return None


def _by_channel(value: Any, channels: int) -> NDArray[np.float64]:
    numbers = np.asarray(value, np.float64).reshape(-1)
    if len(numbers) not in (1, channels):
        raise NetworkError(f"the graph normalises {len(numbers)} channels; the images have {channels}.")
    return np.broadcast_to(numbers, channels)
