"""A model as an ONNX graph: images → probabilities, logits, unknown.

The operators of a layer stand in its class, in `convlens.layers`.
"""

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from convlens.engines import Plan, Weights
from convlens.exports.contents import Contents
from convlens.exports.onnx_file.graph import DYNAMIC, Graph
from convlens.exports.onnx_file.int8 import quantise
from convlens.exports.onnx_file.picture import add_letterbox
from convlens.exports.proof import Proof
from convlens.preprocessing import Normalisation
from convlens.trained_model import TrainedModel
from convlens.trained_model.outside_onnx import METADATA

INPUT = "images"
OUTPUTS = ("probabilities", "logits", "unknown")


def onnx_model(contents: Contents, proof: Proof | None = None) -> Any:
    """Return an `onnx.ModelProto` that takes images of the network's shape, uint8 N×C×H×W; or, with the option,
    pictures of any size, uint8 N×H×W×3.
    """
    import onnx

    graph, preprocessing = Graph(onnx), contents.model.preprocessing
    if contents.options.input == "picture":
        pictures = graph.take(INPUT, np.uint8, [DYNAMIC, "H", "W", 3])
        pixels = add_letterbox(graph, pictures, preprocessing)
    else:
        images = graph.take(INPUT, np.uint8, [DYNAMIC, *preprocessing.image_shape])
        pixels = graph.add("Cast", images, to=graph.kind(np.float32))
    before = graph.operators
    add_model(graph, contents.model, pixels)
    model = graph.finish("network", metadata_of(contents, proof), describe(contents, proof))
    if contents.typical is None:
        return model
    typical = as_picture(contents.typical) if contents.options.input == "picture" else contents.typical
    return quantise(model, INPUT, typical, before)


def add_model(graph: Graph, model: TrainedModel, pixels: str) -> None:
    """Add everything behind the pixels (float32 from 0 to 255, N×C×H×W), and the outputs."""
    classes = len(model.class_names)
    logits = add_layers(graph, model.plan, model.weights, _normalised(graph, model.preprocessing.normalisation, pixels))
    calibration = model.calibration
    scaled = logits if calibration.temperature == 1 else graph.add("Div", logits, calibration.temperature)
    probabilities = graph.add("Softmax", scaled, axis=1)
    best = graph.add("ReduceMax", probabilities, axes=[1], keepdims=0)
    unknown = graph.add("Less", best, 0.0 if calibration.threshold is None else calibration.threshold)
    for name, value in zip(OUTPUTS, (probabilities, logits), strict=False):
        graph.give(name, value, np.float32, [DYNAMIC, classes])
    graph.give(OUTPUTS[2], unknown, np.bool_, [DYNAMIC])


def as_picture(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return images of the network's shape, ...×C×H×W, as pictures, ...×H×W×3."""
    return np.repeat(np.moveaxis(pixels, -3, -1), 3 // pixels.shape[-3], axis=-1)


def metadata_of(contents: Contents, proof: Proof | None) -> dict[str, str]:
    """Return all that travels with the graph, as one text of JSON."""
    facts = contents.as_dict(proof) | {"input": contents.options.input, "check": contents.check_as_dict()}
    return {METADATA: json.dumps(facts, ensure_ascii=False, allow_nan=False)}


def describe(contents: Contents, proof: Proof | None) -> str:
    """Return the text that viewers show."""
    return f"{contents.name}: {contents.model.network}\n{'Not proved yet.' if proof is None else f'Proof: {proof}.'}"


def _normalised(graph: Graph, normalisation: Normalisation, pixels: str) -> str:
    shape = (-1, 1, 1)
    mean, std = (np.array(values, np.float32).reshape(shape) for values in (normalisation.mean, normalisation.std))
    values = graph.add("Div", pixels, 255.0)
    values = graph.add("Sub", values, mean) if mean.any() else values
    return graph.add("Div", values, std) if (std != 1).any() else values


def add_layers(graph: Graph, plan: Plan, weights: Weights, images: str) -> str:
    """Add all layers behind normalised images (float32, N×C×H×W). Returns the name of the logits."""
    values = {-1: images}
    nodes = plan.network.resolve(plan.input_shape, plan.classes)
    for node in nodes:
        named = {
            name: graph.constant(weights[f"{node.path}.{name}"], f"{node.path}.{name}")
            for name, shape in node.layer.parameter_shapes(node).items()
            if shape  # not the count of batches, which a prediction does not need
        }
        values[node.index] = node.layer.onnx(graph, named, *(values[index] for index in node.inputs))
    return values[nodes[-1].index]
