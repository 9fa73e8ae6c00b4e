// How one value is computed: all its terms, for display.
//
// Sums are recomputed by the layer's kind in the simplest way, not taken from the forward pass: `total` is the result
// of this arithmetic, `value` that of the forward pass, and a test checks that they agree. Every number comes with its
// `source`, which is null for padding. Following the sources leads back to the image.

import { positionOf } from "convlens/engine/decode.js";
import { inputsOf, probabilities } from "convlens/engine/network.js";
import { total } from "convlens/layers/shared/arrays.js";
import { kindOf } from "convlens/layers/shared/kind.js";

/** @import { Activation, Model, Numbers } from "convlens/engine/network.js" */
/** @import { Sum } from "convlens/views/look/sums/terms.js" */

/**
 * @typedef {Sum & { pixel: number, mean: number, deviation: number }} InputSum `pixel` is the byte that gives the value
 */
/** @typedef {ReturnType<typeof softmaxOf>} Softmax */

/**
 * Returns the whole sum behind one output number of a layer (−1: the input), with the parts that the layer's kind
 * explains (see layers/WORD.js). A long list contains the `most` largest terms; the rest is one number.
 * @param {Model} model
 * @param {Activation[]} activations
 * @param {number} layer
 * @param {number} place
 */
export function sumBehind(model, activations, layer, place, { most = 12 } = {}) {
  const { shape, data } = activations[layer + 1];
  if (!Number.isInteger(place) || place < 0 || place >= data.length) {
    throw new Error(`there is no place ${place} in layer ${layer}, which has ${data.length} numbers.`);
  }
  const common = { layer, place, position: positionOf(shape, place), shape, value: data[place] };
  if (layer === -1) return { ...common, kind: "input", text: "input", ...explainInput(model, common) };
  const node = model.layers[layer];
  const behind = kindOf(node).explain(node, place, inputsOf(node, activations), most);
  return { ...common, kind: node.kind, text: node.text, ...behind };
}

/** (pixel / 255 − mean) / deviation. @param {Model} model @param {{ position: number[], value: number }} common */
function explainInput(model, { position, value }) {
  const mean = model.normalisation.mean[position[0]];
  const deviation = model.normalisation.std[position[0]];
  const pixel = Math.round((value * deviation + mean) * 255);
  return { pixel, mean, deviation, total: (pixel / 255 - mean) / deviation };
}

/**
 * Returns the softmax step by step. `scaled` are the logits divided by the temperature, `exponents` are exp(scaled −
 * largest), and each probability is an exponent divided by their `sum`. `unknown` is true if the highest probability is
 * below the model's threshold.
 * @param {Model} model
 * @param {Numbers} logits
 */
export function softmaxOf(model, logits) {
  const scaled = Array.from(logits, (logit) => logit / model.temperature);
  const largest = Math.max(...scaled);
  const exponents = scaled.map((value) => Math.exp(value - largest));
  const shares = Array.from(probabilities(model, logits));
  const best = shares.indexOf(Math.max(...shares));
  return {
    logits: Array.from(logits),
    temperature: model.temperature,
    ...{ scaled, largest, exponents, sum: total(exponents), probabilities: shares, best },
    unknown: model.threshold !== null && shares[best] < model.threshold,
    sources: scaled.map((_value, place) => ({ layer: model.layers.length - 1, place })),
  };
}
