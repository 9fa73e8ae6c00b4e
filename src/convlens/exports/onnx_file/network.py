"""A model as an ONNX graph: images → probabilities, logits, unknown.

The operators of a layer stand in its class, in `convlens.layers`.
"""

import json
from typing import Any

import numpy as np

from convlens.engines import Plan, Weights
from convlens.exports.contents import Contents
from convlens.exports.onnx_file.graph import DYNAMIC, Graph
from convlens.exports.onnx_file.int8 import quantise
from convlens.exports.proof import Proof
from convlens.preprocessing import Normalisation
from convlens.trained_model import TrainedModel

INPUT = "images"
OUTPUTS = ("probabilities", "logits", "unknown")
METADATA = "convlens"
"""The key of the metadata in the file; the value is JSON."""


def onnx_model(contents: Contents, proof: Proof | None = None) -> Any:
    """Return an `onnx.ModelProto` that takes images of the network's shape: uint8, N×C×H×W; see `ExportOptions`."""
    import onnx

    graph = Graph(onnx)
    images = graph.take(INPUT, np.uint8, [DYNAMIC, *contents.model.plan.input_shape])
    add_model(graph, contents.model, graph.add("Cast", images, to=graph.kind(np.float32)))
    model = graph.finish("network", metadata_of(contents, proof), describe(contents, proof))
    return quantise(model, INPUT, contents.typical) if contents.typical is not None else model


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


def metadata_of(contents: Contents, proof: Proof | None) -> dict[str, str]:
    """Return all that travels with the graph, as one text of JSON."""
    facts = contents.as_dict(proof) | {"check": contents.check_as_dict()}
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
