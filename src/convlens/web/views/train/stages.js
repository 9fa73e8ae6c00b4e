// The layers of a network that are drawn during training.
//
// Drawing every layer would be too much: normalisation and activation only modify the output of a convolution, so
// together they are one stage, and its last output is drawn. Only maps are drawn, not vectors.

import { FACTS } from "convlens/layers/facts.js";

/** @import { Layer, Model } from "convlens/engine/network.js" */
/**
 * @typedef {{ kind: "picture" | "kernels" | "maps", name: string, shape: number[], layer: number }} Stage `layer` −1:
 * the input
 */

/** @type {Record<string, { group: string }>} */
const KINDS = FACTS.kinds;
const GROUPS = ["activation", "normalisation"];
const MOST_STAGES = 8;

/** @type {(model: Model) => Stage[]} The stages of an open model, in the order of the layers. */
export function stagesOf({ layers, inputShape }) {
  /** @type {Stage[]} */
  const stages = [{ kind: "picture", name: "image", shape: inputShape, layer: -1 }];
  const first = layers.findIndex(({ kind }) => kind === "conv");
  for (let place = 0; place < layers.length; place += 1) {
    if (!givesMaps(layers[place])) continue;
    if (place === first) stages.push(kernelsOf(layers[place], place));
    let last = place;
    while (last + 1 < layers.length && follows(layers[last + 1], layers[last])) last += 1;
    const texts = layers.slice(place, last + 1).map(({ text }) => text);
    stages.push({ kind: "maps", name: texts.join(" → "), shape: layers[last].outputShape, layer: last });
    place = last;
  }
  return stages.length > MOST_STAGES ? [...stages.slice(0, MOST_STAGES - 1), ...stages.slice(-1)] : stages;
}

/** @param {Layer} layer */
function givesMaps({ kind, outputShape }) {
  return outputShape.length === 3 && outputShape[1] * outputShape[2] > 1 && kind !== "flatten";
}

// Whether a layer only modifies the output of the layer before it, in the same branch.
/** @type {(layer: Layer, before: Layer) => boolean} */
function follows({ kind, inputs, outputShape, depth, branch }, before) {
  const isBehind = inputs[0] === before.index && depth === before.depth && branch === before.branch;
  return isBehind && GROUPS.includes(KINDS[kind]?.group) && outputShape.length === 3;
}

// The kernels of a convolution: one map per channel, one kernel after the other.
/** @type {(layer: Layer, place: number) => Stage} */
function kernelsOf({ weight }, place) {
  const [count, channels, ...size] = weight?.shape ?? [];
  const name = channels === 1 ? "kernels" : `kernels, each of ${channels} channels`;
  return { kind: "kernels", name, shape: [count * channels, ...size], layer: place };
}
