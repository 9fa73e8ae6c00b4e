import { wholeRegion } from "convlens/engine/regions.js";
import { total } from "convlens/layers/shared/arrays.js";
import { drawDense } from "convlens/views/look/sums/dense.js";

/** @import { Numbers, Source, WeightedLayer } from "convlens/engine/network.js" */
/** @import { Kind } from "convlens/layers/shared/kind.js" */

/** @typedef {{ value: number, weight: number, product: number, source: Source }} Contribution */

/**
 * The products with the largest absolute values, and the sum of the rest.
 * @typedef {{ contributions: Contribution[], rest: { count: number, sum: number }, bias: number }} DenseSum
 */

/** @type {Kind<WeightedLayer, DenseSum>} */
export default {
  weights: ({ inputShape, outputShape }) => ({ weight: [outputShape[0], inputShape[0]], bias: outputShape }),
  forward,
  backward,
  explain,
  stepBack: (layer, region) => [wholeRegion(layer.inputShape, region)],
  draw: drawDense,
};

/** @type {(layer: WeightedLayer, inputs: Numbers[]) => Float32Array<ArrayBuffer>} */
function forward(layer, [input]) {
  const { data } = layer.weight;
  const inputs = input.length;
  const output = new Float32Array(layer.outputShape[0]);
  for (let to = 0; to < output.length; to += 1) {
    const start = to * inputs;
    // Two sums at a time, so that one addition need not wait for the other.
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

/** @type {(layer: WeightedLayer, slopes: Numbers) => Float64Array<ArrayBuffer>[]} */
function backward(layer, slopes) {
  const inputs = layer.inputShape[0];
  const result = new Float64Array(inputs);
  slopes.forEach((slope, from) => {
    if (slope === 0) return;
    for (let i = 0; i < inputs; i += 1) result[i] += slope * layer.weight.data[from * inputs + i];
  });
  return [result];
}

/** @param {WeightedLayer} layer @param {number} place @param {Numbers[]} inputs @param {number} most */
function explain(layer, place, [input], most) {
  const start = place * input.length;
  const contributions = Array.from(input, (value, i) => {
    const weight = layer.weight.data[start + i];
    return { value, weight, product: value * weight, source: { layer: layer.inputs[0], place: i } };
  });
  const bias = layer.bias.data[place];
  const sum = total(contributions.map(({ product }) => product)) + bias;
  contributions.sort((one, other) => Math.abs(other.product) - Math.abs(one.product));
  const others = contributions.splice(most).map(({ product }) => product);
  return { contributions, rest: { count: others.length, sum: total(others) }, bias, total: sum };
}
