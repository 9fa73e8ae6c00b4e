"""The sum behind any number: its total is the number, it is that of by_hand, and it leads back to the picture."""

import base64
import json
from typing import Any

import numpy as np
import pytest

from convlens import by_hand
from convlens.exports import page_model
from convlens.layers import JOINS, KINDS

SUMS = """async ([payload, picture, wanted]) => {
  const { openModel, activations } = await import("convlens/engine/network.js");
  const { decodeBytes } = await import("convlens/engine/decode.js");
  const { sumBehind } = await import("convlens/engine/sums.js");
  const model = openModel(payload);
  const outputs = activations(model, decodeBytes(picture));
  return JSON.stringify(wanted.map(([layer, place, most]) => sumBehind(model, outputs, layer, place, { most })));
}"""

CHECK_ALL = """async ([payload, picture, count]) => {
  const { openModel, activations } = await import("convlens/engine/network.js");
  const { decodeBytes } = await import("convlens/engine/decode.js");
  const { sumBehind } = await import("convlens/engine/sums.js");
  const model = openModel(payload);
  const outputs = activations(model, decodeBytes(picture));
  const faults = [];
  const kinds = {};
  const same = (one, other, scale) => Math.abs(one - other) <= 2e-6 * scale;
  const sourceIs = ({ layer, place }, value) => outputs[layer + 1].data[place] === value;
  for (let layer = -1; layer < model.layers.length; layer += 1) {
    const { data } = outputs[layer + 1];
    const largest = data.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-30);
    const step = Math.max(1, Math.floor(data.length / count));
    for (let place = 0; place < data.length; place += step) {
      const sum = sumBehind(model, outputs, layer, place);
      const fault = (text) => faults.push(`${sum.kind} ${layer} ${place}: ${text}`);
      kinds[sum.kind] = (kinds[sum.kind] ?? 0) + 1;
      if (sum.value !== data[place]) fault("another value");
      if (!same(sum.total, data[place], largest)) fault(`${sum.total} instead of ${data[place]}`);
      if (sum.input && !sourceIs(sum.input.source, sum.input.value)) fault("input from elsewhere");
      for (const channel of sum.channels ?? []) {
        channel.sources.forEach((source, i) => {
          if (channel.padding[i] !== (source === null)) fault("padding with a source");
          if (source && !sourceIs(source, channel.patch[i])) fault("patch from elsewhere");
          if (!source && channel.patch[i] !== 0) fault("padding that is not 0");
        });
        if (channel.sources.length !== sum.window.rows * sum.window.columns) fault("cells missing");
      }
      for (const { source, value, padding } of sum.candidates ?? []) {
        if (padding !== (source === null)) fault("padding with a source");
        if (source && !sourceIs(source, value)) fault("candidate from elsewhere");
      }
      if (sum.kind === "maxpool" && sum.candidates[sum.winner].value !== data[place]) fault("another winner");
      const terms = sum.contributions ?? sum.terms ?? [];
      for (const { source, value } of terms) if (!sourceIs(source, value)) fault("from elsewhere");
    }
  }
  return { faults, kinds };
}"""


def trace_layer(*arguments) -> Any:
    """The trace of one kind or the other."""
    return by_hand.trace_layer(*arguments)


def encode(image):
    return base64.b64encode(np.ascontiguousarray(image).tobytes()).decode()


def random_image(model, seed=0):
    return np.random.default_rng(seed).integers(0, 256, model.plan.input_shape, np.uint8)


def sums(call, model, image, *wanted):
    return json.loads(call(SUMS, [page_model(model), encode(image), [[*one, 12][:3] for one in wanted]]))


def test_every_total_is_the_activation(call, varied_models):
    seen = {}
    for model in varied_models.values():
        result = call(CHECK_ALL, [page_model(model), encode(random_image(model)), 60])
        assert result["faults"] == []
        for kind, count in result["kinds"].items():
            seen[kind] = seen.get(kind, 0) + count
    assert set(seen) == {*KINDS, *JOINS, "input"}
    assert min(seen.values()) >= 12, seen  # so few has globalavgpool in all


def assert_conv_is_by_hand(behind, window):
    assert behind["total"] == pytest.approx(window.total, rel=1e-6, abs=1e-6)
    assert behind["bias"] == pytest.approx(window.bias)
    assert (behind["window"]["top"], behind["window"]["left"]) == window.start
    for number, channel in enumerate(behind["channels"]):
        shape = window.covered.shape[1:]
        for name, wanted in (("patch", "covered"), ("kernel", "kernel"), ("products", "products")):
            values = np.reshape(channel[name], shape)
            np.testing.assert_allclose(values, getattr(window, wanted)[number], rtol=1e-5, atol=1e-6)
        assert channel["sum"] == pytest.approx(window.channel_sums[number], rel=1e-5, abs=1e-5)


