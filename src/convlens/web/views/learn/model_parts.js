// What the open model gives to play with: its first layer's kernels and its sample pictures, as nested arrays.

import { normalise } from "convlens/engine/network.js";

const ACTIVATIONS = ["relu", "leaky_relu", "sigmoid", "tanh"];

/** A flat array as nested ones: of shape [2, 3], two arrays of three. */
export function nest(data, shape) {
  const [count, ...rest] = shape;
  if (!rest.length) return Array.from(data);
  const size = data.length / count;
  return Array.from({ length: count }, (_, place) => nest(data.subarray(place * size, (place + 1) * size), rest));
}

/**
 * The first layer where it is a convolution, else null: { name, kernels O×C×kH×kW, biases, sliding, activation, slope };
 * the activation is the one right behind it, "none" where there is another layer in between.
 */
export function firstLayerOf(model) {
  const [layer, next] = model?.layers ?? [];
  if (layer?.kind !== "conv") return null;
  const { kernel, stride, padding, dilation } = layer;
  const activation = ACTIVATIONS.includes(next?.kind) ? next.kind : "none";
  return {
    name: layer.text,
    kernels: nest(layer.weight.data, layer.weight.shape),
    biases: layer.bias ? Array.from(layer.bias.data) : new Array(layer.weight.shape[0]).fill(0),
    sliding: { kernel, stride, padding, dilation, mode: "zeros" },
    activation,
    slope: next?.negativeSlope,
  };
}

/** The sample pictures: [{ name, pixels C×H×W of bytes, input C×H×W as the network gets it }]; empty where there are none. */
export function samplesOf(model) {
  return (model?.payload.samples ?? []).map(({ pixels, label }, number) => ({
    name: `${number}: ${model.classNames[label] ?? "of no class"}`,
    pixels: nest(pixels, model.inputShape),
    get input() {
      return nest(normalise(model, pixels), model.inputShape);
    },
  }));
}
