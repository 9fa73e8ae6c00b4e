"""Networks of the whole language come back from ONNX and from PyTorch with the same layers and the same logits.

An ONNX graph cannot tell dropout, which it does not have. Neither graph nor module can tell that the last dense left
out its number.
"""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from random_networks import Case, cases, make_case

from convlens import Network, TrainedModel
from convlens.calibration import Calibration
from convlens.engines import Plan
from convlens.exports.contents import Contents, check_images
from convlens.exports.onnx_file.network import onnx_model
from convlens.layers import BLOCKS, JOINS, KINDS, Block, Concat, Dense, Dropout, Layer, Residual
from convlens.preprocessing import Normalisation, Preprocessing

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

NETWORKS = [
    "conv 4 3x2 pad 1x0 stride 2x1 dilation 1x2, conv 6 3x3 groups 2, dense 3",
    "maxpool 3x2 stride 2x1 pad 1x0, avgpool 3x2 stride 1x2 pad 1x1, flatten, leaky_relu 0.1, dense 5, relu, dense 3",
    "batchnorm, leaky_relu 0.3, conv 3 1x1, globalavgpool, dense 4, batchnorm, dense 3",
    "conv 2 3x3, gelu, gelu, silu, gelu, dense 6, silu, dense 6, tanh, dense 6, sigmoid, dense 3",
    "residual(conv 5 3x3, relu, shortcut conv 5 3x3), concat(conv 2 1x1; ; maxpool 3 stride 1 pad 1), dense 3",
    "residual(silu), residual(gelu), conv 3 1x1, residual(residual(silu), shortcut sigmoid), globalavgpool",
    (
        "residual(conv 3 3x3 pad 1, residual(relu, concat(conv 1 1x1; conv 2 1x1, residual(tanh))), "
        "shortcut conv 3 1x1), relu, concat(globalavgpool, flatten, dense 2; flatten, residual(relu, sigmoid)), "
        "concat(;), dense 3"
    ),
]


def as_model(case: Case) -> TrainedModel:
    plan = case.plan
    preprocessing = Preprocessing(plan.input_shape, "letterbox", None, plan.normalisation)
    names = [str(number) for number in range(plan.classes)]
    return TrainedModel(plan.network, case.weights, preprocessing, names, {}, Calibration(1.5, 0.3))


def via_onnx(model: TrainedModel) -> TrainedModel:
    return TrainedModel.from_onnx(onnx_model(Contents(model, "random", check_images(model))).SerializeToString())


def via_torch(model: TrainedModel) -> TrainedModel:
    return TrainedModel.from_torch(
        model.to_torch(), model.preprocessing.image_shape, normalisation=model.preprocessing.normalisation
    )


def as_graph_tells(layers: Sequence[Layer | Block], classes: int, dropout: bool) -> list[Layer | Block]:
    """The layers with a number in the last dense, and without dropout where there is none in the graph."""
    told: list[Layer | Block] = []
    for layer in layers:
        if isinstance(layer, Block):
            branches = [as_graph_tells(branch.layers, classes, dropout) for branch in layer.branches]
            if isinstance(layer, Residual) and not branches[0]:  # the addition of the same value, or of another branch
                branches = [branches[1] or [Dropout(0)], []]
            layer = Concat(*branches) if isinstance(layer, Concat) else Residual(*branches)
        elif layer == Dense():
            layer = Dense(classes)
        if dropout or layer.word != "dropout":
            told.append(layer)
    return told


def compare(model: TrainedModel, again: TrainedModel, images: np.ndarray, *, dropout: bool) -> None:
    told = as_graph_tells(model.network.layers, len(model.class_names), dropout)
    assert again.network == Network(told)
    expected = model.logits(images)
    limit = 1e-5 * max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(again.logits(images), expected, rtol=0, atol=limit)


@pytest.mark.parametrize("text", NETWORKS)
def test_every_kind_comes_back(text: str):
    plan = Plan(Network(text), (3, 9, 8), 3, Normalisation((0.2, 0.4, 0.0), (0.5, 0.25, 1.0)))
    case = make_case(plan, 5, 0.0, False, 1, seed=2)
    model = as_model(case)
    for again in (via_onnx(model), via_torch(model)):
        compare(model, again, case.images, dropout=True)


def test_no_kind_is_left_out():
    nodes = [node for text in NETWORKS for node in Network(text).resolve((3, 9, 8), 3)]
    assert {node.layer.word for node in nodes} | {"dropout"} == {*KINDS, *JOINS}
    assert all(f"{word}(" in " ".join(NETWORKS) for word in BLOCKS)


@settings(max_examples=12)
@given(cases().filter(lambda case: case.plan.input_shape[0] in (1, 3)))
def test_random_networks_come_back_from_onnx(case: Case):
    model = as_model(case)
    again = via_onnx(model)
    compare(model, again, case.images, dropout=False)
    assert again.calibration.temperature == 1.5
    np.testing.assert_allclose(again.preprocessing.normalisation.std, case.plan.normalisation.std, rtol=1e-6)


@settings(max_examples=12)
@given(cases().filter(lambda case: case.plan.input_shape[0] in (1, 3)))
def test_random_networks_come_back_from_pytorch(case: Case):
    model = as_model(case)
    compare(model, via_torch(model), case.images, dropout=True)
