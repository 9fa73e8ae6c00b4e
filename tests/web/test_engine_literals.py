"""Every operation of the page's engine against numbers worked out by hand: two equal mistakes cannot agree."""

import base64
from typing import Any

import numpy as np
import pytest

from convlens import Network, TrainedModel
from convlens.calibration import Calibration
from convlens.exports import page_model
from convlens.preprocessing import Normalisation, Preprocessing

LAYERS = """async ([payload, pixels]) => {
  const { openModel, activations } = await import("convlens/engine/network.js");
  const outputs = activations(openModel(payload), Uint8Array.from(pixels));
  return outputs.map(({ data }) => Array.from(data));
}"""
SOFTMAX = """async ([payload, logits]) => {
  const { openModel, probabilities } = await import("convlens/engine/network.js");
  const { softmaxOf } = await import("convlens/engine/sums.js");
  const model = openModel(payload);
  const answer = probabilities(model, Float32Array.from(logits));
  return { probabilities: Array.from(answer), softmax: softmaxOf(model, logits) };
}"""

GRAPH = """async ([payload, pixels, wanted]) => {
  const { openModel, activations } = await import("convlens/engine/network.js");
  const { gradient } = await import("convlens/engine/attribution.js");
  const { sumBehind } = await import("convlens/engine/sums.js");
  const model = openModel(payload);
  const outputs = activations(model, Uint8Array.from(pixels));
  return {
    layers: outputs.map(({ data }) => Array.from(data)),
    slopes: Array.from(gradient(model, outputs, 0)),
    sums: wanted.map(([layer, place]) => sumBehind(model, outputs, layer, place)),
  };
}"""

SCALED = Normalisation((0.0,), (1 / 255,))  # the network gets the bytes as they are


def make(text, weights, shape, classes, normalisation=SCALED, calibration=None):
    arrays: dict[str, Any] = {name: np.array(values, np.float32) for name, values in weights.items()}
    for name in list(arrays):
        if name.endswith("running_var"):
            arrays[name.replace("running_var", "num_batches_tracked")] = np.array(1, np.int64)
    names = tuple("abcdefgh"[:classes])
    preprocessing = Preprocessing(shape, "letterbox", None, normalisation)
    return TrainedModel(Network.from_text(text), arrays, preprocessing, names, {}, calibration or Calibration())


def run(call, model, pixels):
    return call(LAYERS, [page_model(model), list(pixels)])


def graph(call, model, pixels, *wanted):
    """What the page makes of pixels: its layers, the slopes of the first logit, and the sums that are asked for."""
    return call(GRAPH, [page_model(model), list(pixels), [list(one) for one in wanted]])


PICTURE = [1, 2, 3, 4, 5, 6, 7, 8, 9]  # 3×3


def test_normalisation(call):
    model = make(
        "dense", {"1.weight": np.zeros((1, 3)), "1.bias": [0]}, (3, 1, 1), 1, Normalisation((0, 0.2, 1), (1, 0.5, 2))
    )
    assert run(call, model, [255, 51, 0])[0] == [1, 0, -0.5]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("2x2", [1 + 10, 2 + 10, 4 + 10, 5 + 10]),  # the kernel takes the upper left cell
        ("2x2 stride 2", [1 + 10]),  # the floor drops the rest
        ("2x2 stride 2 pad 1", [10, 10, 10, 5 + 10]),  # of the padding comes 0
        ("2x2 dilation 2", [1 + 10]),
        ("2x2 pad 1x0 stride 3x1", [10, 10, 7 + 10, 8 + 10]),
    ],
)
def test_conv_with_one_cell(call, options, expected):
    text = f"conv 1 {options}"
    weights = {"0.weight": [[[[1, 0], [0, 0]]]], "0.bias": [10]}
    assert run(call, make(text, weights, (1, 3, 3), len(expected)), PICTURE)[1] == expected


