// The forward pass of every layer kind: (layer, input numbers) → output numbers, in the shapes that the layer states.

import { sizeOf } from "convlens/engine/decode.js";
import { convolve } from "convlens/engine/convolution.js";

/** What each kind does to its input. Flatten and dropout change no number, so they hand on the same array. */
export const FORWARD = {
  conv: convolve,
  maxpool: (layer, input) => slide(layer, input, -Infinity, Math.max, 1),
  avgpool: (layer, input) => slide(layer, input, 0, add, layer.kernel[0] * layer.kernel[1]),
  globalavgpool: averageMaps,
  batchnorm: normalise,
  dropout: (_layer, input) => input,
  relu: (_layer, input) => map(input, (value) => (value > 0 ? value : 0)),
  leaky_relu: (layer, input) => map(input, (value) => (value > 0 ? value : value * layer.negativeSlope)),
  tanh: (_layer, input) => map(input, Math.tanh),
  sigmoid: (_layer, input) => map(input, sigmoid),
  flatten: (_layer, input) => input,
  dense: weigh,
};

/** 1 / (1 + e^−x). */
export function sigmoid(value) {
  return 1 / (1 + Math.exp(-value));
}

/** Which of a window's rows lie inside: of those from `first` on, the first and the end, as taps of the kernel. */
export function insideTaps(first, kernelSize, size) {
  return [Math.max(0, -first), Math.min(kernelSize, size - first)];
}

function add(sum, value) {
  return sum + value;
}

function map(input, rule) {
  const output = new Float32Array(input.length);
  for (let i = 0; i < input.length; i += 1) output[i] = rule(input[i]);
  return output;
}

/**
 * Pooling: `join` what lies under every window, beginning with `nothing`, and divide. What lies in the padding is left
 * out: it is −∞ to a maximum and 0 to a sum, and the divisor counts it.
 */
function slide(layer, input, nothing, join, divisor) {
  const [channels, height, width] = layer.inputShape;
  const [, rows, columns] = layer.outputShape;
  const output = new Float32Array(channels * rows * columns);
  let to = 0;
  for (let channel = 0; channel < channels; channel += 1) {
    for (let row = 0; row < rows; row += 1) {
      const top = row * layer.stride[0] - layer.padding[0];
      const [firstRow, endRow] = insideTaps(top, layer.kernel[0], height);
      for (let column = 0; column < columns; column += 1) {
        const left = column * layer.stride[1] - layer.padding[1];
        const [firstColumn, endColumn] = insideTaps(left, layer.kernel[1], width);
        let joined = nothing;
        for (let i = firstRow; i < endRow; i += 1) {
          const start = (channel * height + top + i) * width + left;
          for (let j = firstColumn; j < endColumn; j += 1) joined = join(joined, input[start + j]);
        }
        output[to] = joined / divisor;
        to += 1;
      }
    }
  }
  return output;
}

function averageMaps(layer, input) {
  const [channels, height, width] = layer.inputShape;
  const count = height * width;
  const output = new Float32Array(channels);
  for (let channel = 0; channel < channels; channel += 1) {
    let sum = 0;
    for (let i = channel * count; i < (channel + 1) * count; i += 1) sum += input[i];
    output[channel] = sum / count;
  }
  return output;
}

/** Batch normalisation in prediction: one factor and one shift for each map, or for each number after flatten. */
function normalise(layer, input) {
  const channels = layer.inputShape[0];
  const count = sizeOf(layer.inputShape) / channels;
  const output = new Float32Array(input.length);
  for (let channel = 0; channel < channels; channel += 1) {
    const factor = scaleOf(layer, channel);
    const mean = layer.runningMean.data[channel];
    const shift = layer.bias.data[channel];
    for (let i = channel * count; i < (channel + 1) * count; i += 1) output[i] = (input[i] - mean) * factor + shift;
  }
  return output;
}

/** What batch normalisation multiplies a distance from the mean by: its scale over the deviation. */
export function scaleOf(layer, channel) {
  return layer.weight.data[channel] / Math.sqrt(layer.runningVariance.data[channel] + layer.epsilon);
}

/** A dense layer: every output is a weighted sum of all inputs, plus a bias. */
function weigh(layer, input) {
  const { data } = layer.weight;
  const inputs = input.length;
  const output = new Float32Array(layer.outputShape[0]);
  for (let to = 0; to < output.length; to += 1) {
    const start = to * inputs;
    // Two sums at a time: the second need not wait for the first.
    let [even, odd] = [0, 0];
    let i = 0;
    for (; i + 1 < inputs; i += 2) {
      even += input[i] * data[start + i];
      odd += input[i + 1] * data[start + i + 1];
    }
    if (i < inputs) even += input[i] * data[start + i];
    output[to] = even + odd + layer.bias.data[to];
  }
  return output;
}
