"""Models in ONNX files: graphs by hand and by Convlens have the logits of ONNX Runtime; others are refused by name."""

import numpy as np
import pytest
from tests.trained_model.graphs_by_hand import ROW, WIDE, draw, graph_of, outputs_of, run

import convlens
from convlens import ModelFileError, Network, NetworkError, TrainedModel, UsageError
from convlens.calibration import Calibration
from convlens.network import initial_weights
from convlens.preprocessing import Normalisation, Preprocessing

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

CHAIN = (
    "conv 6 3x5 stride 2x1 pad 1x2 groups 3, batchnorm, silu, maxpool 3 stride 2 pad 1, conv 4 3x3 pad 1, "
    "leaky_relu 0.25, avgpool 2 pad 1, gelu, conv 5 1x1, tanh, globalavgpool, dense 9, batchnorm, sigmoid, relu, dense"
)


def test_a_round_trip_gives_the_same_model(tmp_path):
    network, shape = Network(CHAIN), (3, 12, 10)
    weights = initial_weights(network, shape, 4, seed=1)
    weights |= {name: array * 1.5 for name, array in weights.items() if name.endswith("running_var")}
    scaling = Normalisation((0.25, 0.5, 0.125), (0.5, 0.25, 1.0))
    preprocessing = Preprocessing(shape, "letterbox", None, scaling)
    model = TrainedModel(network, weights, preprocessing, tuple("abcd"), {}, Calibration(1.5))
    path = convlens.export(model, tmp_path / "a.onnx", prove=0).path
    again = TrainedModel.from_onnx(path)
    assert str(again.network) == str(model.network).removesuffix("dense") + "dense 4"
    assert Network.from_onnx(path.read_bytes()) == again.network
    assert (again.class_names, again.calibration.temperature) == (model.class_names, 1.5)
    np.testing.assert_allclose(again.preprocessing.normalisation.mean, scaling.mean, atol=1e-6)
    np.testing.assert_allclose(again.preprocessing.normalisation.std, scaling.std, rtol=1e-6)
    assert again.weights.keys() == model.weights.keys()
    for name, array in model.weights.items():
        np.testing.assert_array_equal(again.weights[name], array)
    images = np.random.default_rng(1).integers(0, 256, (5, *shape), np.uint8)
    np.testing.assert_allclose(again.logits(images), model.logits(images), atol=1e-5)


def test_a_literal_graph():
    content = graph_of(
        ("f = Cast x", {"to": 1}),
        "row = Flatten f",
        "sums = MatMul row weight",
        "y = Add sums bias",
        shape=["N", 1, 1, 2],
        dtype=np.uint8,
        weight=np.array([[1, 3], [2, -1]], np.float32),
        bias=np.array([0.5, -1], np.float32),
    )
    model = TrainedModel.from_onnx(content, class_names=["cat", "dog"])
    assert (str(model.network), model.class_names) == ("dense 2", ("cat", "dog"))
    # [10, 4]: 1·10 + 2·4 + 0.5 = 18.5, 3·10 − 1·4 − 1 = 25
    np.testing.assert_allclose(model.logits(np.array([[[[10, 4]]]], np.uint8)), [[18.5, 25.0]], rtol=1e-5)