def test_conv_sums_channels(call):
    # two channels of 1×2, two kernels of 1×2: 1·1 + 2·(−1) + 3·2 + 4·0.5 = 7, and 0·… + 100
    weights = {
        "0.weight": [[[[1, -1]], [[2, 0.5]]], [[[0, 0]], [[0, 0]]], [[[0, 1]], [[1, 0]]]],
        "0.bias": [0, 100, -5],
    }
    model = make("conv 3 1x2", {**weights, "0.weight": np.pad(weights["0.weight"], ((0, 0), (0, 1), (0, 0), (0, 0)))},
                 (3, 1, 2), 3, Normalisation((0,) * 3, (1 / 255,) * 3))  # fmt: skip
    assert run(call, model, [1, 2, 3, 4, 9, 9])[1] == [7, 100, 2 + 3 - 5]


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("maxpool 2", [5]),
        ("maxpool 2 stride 1", [5, 6, 8, 9]),
        ("maxpool 2 stride 2 pad 1", [1, 3, 7, 9]),
        ("maxpool 1x3", [3, 6, 9]),
        ("avgpool 2 stride 1", [3, 4, 6, 7]),
        ("avgpool 2 stride 2 pad 1", [0.25, (2 + 3) / 4, (4 + 7) / 4, (5 + 6 + 8 + 9) / 4]),
        ("globalavgpool", [5]),
        ("flatten", PICTURE),
        ("dropout 0.9", PICTURE),
    ],
)
def test_layers_without_weights(call, layer, expected):
    flat = len(expected)
    weights = {"2.weight" if layer == "flatten" else "3.weight": np.zeros((1, flat)), "2.bias": [0], "3.bias": [0]}
    text = f"conv 1 1x1, {layer}, dense"
    weights = {"0.weight": [[[[1]]]], "0.bias": [0]}
    dense = 2 if layer == "flatten" else 3
    weights |= {f"{dense}.weight": np.zeros((1, flat)), f"{dense}.bias": [0]}
    assert run(call, make(text, weights, (1, 3, 3), 1), PICTURE)[2] == expected


def test_a_maximum_of_negative_numbers_beside_padding(call):
    weights = {"0.weight": [[[[-1]]]], "0.bias": [0], "3.weight": np.zeros((1, 4)), "3.bias": [0]}
    model = make("conv 1 1x1, maxpool 2 stride 2 pad 1, dense", weights, (1, 3, 3), 1)
    assert run(call, model, PICTURE)[2] == [-1, -2, -4, -5]  # a padding of zeros would win everywhere


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("relu", [0, 0, 2]),
        ("leaky_relu 0.5", [-1, 0, 2]),
        ("leaky_relu", [-0.02, 0, 2]),
        ("tanh", [-0.9640275800758169, 0, 0.9640275800758169]),
        ("sigmoid", [0.11920292202211755, 0.5, 0.8807970779778823]),
    ],
)
def test_activations(call, layer, expected):
    weights = {"1.weight": np.eye(3), "1.bias": [-2, -2, -2], "3.weight": np.eye(3), "3.bias": [0, 0, 0]}
    model = make(f"flatten, dense 3, {layer}, dense", weights, (1, 1, 3), 3)
    assert run(call, model, [0, 2, 4])[3] == pytest.approx(expected, abs=1e-7)


def test_batchnorm_of_maps_and_of_a_row(call):
    # (x − 3) / √(4 − 0.00001 + 0.00001) · 10 + 1
    normal = {"running_mean": [3], "running_var": [4 - 1e-5], "weight": [10], "bias": [1]}
    weights = {"0.weight": [[[[1]]]], "0.bias": [0], **{f"1.{name}": value for name, value in normal.items()}}
    model = make("conv 1 1x1, batchnorm", weights, (1, 1, 3), 3)
    assert run(call, model, [1, 3, 7])[2] == pytest.approx([-9, 1, 21], rel=1e-6)
    each = {"running_mean": [1, 2], "running_var": [1 - 1e-5, 0.25 - 1e-5], "weight": [1, 2], "bias": [0, -1]}
    weights = {**{f"1.{name}": value for name, value in each.items()}, "2.weight": np.eye(2), "2.bias": [0, 0]}
    assert run(call, make("flatten, batchnorm, dense", weights, (1, 1, 2), 2), [4, 3])[2] == pytest.approx(
        [3, 3], rel=1e-6
    )


def test_dense(call):
    weights = {"1.weight": [[1, 2, 3], [0, -1, 0.5]], "1.bias": [0.5, -1]}
    assert run(call, make("dense", weights, (1, 1, 3), 2), [10, 20, 30])[2] == [140.5, -6]


