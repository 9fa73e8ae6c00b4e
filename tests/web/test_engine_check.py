"""The check before anything is shown: a sound model passes, and one wrong weight or one wrong rule does not."""

import re

import numpy as np
import pytest

from convlens.exports import choose_samples, page_model

CHECK = """async ([payload]) => {
  const { openModel } = await import("convlens/engine/network.js");
  const { checkModel } = await import("convlens/engine/check.js");
  return checkModel(openModel(payload));
}"""

# Flip the sign, one bit of the mantissa or one of the exponent of single weights, after the model was opened.
FLIP = """async ([payload, flips, withFingerprint]) => {
  const { openModel } = await import("convlens/engine/network.js");
  const { checkModel, fingerprint } = await import("convlens/engine/check.js");
  const caught = [];
  for (const [layer, place, bit] of flips) {
    const model = openModel(payload);
    const { shape, data } = model.layers[layer].weight;
    new Uint32Array(data.buffer)[place] ^= 1 << bit;
    model.layers[layer].weight = { shape, data };
    if (!withFingerprint) {
      model.payload = { ...payload, check: { ...payload.check, weights: fingerprint(model) } };
    }
    caught.push(!checkModel(model).agrees);
  }
  return caught;
}"""

WRONG_RULES = """async ([payload, changes]) => {
  const { openModel } = await import("convlens/engine/network.js");
  const { checkModel } = await import("convlens/engine/check.js");
  return changes.map(([layer, change]) => {
    const model = openModel(payload);
    Object.assign(model.layers[layer], change);
    return checkModel(model);
  });
}"""


@pytest.fixture(scope="module")
def payload(mnist_model, mnist_images):
    return page_model(mnist_model, choose_samples(mnist_model, mnist_images))


def test_a_sound_model_agrees(call, payload, varied_models):
    result = call(CHECK, [payload])
    assert result["agrees"] is True
    assert 0 <= result["worst"] < 1e-5
    for name, model in varied_models.items():
        assert call(CHECK, [page_model(model)])["agrees"], name


def flips_of(model, count, bits):
    random = np.random.default_rng(0)
    names = [name for name in model.weights if name.endswith(".weight")]
    flips = []
    for _ in range(count):
        name = str(random.choice(names))
        place = int(random.integers(0, model.weights[name].size))
        flips.append([int(name.split(".")[0]), place, int(random.choice(bits))])
    return flips


def test_any_flipped_bit_of_a_weight_is_caught(call, payload, mnist_model):
    assert all(call(FLIP, [payload, flips_of(mnist_model, 60, range(32)), True]))


def test_a_flipped_sign_is_caught_by_the_values_alone(call, payload, mnist_model):
    # A dense weight may be so small, or its input 0 in every picture, that no value tells; those of kernels always do.
    kernels = [[layer, place, 31] for layer, size in ((0, 72), (3, 1152)) for place in range(0, size, size // 24)]
    caught = call(FLIP, [payload, kernels, False])
    assert np.mean(caught) > 0.9
    assert np.mean(call(FLIP, [payload, flips_of(mnist_model, 40, [31]), False])) > 0.5


def test_another_rule_is_caught_and_named(call, payload):
    changes = [
        [0, {"padding": [0, 0]}],
        [1, {"kind": "leaky_relu", "slope": 0.01}],
        [2, {"kind": "avgpool"}],
        [4, {"kind": "dropout"}],
    ]
    results = call(WRONG_RULES, [payload, changes])
    assert [result["agrees"] for result in results] == [False] * 4
    assert min(result["worst"] for result in results) > 1e-4
    assert re.match(r"(layer \d, \w+.*|the logits), image \d: (NaN|-?\d.*) here, -?\d.* where", results[0]["where"])


def test_what_is_missing_or_no_number_does_not_pass(call, payload):
    without = {key: value for key, value in payload.items() if key != "check"}
    for missing in (without, {**payload, "check": None}, {**payload, "check": {**payload["check"], "count": 0}}):
        result = call(CHECK, [missing])
        assert result["agrees"] is False
        assert result["where"] == "the model contains no check values"
    broken = {**payload, "normalisation": {"mean": [float("nan")], "std": [1]}}
    result = call(CHECK, [broken])
    assert (result["agrees"], result["worst"]) == (False, float("inf"))
    changed = {**payload["weights"], "0.bias": payload["weights"]["3.bias"] | {"shape": [8], "data": ""}}
    with pytest.raises(Exception, match=r"0\.bias has 0 numbers, not 8"):
        call(CHECK, [{**payload, "weights": changed}])
