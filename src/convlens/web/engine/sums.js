// The sum behind one number: everything that goes into it, as values, for whoever draws it.
//
// Sums are worked out anew here, in the plainest way, and not taken out of the forward pass: `total` is what the arithmetic
// gives, `value` what the forward pass gave, and a test holds them together. Every number that went in comes with its
// `source`, {layer, place}: the layer whose output it is (−1 is the input) and the flat place in it, null where there is
// none because it is padding. Following a source is how one walks back to the picture.

import { placeOf, positionOf, sizeOf } from "convlens/engine/decode.js";
import { sigmoid } from "convlens/engine/layers.js";
import { probabilities } from "convlens/engine/network.js";

const EXPLAIN = {
  conv: explainConvolution,
  maxpool: explainPooling,
  avgpool: explainPooling,
  globalavgpool: explainPooling,
  batchnorm: explainNormalisation,
  dropout: (around) => explainRule(around, "unchanged while predicting", (value) => value),
  relu: (around) => explainRule(around, "max(x, 0)", (value) => Math.max(value, 0)),
  leaky_relu: (around) => {
    const slope = around.layer.negativeSlope;
    return {
      ...explainRule(around, `x for x > 0, else ${slope}·x`, (x) => (x > 0 ? x : slope * x)),
      negativeSlope: slope,
    };
  },
  tanh: (around) => explainRule(around, "tanh(x)", Math.tanh),
  sigmoid: (around) => explainRule(around, "1 / (1 + exp(−x))", sigmoid),
  flatten: (around) => ({
    ...explainRule(around, "the same number, in a row", (value) => value),
    inputPosition: positionOf(around.layer.inputShape, around.place),
  }),
  dense: explainDense,
};

/**
 * The whole sum behind one output number. All results have {layer, kind, text, place, position, shape, value, total}; then
 *
 * - conv: {window, dilation, channels, bias}, where each channel is {channel, patch, kernel, products, padding, sources,
 *   sum}, its lists row by row as the kernel is; `window` is {top, left, bottom, right, rows, columns} in the layer's input,
 *   negative in the padding, bottom and right being the first row and column behind it;
 * - maxpool, avgpool, globalavgpool: {window, channel, candidates, winner, sum, divisor}; a candidate is {row, column, value,
 *   padding, source}; `winner` is the number of the one that was taken, null for a mean; padding has the value null in a
 *   maximum, where it takes no part, and 0 in a mean;
 * - dense: {contributions, rest, bias}; a contribution is {value, weight, product, source}, the largest product (either sign)
 *   first; after `most` of them `rest` is {count, sum} of the others;
 * - batchnorm: {input, mean, variance, epsilon, deviation, normalised, scale, shift};
 * - relu, leaky_relu, tanh, sigmoid, dropout, flatten: {input, rule}; an input is {value, source};
 * - layer −1, the network's input: {pixel, mean, deviation}.
 */
export function sumBehind(model, activations, layer, place, { most = 12 } = {}) {
  const { shape, data } = activations[layer + 1];
  if (!Number.isInteger(place) || place < 0 || place >= data.length) {
    throw new Error(`there is no place ${place} in layer ${layer}, which has ${data.length} numbers.`);
  }
  const common = { layer, place, position: positionOf(shape, place), shape, value: data[place] };
  if (layer === -1) return { ...common, kind: "input", text: "input", ...explainInput(model, common) };
  const description = model.layers[layer];
  const around = { layer: description, place, position: common.position, input: activations[layer].data, most };
  return { ...common, kind: description.kind, text: description.text, ...EXPLAIN[description.kind](around) };
}

/** (pixel / 255 − mean) / deviation; the pixel is the byte that gives this value. */
function explainInput(model, { position, value }) {
  const mean = model.normalisation.mean[position[0]];
  const deviation = model.normalisation.std[position[0]];
  const pixel = Math.round((value * deviation + mean) * 255);
  return { pixel, mean, deviation, total: (pixel / 255 - mean) / deviation };
}

function explainConvolution({ layer, place, position, input }) {
  const [map] = position;
  const window = windowOf(layer, position);
  const size = layer.kernel[0] * layer.kernel[1];
  const channels = Array.from({ length: layer.inputShape[0] }, (_nothing, channel) => {
    const cells = cellsOf(layer, window, channel);
    const start = (map * layer.inputShape[0] + channel) * size;
    const kernel = Array.from(layer.weight.data.subarray(start, start + size));
    const patch = cells.map(({ source }) => (source ? input[source.place] : 0));
    const products = patch.map((value, i) => value * kernel[i]);
    const padding = cells.map((cell) => cell.padding);
    return {
      channel,
      patch,
      kernel,
      products,
      padding,
      sources: cells.map(({ source }) => source),
      sum: add(products),
    };
  });
  const bias = layer.bias.data[map];
  return { window, dilation: layer.dilation, channels, bias, total: add(channels.map(({ sum }) => sum)) + bias };
}