@pytest.mark.parametrize(
    ("layer", "expected", "slopes"),
    [
        # x·Φ(x) with Φ(2) = 0.9772498680518208; the slope is Φ(x) + x·φ(x), φ(2) = 0.05399096651318806
        ("gelu", [-0.0455002639, 0, 1.9544997361], [-0.0852318012, 0.5, 1.0852318012]),
        # x·s with s = 1 / (1 + e^−x), s(2) = 0.8807970779778823; the slope is s + x·s·(1 − s)
        ("silu", [-0.2384058440, 0, 1.7615941560], [-0.0907842464, 0.5, 1.0907842464]),
    ],
)
def test_smooth_activations(call, layer, expected, slopes):
    weights = {"1.weight": np.eye(3), "1.bias": [-2, -2, -2], "3.weight": np.ones((1, 3)), "3.bias": [0]}
    model = make(f"flatten, dense 3, {layer}, dense", weights, (1, 1, 3), 1)
    found = graph(call, model, [0, 2, 4], (2, 2))  # after the first dense these are −2, 0 and 2
    assert found["layers"][3] == pytest.approx(expected, abs=4e-7)
    assert found["slopes"] == pytest.approx(slopes, abs=4e-7)
    assert found["sums"][0]["input"] == {"value": 2, "source": {"layer": 1, "place": 2}}
    assert found["sums"][0]["total"] == pytest.approx(expected[2], abs=4e-7)


def test_an_addition_and_slopes_of_what_is_taken_twice(call):
    weights = {"0.body.0.weight": [[[[3]]]], "0.body.0.bias": [1], "2.weight": [[1, 10]], "2.bias": [0]}
    model = make("residual(conv 1 1x1), dense", weights, (1, 1, 2), 1)
    found = graph(call, model, [5, 7], (1, 0))
    assert found["layers"][2] == [5 * 3 + 1 + 5, 7 * 3 + 1 + 7]
    # Each pixel speaks through the body, three times, and around it, once.
    assert found["slopes"] == [1 * (3 + 1), 10 * (3 + 1)]
    (addition,) = found["sums"]
    assert addition["terms"] == [
        {"value": 16, "source": {"layer": 0, "place": 0}},
        {"value": 5, "source": {"layer": -1, "place": 0}},
    ]
    assert (addition["kind"], addition["total"]) == ("add", 21)


def test_a_concatenation_of_maps(call):
    weights = {"0.branches.0.0.weight": [[[[2]]], [[[3]]]], "0.branches.0.0.bias": [0, 1]}
    weights |= {"2.weight": [[1, 2, 3, 4, 5, 6]], "2.bias": [0]}
    model = make("concat(conv 2 1x1; ), dense", weights, (1, 1, 2), 1)
    found = graph(call, model, [5, 7], (1, 3), (1, 4))
    assert found["layers"][2] == [10, 14, 16, 22, 5, 7]
    assert found["slopes"] == [1 * 2 + 3 * 3 + 5, 2 * 2 + 4 * 3 + 6]
    of_conv, of_input = found["sums"]
    assert (of_conv["which"], of_conv["input"]) == (0, {"value": 22, "source": {"layer": 0, "place": 3}})
    assert (of_input["which"], of_input["input"]) == (1, {"value": 5, "source": {"layer": -1, "place": 0}})
    assert (of_conv["total"], of_input["total"]) == (22, 5)


def test_the_same_node_named_twice(call):
    # relu, added to itself, and the sum beside itself
    payload = page_model(make("residual(relu), concat(; ), dense", TWICE, (1, 1, 2), 1))
    assert payload["layers"][1]["inputs"] == [0, -1]
    payload["layers"][1]["inputs"] = [0, 0]
    found = call(GRAPH, [payload, [5, 7], [[1, 0], [2, 3]]])
    assert found["layers"][2:4] == [[10, 14], [10, 14, 10, 14]]
    assert found["slopes"] == [2 * (1 + 3), 2 * (2 + 4)]
    addition, joining = found["sums"]
    assert [term["source"] for term in addition["terms"]] == [{"layer": 0, "place": 0}] * 2
    assert (joining["which"], joining["input"]["source"]) == (1, {"layer": 1, "place": 1})


TWICE = {"3.weight": [[1, 2, 3, 4]], "3.bias": [0]}