GRAPHS = {
    "normalisation, bias apart, other epsilon": [
        "s = Sub x mean",
        "n = Div s std",
        ("c0 = Conv n kernels", {"pads": [1, 1, 1, 1]}),
        "c = Add c0 kernel_bias",
        ("bn = BatchNormalization c gamma beta average variance", {"epsilon": 1e-3}),
        "r = Relu bn",
        ("p = AveragePool r", {"kernel_shape": [2, 2], "strides": [2, 2]}),
        "a = Identity p",
        "row = Reshape a two",
        "m = MatMul row wt",
        "y = Add m b1",
    ],
    "scaling first": [
        "s = Mul x half",
        "n = Add s half",
        ("c = Conv n kernels", {"pads": [1, 1, 1, 1]}),
        ("a = MaxPool c", {"kernel_shape": [2, 2], "strides": [2, 2]}),
        "row = Flatten a",
        ("y = Gemm row w", {"transB": 1}),
    ],
    "global average": [
        "c = Conv x kernels",
        ("g = ReduceMean c", {"axes": [2, 3], "keepdims": 0}),
        ("y = Gemm g small b", {"transB": 1}),
    ],
    "squeeze": [
        "c = Conv x kernels",
        "g = GlobalAveragePool c",
        "row = Squeeze g maps",
        ("y = Gemm row small", {"transB": 1}),
    ],
    "dropout": [*WIDE, "row = Flatten a", "d = Dropout row", ("y = Gemm d w b", {"transB": 1})],
    "gelu, the half last": [
        *WIDE,
        "e0 = Div a root",
        "e1 = Erf e0",
        "e2 = Add e1 one",
        "e3 = Mul a e2",
        "e = Mul e3 half",
        "row = Flatten e",
        ("y = Gemm row w b", {"transB": 1}),
    ],
    "residual": [
        *WIDE,
        "t = Tanh a",
        "s = Add a t",
        "g = Sigmoid s",
        "v = Mul s g",
        ("e = Concat v v", {"axis": -3}),
        ("c2 = Conv e wider", {"group": 2}),
        "sums = Sum c2 c2 c2",
        ("row = Flatten sums", {"axis": -3}),
        ("y = Gemm row w b", {"transB": 1}),
    ],
    "sizes of PyTorch": [
        *WIDE,
        "k = Clip a zero",
        "size = Shape k",
        "first = Gather size null",
        "batch = Unsqueeze first null_axis",
        ("target = Concat batch rest", {"axis": 0}),
        "row = Reshape k target",
        ("y = Gemm row w b", {"transB": 1}),
    ],
    "leaky": [
        *WIDE,
        ("l = LeakyRelu a", {"alpha": 0.3}),
        "t = Tanh l",
        "s = Sigmoid t",
        "row = Flatten s",
        "y = MatMul row wt",
    ],
}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("softmax", [False, True])
def test_a_graph_by_hand_has_the_logits_of_the_runtime(name: str, softmax: bool):
    content, scaling = graph_of(*GRAPHS[name]), Normalisation((0.1, 0.2, 0.3), (0.5, 0.4, 0.6))
    images = np.random.default_rng(1).integers(0, 256, (6, 3, 6, 4), np.uint8)
    expected = run(content, scaling.apply(images))
    if softmax:
        content = graph_of(*GRAPHS[name], "cool = Mul y half", ("soft = Softmax cool", {"axis": 1}))
    model = TrainedModel.from_onnx(content, normalisation=scaling)
    np.testing.assert_allclose(model.logits(images), expected, rtol=1e-4, atol=1e-5)
    assert model.calibration.temperature == (2.0 if softmax else 1.0)
    assert model.class_names == ("0", "1", "2", "3", "4")
    if softmax:
        probabilities = model.calibration.probabilities(model.logits(images))
        np.testing.assert_allclose(probabilities, run(content, scaling.apply(images)), atol=1e-5)


def test_a_batch_of_fixed_size_and_another_input_shape():
    fixed = TrainedModel.from_onnx(graph_of(*ROW, shape=[2, 3, 6, 4]))
    free = TrainedModel.from_onnx(graph_of(*ROW, shape=["N", 3, "H", "W"]), (3, 6, 4))
    images = np.random.default_rng(1).integers(0, 256, (3, 3, 6, 4), np.uint8)
    np.testing.assert_array_equal(fixed.logits(images), free.logits(images))
    with pytest.raises(UsageError, match=r"input_shape is None; give \(channels, height, width\), such as"):
        TrainedModel.from_onnx(graph_of(*ROW, shape=["N", 3, "H", "W"]))


