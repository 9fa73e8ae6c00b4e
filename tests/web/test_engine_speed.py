"""How long the page's engine takes, in Chromium. The best of many runs: others may keep the processor busy."""

import pytest

from convlens.export import choose_samples, page_model

TIME = """async ([payload, runs]) => {
  const { openModel, activations, replaceWeights } = await import("convlens/engine/network.js");
  const { attribution } = await import("convlens/engine/attribution.js");
  const { checkModel } = await import("convlens/engine/check.js");
  const { samplesOf } = await import("convlens/engine/png.js");
  const { decodeBytes } = await import("convlens/engine/decode.js");
  const best = (run) => {
    let least = Infinity;
    for (let i = 0; i < runs; i += 1) {
      const start = performance.now();
      run();
      least = Math.min(least, performance.now() - start);
    }
    return least;
  };
  const model = openModel(payload);
  const size = model.inputShape.reduce((product, length) => product * length, 1);
  const pixels = decodeBytes(payload.check.images).subarray(0, size);
  const outputs = activations(model, pixels);
  return {
    forward: best(() => activations(model, pixels)),
    newWeights: best(() => activations(replaceWeights(model, payload.weights), pixels)),
    attribution: best(() => attribution(model, outputs, 0)),
    check: best(() => checkModel(model)),
    samples: best(() => samplesOf(payload)),
  };
}"""
SIX_CONV = (
    "conv 32 3x3 pad 1, batchnorm, relu, conv 32 3x3 pad 1, batchnorm, relu, maxpool 2, "
    "conv 64 3x3 pad 1, batchnorm, relu, conv 64 3x3 pad 1, batchnorm, relu, maxpool 2, "
    "conv 128 3x3 pad 1, batchnorm, relu, conv 128 3x3 pad 1, batchnorm, relu, globalavgpool, dense"
)
"""155 million multiply-adds for a picture of 3×64×64."""


@pytest.mark.slow
def test_the_tutorials_model_is_quicker_than_a_quarter_of_a_frame(call, mnist_model, mnist_images):
    times = call(TIME, [page_model(mnist_model, choose_samples(mnist_model, mnist_images)), 200])
    print({name: round(time, 2) for name, time in times.items()})
    assert times["forward"] < 4
    assert times["newWeights"] < 10
    assert times["attribution"] < 16
    assert times["check"] < 100
    assert times["samples"] < 100


@pytest.mark.slow
def test_six_convolutions_keep_up_with_the_pointer(call, build_model):
    times = call(TIME, [page_model(build_model(SIX_CONV, (3, 64, 64), 10)), 20])
    print({name: round(time, 2) for name, time in times.items()})
    assert times["forward"] < 100
    assert times["attribution"] < 500
    assert times["check"] < 1000