def test_a_depthwise_convolution(call):
    # Each of three channels has a kernel of its own: 1×2 of them, beside each other.
    weights = {"0.weight": [[[[1, 2]]], [[[3, 4]]], [[[5, 6]]]], "0.bias": [0, 100, 0]}
    weights |= {"2.weight": [[1, 10, 100]], "2.bias": [0]}
    scaling = Normalisation((0,) * 3, (1 / 255,) * 3)
    found = graph(call, make("conv 3 1x2 groups 3, dense", weights, (3, 1, 2), 1, scaling), [1, 2, 3, 4, 5, 6], (0, 1))
    assert found["layers"][1] == [1 * 1 + 2 * 2, 3 * 3 + 4 * 4 + 100, 5 * 5 + 6 * 6]
    assert found["slopes"] == [1, 2, 30, 40, 500, 600]
    (behind,) = found["sums"]
    (channel,) = behind["channels"]  # no other goes into it
    assert (channel["channel"], channel["patch"], channel["kernel"]) == (1, [3, 4], [3, 4])
    assert channel["sources"] == [{"layer": -1, "place": 2}, {"layer": -1, "place": 3}]
    assert (behind["bias"], behind["total"]) == (100, 125)


def test_two_groups_of_a_convolution(call):
    # Four channels in two groups, one map of each: the first of channels 0 and 1, the second of 2 and 3.
    first = {"0.weight": np.reshape([1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1], (4, 3, 1, 1)), "0.bias": [0, 0, 0, 0]}
    weights = {**first, "1.weight": np.reshape([1, 2, 3, 4], (2, 2, 1, 1)), "1.bias": [0, 0]}
    weights |= {"3.weight": [[1, 10]], "3.bias": [0]}
    scaling = Normalisation((0,) * 3, (1 / 255,) * 3)
    model = make("conv 4 1x1, conv 2 1x1 groups 2, dense", weights, (3, 1, 1), 1, scaling)
    found = graph(call, model, [5, 6, 7], (1, 1))
    assert found["layers"][1] == [5, 6, 7, 18]
    assert found["layers"][2] == [5 * 1 + 6 * 2, 7 * 3 + 18 * 4]
    assert found["slopes"] == [1 + 40, 2 + 40, 30 + 40]
    assert [channel["channel"] for channel in found["sums"][0]["channels"]] == [2, 3]


@pytest.mark.parametrize(
    ("options", "size", "of_windows", "expected"),
    [
        ("stride 1x3 pad 0x1", (1, 5), [1, 10], [3 * 1, 0, 2 * 10, 3 * 10, 0]),  # windows begin at −1 and 2
        ("stride 1x2", (1, 5), [1, 10], [2 * 1, 3 * 1, 2 * 10, 3 * 10, 0]),  # the floor drops the last
        ("stride 1x2 pad 0x3", (1, 2), [7, 1, 10, 9], [3 * 1, 2 * 10]),  # the outer windows meet padding alone
        ("stride 1x2 pad 0x2", (2, 2), [7, 1, 9, 8, 10, 6], [2 * 1, 3 * 1, 2 * 10, 3 * 10]),  # so in both rows
        ("dilation 1x2 pad 0x2", (1, 2), [1, 10, 100, 1000], [3 * 1 + 2 * 100, 3 * 10 + 2 * 1000]),
    ],
)
def test_slopes_of_a_convolution(call, options, size, of_windows, expected):
    # The kernel is 2, 3; the dense layer gives the slope of each of its windows.
    weights = {"0.weight": [[[[2, 3]]]], "0.bias": [0], "2.weight": [of_windows], "2.bias": [0]}
    model = make(f"conv 1 1x2 {options}, dense", weights, (1, *size), 1)
    assert graph(call, model, range(size[0] * size[1]))["slopes"] == expected


def test_softmax_with_temperature(call):
    weights = {"1.weight": np.eye(2), "1.bias": [0, 0]}
    model = make("dense", weights, (1, 1, 2), 2, calibration=Calibration(temperature=2.0, threshold=0.8))
    result = call(SOFTMAX, [page_model(model), [0, 2 * np.log(3)]])  # over 2: exponents 1/3 and 1
    assert result["probabilities"] == pytest.approx([0.25, 0.75], rel=1e-6)
    softmax = result["softmax"]
    assert softmax["probabilities"] == pytest.approx([0.25, 0.75])
    assert softmax["exponents"] == pytest.approx([1 / 3, 1])
    assert (softmax["temperature"], softmax["best"], softmax["unknown"]) == (2, 1, True)
    assert softmax["sum"] == pytest.approx(4 / 3)
    assert [source["place"] for source in softmax["sources"]] == [0, 1]
    huge = call(SOFTMAX, [page_model(model), [5000, 0]])
    assert huge["probabilities"] == [1, 0]
    assert huge["softmax"]["unknown"] is False


