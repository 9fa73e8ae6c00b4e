// The parts of the open model that the chapters use: its first layer's kernels and its sample images, as nested arrays.

import { normalise } from "convlens/engine/network.js";
import { ACTIVATIONS } from "convlens/views/learn/arithmetic/activations.js";

/** @import { Layer, Model, WeightedLayer } from "convlens/engine/network.js" */
/** @import { Tensor } from "convlens/views/learn/arithmetic/tensors.js" */
/** @import { Sliding } from "convlens/views/learn/arithmetic/windows.js" */

/**
 * @typedef {WeightedLayer & Sliding & { groups: number }} ConvolutionLayer
 * @typedef {NonNullable<ReturnType<typeof firstLayerOf>>} FirstLayer
 * @typedef {{ name: string, pixels: Tensor, input: Tensor }} Sample its pixels as bytes, and normalised
 */

/** The convolutions without groups, since the kernels of this view read every channel. @param {Model | null} model */
export function convolutionsOf(model) {
  const layers = /** @type {ConvolutionLayer[]} */ (model?.layers ?? []);
  return layers.filter(({ kind, groups }) => kind === "conv" && groups === 1);
}

/** @type {(data: ArrayLike<number>, shape: number[]) => Tensor} A flat array C·H·W as a nested one. */
function nest(data, [channels, height, width]) {
  /** @type {(start: number) => number[]} */
  const row = (start) => Array.from({ length: width }, (_, column) => data[start + column]);
  return Array.from({ length: channels }, (_, channel) =>
    Array.from({ length: height }, (_, line) => row((channel * height + line) * width)),
  );
}

/**
 * Returns the first layer if it is a convolution, otherwise null. Its activation is the next layer, or "none" if the
 * next layer is of another kind.
 * @param {Model | null} model
 */
export function firstLayerOf(model) {
  const [layer] = convolutionsOf(model);
  if (layer?.index !== 0) return null;
  /** @type {(Layer & { slope?: number }) | undefined} */
  const next = model?.layers[1];
  const activated = next && ACTIVATIONS.includes(next.kind) && `${next.inputs}` === "0";
  const [count, ...shape] = layer.weight.shape;
  const size = layer.weight.data.length / count;
  const kernels = Array.from({ length: count }, (_, kernel) =>
    nest(layer.weight.data.subarray(kernel * size, (kernel + 1) * size), shape),
  );
  const { kernel, stride, padding, dilation } = layer;
  return {
    name: layer.text,
    kernels,
    biases: Array.from(layer.bias.data),
    sliding: { kernel, stride, padding, dilation },
    activation: activated ? next.kind : "none",
    slope: next?.slope,
  };
}

/** @type {(model: Model | null) => Sample[]} The sample images; none without a model. */
export function samplesOf(model) {
  if (!model) return [];
  /** @type {{ pixels: Uint8Array, label: number }[]} */
  const samples = model.payload.samples ?? [];
  return samples.map(({ pixels, label }, number) => ({
    name: `${number}: ${model.classNames[label] ?? "unknown class"}`,
    pixels: nest(pixels, model.inputShape),
    // Computed on demand, since a person looks at few of them.
    get input() {
      return nest(normalise(model, pixels), model.inputShape);
    },
  }));
}
