// Runs an exported page's own engine: on images of the network's shape, or on pictures (RGBA) that the page prepares.
//
// `load` stores them, as base64; `calls` runs so many of them in turn, and returns the probabilities if `answers` is set.
async (
  /** @type {{ load?: { height: number, width: number, data: string }[], calls?: number, answers?: boolean }} */ given,
) => {
  const { openModel, activations, probabilities } = await import("convlens/engine/network.js");
  const { prepare } = await import("convlens/preparation/prepare.js");
  const { decodeBytes, sizeOf } = await import("convlens/engine/decode.js");
  const kept = /** @type {any} */ (globalThis);
  kept.opened ??= openModel(JSON.parse(document.getElementById("convlens-model")?.textContent ?? ""));
  const model = kept.opened;
  if (given.load) {
    const size = sizeOf(model.inputShape);
    kept.loaded = given.load.flatMap(({ height, width, data }) => {
      const bytes = decodeBytes(data);
      if (height) return [/** @type {any} */ ({ height, width, data: bytes, isGrey: false })];
      const starts = Array.from({ length: bytes.length / size }, (_, place) => place * size);
      return starts.map((start) => bytes.subarray(start, start + size));
    });
  }
  const found = [];
  for (let call = 0; call < (given.calls ?? 0); call += 1) {
    const picture = kept.loaded[call % kept.loaded.length];
    const pixels = picture.data ? prepare(model.preprocessing, picture).pixels : picture;
    const outputs = activations(model, pixels);
    const answer = probabilities(model, outputs[outputs.length - 1].data);
    if (given.answers) found.push([...answer]);
  }
  return found;
};