def test_places_and_positions(call):
    found = call("""async () => {
      const { positionOf, placeOf, decodeFloats, decodeBytes } = await import("convlens/engine/decode.js");
      return [positionOf([2, 3, 4], 23), placeOf([2, 3, 4], [1, 2, 3]), positionOf([5], 4),
              Array.from(decodeFloats("AACAPwAAAMA=")), Array.from(decodeBytes("/wA="))];
    }""")
    assert found == [[1, 2, 3], 23, [4], [1, -2], [255, 0]]


def test_weights_can_be_replaced(call):
    model = make("dense", {"1.weight": [[1, 1]], "1.bias": [0]}, (1, 1, 2), 1)
    text = base64.b64encode(np.array([2, 3], "<f4").tobytes()).decode()
    found = call("""async ([payload, text]) => {
      const { openModel, activations, replaceWeights } = await import("convlens/engine/network.js");
      const model = openModel(payload);
      const run = () => activations(model, Uint8Array.of(10, 1))[2].data[0];
      const before = run();
      replaceWeights(model, { "1.weight": { shape: [1, 2], data: text } });
      const after = run();
      const same = replaceWeights(model, { "1.bias": { shape: [1], data: Float32Array.of(7) } }) === model;
      return [before, after, same, run()];
    }""", [page_model(model), text])  # fmt: skip
    assert found == [11, 23, True, 30]


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"5.weight": {"shape": [1], "data": "AACAPw=="}}, "no weights named 5.weight"),
        ({"1.running_mean": {"shape": [1], "data": "AACAPw=="}}, "no weights named 1.running_mean"),
        ({"1.bias": {"shape": [2], "data": "AACAPw=="}}, "1.bias has the shape 2, but this network needs 1"),
        ({"1.bias": {"shape": [1], "data": "AACAPwAAgD8="}}, "1.bias has 2 numbers, not 1"),
    ],
)
def test_weights_that_do_not_fit(call, weights, message):
    model = make("dense", {"1.weight": [[1, 1]], "1.bias": [0]}, (1, 1, 2), 1)
    with pytest.raises(Exception, match=message):
        call("""async ([payload, weights]) => {
          const { openModel, replaceWeights } = await import("convlens/engine/network.js");
          replaceWeights(openModel(payload), weights);
        }""", [page_model(model), weights])  # fmt: skip


def test_a_format_or_picture_that_the_page_does_not_know(call):
    payload = page_model(make("dense", {"1.weight": [[1, 1]], "1.bias": [0]}, (1, 1, 2), 1))
    with pytest.raises(Exception, match="this page reads models of format 2, but this model has format 1"):
        run_payload(call, {**payload, "format": 1}, [1, 2])
    with pytest.raises(Exception, match="the image has 3 numbers, but this network takes 1×1×2"):
        run_payload(call, payload, [1, 2, 3])
    layer = {**payload["layers"][1], "kind": "attention"}
    with pytest.raises(Exception, match="does not know the layer kind attention"):
        run_payload(call, {**payload, "layers": [layer]}, [1, 2])


def run_payload(call, payload, pixels):
    return call(LAYERS, [payload, pixels])


@pytest.mark.parametrize(
    ("change", "suits"),
    [
        ({}, True),
        ({"inputShape": [15, 9, 9]}, False),
        ({"outputShape": [15, 7, 7]}, False),
        ({"kernel": [3, 1]}, False),
        ({"stride": [1, 2]}, False),
        ({"dilation": [2, 1]}, False),
    ],
)
def test_which_convolutions_are_computed_in_tiles(call: Any, change: dict[str, Any], suits: bool) -> None:
    layer = {
        "kernel": [3, 3],
        "stride": [1, 1],
        "dilation": [1, 1],
        "inputShape": [16, 9, 9],
        "outputShape": [16, 7, 7],
    }
    code = 'async (layer) => (await import("convlens/engine/winograd.js")).suitsTiles(layer)'
    assert call(code, {**layer, **change}) is suits