def test_convolutions_are_those_by_hand_on_mnist(call, mnist_model, mnist_images):
    image = mnist_images.images[0]
    normalised = mnist_model.plan.normalisation.apply(image[None])[0]
    for layer, positions in ((0, [(0, 0, 0), (7, 27, 27), (3, 14, 9)]), (3, [(0, 0, 0), (15, 13, 6), (5, 6, 7)])):
        trace = trace_layer(mnist_model.network, mnist_model.weights, normalised, layer)
        places = [[layer, int(np.ravel_multi_index(position, trace.shape))] for position in positions]
        for behind, position in zip(sums(call, mnist_model, image, *places), positions, strict=True):
            assert behind["position"] == list(position)
            assert_conv_is_by_hand(behind, trace.at(*position))


@pytest.mark.parametrize("name", ["not square", "wide dilation", "more padding than kernel"])
def test_convolutions_with_options_are_those_by_hand(call, varied_models, name):
    model = varied_models[name]
    image = random_image(model)
    normalised = model.plan.normalisation.apply(image[None])[0]
    trace = trace_layer(model.network, model.weights, normalised, 0)
    places = range(0, len(trace), 7)
    for behind, place in zip(sums(call, model, image, *[[0, place] for place in places]), places, strict=True):
        assert_conv_is_by_hand(behind, trace[place])


@pytest.mark.parametrize(
    ("name", "layer"), [("padded maximum", 1), ("padded maximum", 3), ("means", 3), ("not square", 2)]
)
def test_pooling_is_that_by_hand(call, varied_models, name, layer):
    model = varied_models[name]
    image = random_image(model)
    normalised = model.plan.normalisation.apply(image[None])[0]
    trace = trace_layer(model.network, model.weights, normalised, layer)
    shape = model.network.resolve(model.plan.input_shape, model.plan.classes)[layer].input_shape
    places = range(0, len(trace), 3)
    for behind, place in zip(sums(call, model, image, *[[layer, place] for place in places]), places, strict=True):
        window = trace[place]
        covered = window.covered.ravel()
        assert [cell["padding"] for cell in behind["candidates"]] == np.isnan(covered).tolist()
        values = [cell["value"] for cell in behind["candidates"] if not cell["padding"]]
        np.testing.assert_allclose(values, covered[~np.isnan(covered)], rtol=1e-5, atol=1e-6)
        assert behind["total"] == pytest.approx(window.result, rel=1e-5, abs=1e-6)
        if window.winner is None:
            assert behind["divisor"] == window.divisor
            assert "winner" not in behind
        else:
            winner = behind["candidates"][behind["winner"]]
            row, column = window.winner[-2:]
            assert (winner["row"], winner["column"]) == (row, column)
            assert winner["source"]["place"] == np.ravel_multi_index((window.position[0], row, column), shape)


def test_dense_is_that_by_hand_and_the_rest_is_summed(call, mnist_model, mnist_images):
    image = mnist_images.images[3]
    normalised = mnist_model.plan.normalisation.apply(image[None])[0]
    trace = trace_layer(mnist_model.network, mnist_model.weights, normalised, 7)
    for number, behind in enumerate(sums(call, mnist_model, image, *[[7, number, 10] for number in range(10)])):
        window = trace.at(number)
        assert behind["total"] == pytest.approx(window.total, rel=1e-5)
        products = [term["product"] for term in behind["contributions"]]
        by_size = sorted(window.products, key=abs, reverse=True)
        np.testing.assert_allclose(np.abs(products), np.abs(by_size[:10]), rtol=1e-4)
        assert behind["rest"]["count"] == 784 - 10
        assert sum(products) + behind["rest"]["sum"] + behind["bias"] == pytest.approx(window.total, rel=1e-5)


def test_one_can_walk_from_a_logit_to_a_pixel(call, mnist_model, mnist_images):
    image = mnist_images.images[0]
    layer, place, path = 7, 7, []
    while layer >= 0:
        (behind,) = sums(call, mnist_model, image, [layer, place])
        path.append(behind["kind"])
        if "channels" in behind:
            sources = [
                (product, source)
                for channel in behind["channels"]
                for product, source in zip(channel["products"], channel["sources"], strict=True)
            ]
            source = max(sources, key=lambda one: abs(one[0]))[1]
        elif "candidates" in behind:
            source = behind["candidates"][behind["winner"]]["source"]
        else:
            source = (behind["contributions"][0] if "contributions" in behind else behind["input"])["source"]
        layer, place = source["layer"], source["place"]
    assert path == ["dense", "flatten", "maxpool", "relu", "conv", "maxpool", "relu", "conv"]
    (behind,) = sums(call, mnist_model, image, [-1, place])
    assert behind["pixel"] == image.ravel()[place]
    assert behind["pixel"] > 0  # the largest products all the way back to the ink


def test_a_place_that_is_not_there(call, varied_models):
    model = varied_models["one pixel"]
    with pytest.raises(Exception, match="there is no place 3 in layer 0, which has 3 numbers"):
        sums(call, model, random_image(model), [0, 3])
