// Measures the time of the page's engine for one image: medians in milliseconds.
async (/** @type {[any, number]} */ [payload, runs]) => {
  const { openModel, activations, replaceWeights } = await import("convlens/engine/network.js");
  const { attribution } = await import("convlens/engine/attribution.js");
  const { checkModel } = await import("convlens/engine/check.js");
  const { decodeBytes, sizeOf } = await import("convlens/engine/decode.js");
  const median = (/** @type {() => void} */ run) => {
    const times = Array.from({ length: runs }, () => {
      const start = performance.now();
      run();
      return performance.now() - start;
    });
    return times.sort((one, other) => one - other)[runs >> 1];
  };
  const model = openModel(payload);
  const pixels = decodeBytes(payload.check.images).subarray(0, sizeOf(model.inputShape));
  const outputs = activations(model, pixels);
  return {
    "forward pass": median(() => activations(model, pixels)),
    "new weights and forward pass": median(() => activations(replaceWeights(model, payload.weights), pixels)),
    "heat map of a class": median(() => attribution(model, outputs, 0)),
    "check vectors": median(() => checkModel(model)),
  };
};
