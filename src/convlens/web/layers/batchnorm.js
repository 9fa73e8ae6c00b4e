import { sizeOf } from "convlens/engine/decode.js";
import { drawNormalisation } from "convlens/views/look/sums/rules.js";

/** @import { Numbers, Source, Tensor, WeightedLayer } from "convlens/engine/network.js" */
/** @import { Kind } from "convlens/layers/shared/kind.js" */

/** @typedef {WeightedLayer & { running_mean: Tensor, running_var: Tensor, epsilon: number }} BatchNormLayer */

/**
 * `normalised` is (input − mean) / deviation; the total is normalised · scale + shift.
 * @typedef {{
 *   input: { value: number, source: Source }, mean: number, variance: number, epsilon: number, deviation: number,
 *   normalised: number, scale: number, shift: number,
 * }} BatchNormSum
 */

/**
 * @type {Kind<BatchNormLayer, BatchNormSum>} In prediction: one factor and one shift for each map, or each feature.
 */
export default {
  weights: ({ inputShape: [size] }) => ({ weight: [size], bias: [size], running_mean: [size], running_var: [size] }),
  forward,
  backward,
  explain,
  stepBack: (_layer, region) => [region],
  draw: drawNormalisation,
  onwards: (_layer, _which, place) => place,
};

/** @type {(layer: BatchNormLayer, inputs: Numbers[]) => Float32Array<ArrayBuffer>} */
function forward(layer, [input]) {
  const channels = layer.inputShape[0];
  const count = input.length / channels;
  const output = new Float32Array(input.length);
  for (let channel = 0; channel < channels; channel += 1) {
    const factor = factorOf(layer, channel);
    const mean = layer.running_mean.data[channel];
    const shift = layer.bias.data[channel];
    for (let i = channel * count; i < (channel + 1) * count; i += 1) output[i] = (input[i] - mean) * factor + shift;
  }
  return output;
}

/** @type {(layer: BatchNormLayer, slopes: Numbers) => Float64Array<ArrayBuffer>[]} */
function backward(layer, slopes) {
  const channels = layer.inputShape[0];
  const count = slopes.length / channels;
  const result = new Float64Array(slopes.length);
  for (let channel = 0; channel < channels; channel += 1) {
    const factor = factorOf(layer, channel);
    for (let i = channel * count; i < (channel + 1) * count; i += 1) result[i] = slopes[i] * factor;
  }
  return [result];
}

// The factor of the distance from the mean: the scale divided by the deviation.
/** @type {(layer: BatchNormLayer, channel: number) => number} */
function factorOf(layer, channel) {
  return layer.weight.data[channel] / Math.sqrt(layer.running_var.data[channel] + layer.epsilon);
}

/** @param {BatchNormLayer} layer @param {number} place @param {Numbers[]} inputs */
function explain(layer, place, [input]) {
  const channel = Math.floor(place / (sizeOf(layer.inputShape) / layer.inputShape[0]));
  const [mean, variance, scale, shift] = [layer.running_mean, layer.running_var, layer.weight, layer.bias].map(
    ({ data }) => data[channel],
  );
  const deviation = Math.sqrt(variance + layer.epsilon);
  const normalised = (input[place] - mean) / deviation;
  return {
    input: { value: input[place], source: { layer: layer.inputs[0], place } },
    ...{ mean, variance, epsilon: layer.epsilon, deviation, normalised, scale, shift },
    total: normalised * scale + shift,
  };
}
