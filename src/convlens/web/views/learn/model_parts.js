// What the open model gives to try: its first layer's kernels and its sample pictures, as nested arrays.

import { normalise } from "convlens/engine/network.js";
import { ACTIVATIONS } from "convlens/views/learn/arithmetic/activations.js";

/** @import { Tensor } from "convlens/views/learn/arithmetic/tensors.js" */
/** @import { Sliding } from "convlens/views/learn/arithmetic/windows.js" */

/** @import { Model, WeightedLayer } from "convlens/engine/network.js" */

/**
 * @typedef {WeightedLayer & Sliding & { slope?: number }} ModelLayer a convolution, or what follows it
 * @typedef {NonNullable<ReturnType<typeof firstLayerOf>>} FirstLayer
 * @typedef {{ name: string, pixels: Tensor, input: Tensor }} Sample its pixels as bytes, and as the network gets them
 */

/**
 * A flat array C·H·W as a nested one.
 * @param {ArrayLike<number>} data
 * @param {number[]} shape
 * @returns {Tensor}
 */
function nest(data, [channels, height, width]) {
  /** @type {(start: number) => number[]} */
  const row = (start) => Array.from({ length: width }, (_, column) => data[start + column]);
  return Array.from({ length: channels }, (_, channel) =>
    Array.from({ length: height }, (_, line) => row((channel * height + line) * width)),
  );
}

/**
 * The first layer where it is a convolution, else null; the activation is the one right behind it, "none" where there is
 * another layer in between.
 * @param {Model | null} model
 */
export function firstLayerOf(model) {
  const [layer, next] = /** @type {ModelLayer[]} */ (model?.layers ?? []);
  if (layer?.kind !== "conv") return null;
  const [count, ...shape] = layer.weight.shape;
  const size = layer.weight.data.length / count;
  const kernels = Array.from({ length: count }, (_, kernel) =>
    nest(layer.weight.data.subarray(kernel * size, (kernel + 1) * size), shape),
  );
  const { kernel, stride, padding, dilation } = layer;
  return {
    name: layer.text,
    kernels,
    biases: layer.bias ? Array.from(layer.bias.data) : kernels.map(() => 0),
    sliding: { kernel, stride, padding, dilation },
    activation: ACTIVATIONS.includes(next?.kind) ? next.kind : "none",
    slope: next?.slope,
  };
}

/**
 * The sample pictures; none where there is no model.
 * @param {Model | null} model
 * @returns {Sample[]}
 */
export function samplesOf(model) {
  if (!model) return [];
  return model.payload.samples.map(({ pixels, label }, number) => ({
    name: `${number}: ${model.classNames[label] ?? "of no class"}`,
    pixels: nest(pixels, model.inputShape),
    // Computed when it is asked for, since few of them are looked at.
    get input() {
      return nest(normalise(model, pixels), model.inputShape);
    },
  }));
}