function explainPooling({ layer, position, input }) {
  const [channel] = position;
  // The mean of a whole map is that of one window as large as the map.
  const sliding = layer.kind === "globalavgpool" ? asWindow(layer) : layer;
  const window = windowOf(sliding, position);
  const takesLargest = layer.kind === "maxpool";
  const candidates = cellsOf(sliding, window, channel).map((cell) => {
    const value = cell.source ? input[cell.source.place] : takesLargest ? null : 0;
    return { ...cell, value };
  });
  if (takesLargest) {
    const winner = winnerOf(candidates);
    return { window, channel, candidates, winner, sum: null, divisor: null, total: candidates[winner].value };
  }
  const sum = add(candidates.map(({ value }) => value));
  return { window, channel, candidates, winner: null, sum, divisor: candidates.length, total: sum / candidates.length };
}

/** The number of the largest candidate, the first of equals; what is padding takes no part. */
function winnerOf(candidates) {
  return candidates.reduce((best, { padding, value }, i) => {
    if (padding) return best;
    return best < 0 || value > candidates[best].value ? i : best;
  }, -1);
}

/** A layer that takes whole maps, as one with a window. */
export function asWindow(layer) {
  return { ...layer, kernel: layer.inputShape.slice(1), stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
}

function explainDense({ layer, place, input, most }) {
  const start = place * input.length;
  const contributions = Array.from(input, (value, i) => {
    const weight = layer.weight.data[start + i];
    return { value, weight, product: value * weight, source: { layer: layer.index - 1, place: i } };
  });
  const bias = layer.bias.data[place];
  const total = add(contributions.map(({ product }) => product)) + bias;
  contributions.sort((one, other) => Math.abs(other.product) - Math.abs(one.product));
  const others = contributions.splice(most);
  return { contributions, rest: { count: others.length, sum: add(others.map(({ product }) => product)) }, bias, total };
}

function explainNormalisation({ layer, place, input }) {
  const channel = Math.floor(place / (sizeOf(layer.inputShape) / layer.inputShape[0]));
  const [mean, variance, scale, shift] = [layer.runningMean, layer.runningVariance, layer.weight, layer.bias].map(
    ({ data }) => data[channel],
  );
  const deviation = Math.sqrt(variance + layer.epsilon);
  const normalised = (input[place] - mean) / deviation;
  return {
    input: { value: input[place], source: { layer: layer.index - 1, place } },
    ...{ mean, variance, epsilon: layer.epsilon, deviation, normalised, scale, shift },
    total: normalised * scale + shift,
  };
}

function explainRule({ layer, place, input }, rule, apply) {
  const value = input[place];
  return { input: { value, source: { layer: layer.index - 1, place } }, rule, total: apply(value) };
}

/** Where the window of an output position lies in the layer's input. */
export function windowOf(layer, [, row, column]) {
  const [rows, columns] = [0, 1].map((axis) => (layer.kernel[axis] - 1) * layer.dilation[axis] + 1);
  const top = row * layer.stride[0] - layer.padding[0];
  const left = column * layer.stride[1] - layer.padding[1];
  return { top, left, bottom: top + rows, right: left + columns, rows: layer.kernel[0], columns: layer.kernel[1] };
}

/** The cells of a window, row by row: {row, column, padding, source}. */
function cellsOf(layer, window, channel) {
  const [, height, width] = layer.inputShape;
  const cells = [];
  for (let row = window.top; row < window.bottom; row += layer.dilation[0]) {
    for (let column = window.left; column < window.right; column += layer.dilation[1]) {
      const padding = row < 0 || row >= height || column < 0 || column >= width;
      const source = padding
        ? null
        : { layer: layer.index - 1, place: placeOf(layer.inputShape, [channel, row, column]) };
      cells.push({ row, column, padding, source });
    }
  }
  return cells;
}

/**
 * The softmax behind the probabilities: {logits, temperature, scaled, largest, exponents, sum, probabilities, best, unknown,
 * sources}. `scaled` are the logits over the temperature, `exponents` are exp(scaled − largest), and a probability is an
 * exponent over their `sum`. `unknown` says that the best one is below the model's threshold.
 */
export function softmaxOf(model, logits) {
  const scaled = Array.from(logits, (logit) => logit / model.temperature);
  const largest = scaled.reduce((most, value) => Math.max(most, value), -Infinity);
  const exponents = scaled.map((value) => Math.exp(value - largest));
  const shares = Array.from(probabilities(model, logits));
  const best = shares.reduce((most, share, i) => (share > shares[most] ? i : most), 0);
  return {
    logits: Array.from(logits),
    temperature: model.temperature,
    ...{ scaled, largest, exponents, sum: add(exponents), probabilities: shares, best },
    unknown: model.threshold !== null && shares[best] < model.threshold,
    sources: scaled.map((_value, place) => ({ layer: model.layers.length - 1, place })),
  };
}

function add(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0);
}
