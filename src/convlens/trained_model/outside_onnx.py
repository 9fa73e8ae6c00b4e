"""Models in ONNX files by other programs: what they compute, and whether Convlens computes the same."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.errors import MissingDependency, NetworkError
from convlens.network.onnx_graphs import OnnxGraph, describe_input, load_onnx, read_graph
from convlens.preprocessing import Normalisation
from convlens.trained_model.outside import check_difference, log_softmax
from convlens.words import printable

METADATA = "convlens"
"""The key of the metadata in files that Convlens wrote; the value is JSON."""


@dataclass(frozen=True)
class OnnxModel:
    """A model in an ONNX file.

    Attributes:
        model: the file's content (`onnx.ModelProto`).
        graph: what its graph computes.
        input_shape: the shape (C, H, W) of its images; None if the file does not say.
        takes_bytes: whether its input is pixels from 0 to 255, and not normalised images.
        class_names: those that Convlens stored; None in files by other programs.
    """

    model: Any
    graph: OnnxGraph
    input_shape: tuple[int, int, int] | None
    takes_bytes: bool
    class_names: list[str] | None

    def normalisation(self, given: Normalisation | None) -> Normalisation | None:
        """Return the normalisation before the graph: the one that was given, or none for pixels from 0 to 255."""
        channels = (self.input_shape or (1,))[0]
        return Normalisation((0.0,) * channels, (1 / 255,) * channels) if self.takes_bytes else given


def open_onnx(source: Path | str | bytes) -> OnnxModel:
    """Read an ONNX file; see `TrainedModel.from_onnx` for errors."""
    model = load_onnx(source)
    graph = read_graph(model)
    kind, sizes = describe_input(graph.image)
    if len(sizes) != 4:
        raise NetworkError(f"the input of the graph has {len(sizes)} axes; Convlens takes images, N×C×H×W.")
    known = [size for size in sizes[1:] if size is not None]
    shape = (known[0], known[1], known[2]) if len(known) == 3 else None
    return OnnxModel(model, graph, shape, kind == "uint8", _class_names(model))


def compare_with_onnx(opened: OnnxModel, images: NDArray[Any], logits: NDArray[np.float32], temperature: float) -> None:
    """Check that ONNX Runtime computes these logits, and their probabilities, for images as the graph takes them.

    Args:
        opened: the model.
        images: the images.
        logits: what Convlens computes for them.
        temperature: the number by which the graph divides them before its softmax, if it has one.

    Raises:
        NetworkError: it does not.
        MissingDependency: onnxruntime is not installed.
    """
    answers = [run_onnx(opened, image) for image in images]
    expected, *probabilities = (np.concatenate(arrays) for arrays in zip(*answers, strict=True))
    check_difference(expected, logits, "the graph", "Please report this.")
    for found in probabilities:
        computed = log_softmax(logits / temperature)
        computed = np.exp(computed) if opened.graph.ending == "Softmax" else computed
        check_difference(found, computed, "the graph", "Give one that ends in the logits.", "probability")


def run_onnx(opened: OnnxModel, image: NDArray[Any]) -> list[NDArray[np.float32]]:
    """Return what ONNX Runtime computes for one image, 1 × classes: the logits, and probabilities if there are any."""
    try:
        import onnxruntime
    except ImportError as error:
        raise MissingDependency(
            "ONNX files are compared with onnxruntime, which is not installed. pip install 'convlens[onnx]'"
        ) from error
    import onnx

    graph, copy = opened.graph, onnx.ModelProto()
    copy.CopyFrom(opened.model)
    names = [name for name in (graph.logits, graph.probabilities) if name]
    known = [output.name for output in copy.graph.output]
    copy.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names if name not in known)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    kind, sizes = describe_input(graph.image)
    batch = np.repeat(image[None], sizes[0] or 1, axis=0).astype(kind)
    try:
        session = onnxruntime.InferenceSession(copy.SerializeToString(), options, providers=["CPUExecutionProvider"])
        answers = session.run(names, {graph.image.name: batch})
        return [np.asarray(one, np.float32).reshape(len(batch), -1)[:1] for one in answers]
    except Exception as error:  # ONNX Runtime has errors of its own, without a common base
        reason = printable(str(error).partition("\n")[0])[:200].rstrip(".")
        raise NetworkError(f"ONNX Runtime does not run the graph: {reason}. Give another graph.") from error


def _class_names(model: Any) -> list[str] | None:
    for entry in model.metadata_props:
        if entry.key == METADATA:
            try:
                names = json.loads(entry.value)["class_names"]
            except (ValueError, TypeError, KeyError, RecursionError):
                return None
            return names if isinstance(names, list) and all(isinstance(name, str) for name in names) else None
    return None
