import { positionOf } from "convlens/engine/decode.js";
import { convolve, convolveBack, onceForWeights } from "convlens/engine/convolution.js";
import { joined, total } from "convlens/layers/shared/arrays.js";
import { cellsOf, slideBack, windowOf } from "convlens/layers/shared/windows.js";
import { drawConvolution } from "convlens/views/look/sums/convolution.js";

/** @import { ConvLayer } from "convlens/engine/convolution.js" */
/** @import { Numbers, Pair, Source, WeightedLayer } from "convlens/engine/network.js" */
/** @import { Region } from "convlens/engine/regions.js" */
/** @import { Kind } from "convlens/layers/shared/kind.js" */
/** @import { Window, WindowLayer } from "convlens/layers/shared/windows.js" */

/** @typedef {WindowLayer & WeightedLayer & { groups: number }} GroupedLayer */

/**
 * The lists of a channel are in the order of the kernel, row by row. In padding the patch is 0 and the source null.
 * @typedef {object} ChannelSum
 * @property {number} channel of the layer's input
 * @property {number[]} patch
 * @property {number[]} kernel
 * @property {number[]} products
 * @property {boolean[]} padding
 * @property {(Source | null)[]} sources
 * @property {number} sum
 */

/** @typedef {{ window: Window, dilation: Pair, channels: ChannelSum[], bias: number }} ConvSum */

/** @type {Kind<GroupedLayer, ConvSum>} */
export default {
  weights: ({ inputShape: [incoming], outputShape: [outgoing], groups, kernel }) => ({
    weight: [outgoing, incoming / groups, ...kernel],
    bias: [outgoing],
  }),
  forward: (layer, [input]) => byGroups(layer, input, convolve),
  backward: (layer, slopes) => [byGroups(layer, slopes, convolveBack)],
  explain,
  stepBack: (layer, region) => [slideBack(layer, region, channelsRead(layer, region))],
  draw: drawConvolution,
};

/**
 * Applies `compute` to each group's share of the numbers, and joins the results.
 * @type {(layer: GroupedLayer, numbers: Numbers,
 *   compute: (layer: ConvLayer, numbers: Numbers) => Float32Array) => Float32Array}
 */
function byGroups(layer, numbers, compute) {
  if (layer.groups === 1) return compute(layer, numbers);
  const size = numbers.length / layer.groups;
  const groups = groupsOf(layer);
  return joined(groups.map((group, number) => compute(group, numbers.subarray(number * size, (number + 1) * size))));
}

/** Each group as a separate convolution, cached with the weights, so that its prepared kernels are reused. */
const groupsOf = onceForWeights(splitGroups);

/** @type {(layer: GroupedLayer) => ConvLayer[]} */
function splitGroups({ groups, inputShape, outputShape, weight, bias, ...rest }) {
  const [incoming, outgoing, taps] = [inputShape[0], outputShape[0], weight.data.length].map((size) => size / groups);
  return Array.from({ length: groups }, (_nothing, number) => ({
    ...rest,
    inputShape: [incoming, ...inputShape.slice(1)],
    outputShape: [outgoing, ...outputShape.slice(1)],
    weight: {
      shape: [outgoing, ...weight.shape.slice(1)],
      data: weight.data.subarray(number * taps, (number + 1) * taps),
    },
    bias: { shape: [outgoing], data: bias.data.subarray(number * outgoing, (number + 1) * outgoing) },
  }));
}

/** @param {GroupedLayer} layer @param {number} place @param {Numbers[]} inputs */
function explain(layer, place, [input]) {
  const [map, row, column] = positionOf(layer.outputShape, place);
  const window = windowOf(layer, row, column);
  const [, incoming] = layer.weight.shape;
  const size = layer.kernel[0] * layer.kernel[1];
  const first = groupOf(layer, map) * incoming;
  const channels = Array.from({ length: incoming }, (_nothing, number) => {
    const cells = cellsOf(layer, window, first + number);
    const start = (map * incoming + number) * size;
    const kernel = Array.from(layer.weight.data.subarray(start, start + size));
    const patch = cells.map(({ source }) => (source ? input[source.place] : 0));
    const products = patch.map((value, i) => value * kernel[i]);
    const padding = cells.map((cell) => cell.padding);
    const sources = cells.map(({ source }) => source);
    return { channel: first + number, patch, kernel, products, padding, sources, sum: total(products) };
  });
  const bias = layer.bias.data[map];
  return { window, dilation: layer.dilation, channels, bias, total: total(channels.map(({ sum }) => sum)) + bias };
}

/** @param {GroupedLayer} layer @param {number} map of the output */
function groupOf({ groups, outputShape }, map) {
  return Math.floor((map * groups) / outputShape[0]);
}

// The input channels of the groups to which the maps of a region belong.
/** @type {(layer: GroupedLayer, region: Region) => [number, number]} */
function channelsRead(layer, { channels: [first, end] }) {
  const size = layer.inputShape[0] / layer.groups;
  return [groupOf(layer, first) * size, (groupOf(layer, end - 1) + 1) * size];
}