POOL = {"kernel_shape": [2, 2]}
WRONG = {
    "unknown": (
        ["a = Conv x kernels", "b_ = Selu a"],
        r"^the_b_ \(Selu\) is not an operator .*\. The closest known one is Relu\. Known are Add, AveragePool,",
    ),
    "branches that share more": (
        ["a = Conv x kernels", "r = Relu a", "t = Tanh a", "s = Add r t", "u = Sigmoid r", "y = Add s u"],
        r"^the_r \(Relu\) is in two branches of what the_y \(Add\) joins\. Convlens has blocks whose branches share",
    ),
    "product": (["a = Conv x kernels", "r = Relu a", "y = Mul r a"], r"^the_y \(Mul\) multiplies two values"),
    "difference": (["r = Relu x", "y = Sub x r"], r"^the_y \(Sub\) joins branches: 'r' is computed, too\."),
    "concatenation of rows": ([("y = Concat x x", {"axis": 2})], "axis=2; Convlens computes only axis=1"),
    "concatenation with a constant": ([("y = Concat x mean", {"axis": 1})], r"^the_y \(Concat\).*a constant beside"),
    "another normalisation": (
        ["n = Mul x half", "c = Conv n kernels", "d = Conv x kernels", "y = Add c d"],
        r"^the_d \(Conv\) reads the images with another normalisation than .*\. Convlens has only one normalisation\.$",
    ),
    "dense on maps": (["c = Conv x kernels", "y = MatMul c w"], r"^the_y \(MatMul\) gets maps, and Convlens's dense"),
    "dense on images": (["y = MatMul x small"], r"^the_y \(MatMul\) gets maps"),
    "bytes": (["c = Conv x kernels", "y = QuantizeLinear c half"], r"^the_y \(Quant.*Give the one before the quantis"),
    "height first": ([("t = Transpose x", {"perm": [0, 3, 1, 2]})], r"^the_t \(Transpose\).*whose images are N×C×H×W"),
    "arrays for numbers": (["y = Clip x kernels"], r"^the_y \(Clip\) is not as ONNX defines it: The truth value"),
    "limits": (["y = Clip x half"], r"^the_y \(Clip\) is not an operator"),
    "pads": (
        [("a = Conv x kernels", {"pads": [0, 0, 1, 1]})],
        r"^the_a \(Conv\) cannot be taken over: it has pads=\[0, 0, 1, 1\]; Convlens has the same padding before",
    ),
    "same": (
        [("a = Conv x kernels", {"auto_pad": "SAME_LOWER", "strides": [2, 2]})],
        r"the_a \(Conv\).*auto_pad='SAME_LOWER'",
    ),
    "ceil": (
        [("a = MaxPool x", {**POOL, "ceil_mode": 1})],
        r"the_a \(MaxPool\).*ceil_mode=1; Convlens computes only ceil_mode=0",
    ),
    "holes": ([("a = MaxPool x", {**POOL, "dilations": [2, 2]})], r"dilations=\[2, 2\]"),
    "edge": ([("a = AveragePool x", {**POOL, "pads": [1, 1, 1, 1]})], "count_include_pad=0 and a padding"),
    "factor": (["row = Flatten x", ("y = Gemm row w", {"alpha": 2.0})], "alpha=2.0; Convlens computes only alpha=1.0"),
    "axis": ([("y = Flatten x", {"axis": 2})], "axis=2"),
    "scale behind a layer": (
        ["c = Conv x kernels", "y = Mul c half"],
        r"^the_y \(Mul\) calculates with a constant\. Convl",
    ),
    "weights that are computed": (
        ["r = Relu kernels", "y = Conv x r"],
        r"^the_y \(Conv\) joins branches: 'r' is computed",
    ),
    "subtracted from": (["y = Sub half x"], r"^the_y \(Sub\) has the images in another place than the first"),
    "layer behind": ([*ROW, "p = Softmax z", "y = MatMul p w2"], r"^the_y \(MatMul\) follows the_p \(Softmax\)"),
    "layer far behind": (
        [*ROW, "p = Softmax z", "q = Neg p", "y = Relu q"],
        r"^the_q \(Neg\) follows the_p \(Soft",
    ),
    "another erf": (
        ["e0 = Mul x half", "e1 = Erf e0", "e2 = Add e1 one", "e3 = Mul x e2", "e = Mul e3 half"],
        r"^the_e1 \(Erf\) is not an operator",
    ),
    "gelu without the half": (
        ["e0 = Div x root", "e1 = Erf e0", "e2 = Add e1 one", "e = Mul x e2"],
        r"^the_e1 \(Erf\) is not an operator",
    ),
    "another swish": ([("y = Swish x", {"alpha": 1.5})], "alpha=1.5; Convlens computes only alpha=1.0"),
    "quick gelu": ([("y = Gelu x", {"approximate": "tanh"})], "approximate='tanh'"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_taken_over_is_named_with_its_place(name: str):
    nodes, message = WRONG[name]
    with pytest.raises(NetworkError, match=message) as caught:
        Network.from_onnx(graph_of(*nodes, opset={"quick gelu": 20, "another swish": 24}.get(name, 17), w2=draw(5, 2)))
    assert "\n" not in str(caught.value)


def test_other_numbers_than_the_layers_say_are_noticed():
    """Whole numbers in between: a cast is usually without effect."""
    content = graph_of(
        *WIDE, ("i = Cast a", {"to": 6}), ("f = Cast i", {"to": 1}), "row = Flatten f", "y = MatMul row wt"
    )
    assert str(Network.from_onnx(content)) == "conv 4 3x3 pad 1, maxpool 2, dense 5"
    with pytest.raises(
        NetworkError, match=r"^the graph computes other numbers than its layers say: a logit differs by"
    ):
        TrainedModel.from_onnx(content)


def test_a_graph_that_the_runtime_does_not_run():
    content = graph_of(*WIDE, "row = Reshape a five", ("y = Gemm row w b", {"transB": 1}), five=np.array([5, 24]))
    with pytest.raises(
        NetworkError, match=r"^ONNX Runtime does not run the graph: .*Reshape.*\. Give another graph\.$"
    ):
        TrainedModel.from_onnx(content)


def test_the_logits_among_several_outputs():
    content = graph_of(*ROW, "cool = Mul z half", ("p = Softmax cool", {"axis": 1}), ("m = ReduceMax p", {"axes": [1]}))
    for names in (("m", "p", "z"), ("z", "p"), ("p",), ("a", "z", "m"), ("c", "p", "a")):
        model = TrainedModel.from_onnx(outputs_of(content, *names))
        assert str(model.network) == "conv 4 3x3 pad 1, maxpool 2, dense 5"
        assert model.calibration.temperature == (1.0 if names == ("z",) else 2.0)
    content = graph_of(*ROW, ("other = Gemm row w", {"transB": 1}))
    with pytest.raises(
        NetworkError,
        match=r"^the outputs of the graph \(other, z\) are computed from 2 values; .* Remove the others\.$",
    ):
        TrainedModel.from_onnx(outputs_of(content, "other", "z"))
    with pytest.raises(NetworkError, match=r"^the_q \(Sub\) follows the_p \(Softmax\), which Convlens has at the end"):
        Network.from_onnx(graph_of(*ROW, "p = Softmax z", "q = Sub z p"))


def test_files_that_are_no_graphs_of_images(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelFileError, match=r"a\.onnx is not an ONNX file that can be read: .*\. Give another file\."):
        Network.from_onnx(tmp_path / "a.onnx")
    with pytest.raises(ModelFileError, match="the content is not an ONNX file that can be read"):
        Network.from_onnx(b"")
    with pytest.raises(ModelFileError, match=r"b\.onnx cannot be read: No such file or directory"):
        Network.from_onnx(tmp_path / "b.onnx")
    with pytest.raises(UsageError, match="source is 3; give the path of a file or folder"):
        Network.from_onnx(3)  # pyright: ignore[reportArgumentType]
    with pytest.raises(NetworkError, match="the input of the graph has 2 axes; Convlens takes images, N×C×H×W"):
        TrainedModel.from_onnx(graph_of("y = MatMul x wt", shape=["N", 24]))
    with pytest.raises(UsageError, match="class_names has 2 names; the network has 5 outputs"):
        TrainedModel.from_onnx(graph_of(*ROW), class_names=["a", "b"])
    with pytest.raises(
        NetworkError, match=r"layer 3 takes weights of shape \(5, 32\); the file has \(5, 24\)\. Give the"
    ):
        TrainedModel.from_onnx(graph_of(*ROW, shape=["N", 3, "H", "W"]), (3, 8, 4))
    minus = graph_of(
        "n = Mul x minus", *(("c = Conv n kernels", {"auto_pad": "SAME_UPPER"}), *ROW[1:]), minus=np.float32(-1)
    )
    with pytest.raises(NetworkError, match="the pixels are multiplied by a number that is not above 0"):
        TrainedModel.from_onnx(minus)
