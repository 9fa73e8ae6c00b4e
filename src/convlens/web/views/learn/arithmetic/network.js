// A small network by hand, conv 1 2x2, relu, flatten, dense, and a softmax: every number, and the sum behind it.
//
// All numbers are matrices, so that one kind of grid shows them: an input vector is one row, an output vector one
// column.

import { activate } from "convlens/views/learn/arithmetic/activations.js";
import { bracketed, equalsSign, shortNumber, writeKernelSum } from "convlens/views/learn/arithmetic/sentences.js";
import { kernelAt, makeMap, sumOf, windowOf } from "convlens/views/learn/arithmetic/tensors.js";

/** @import { Matrix } from "convlens/views/learn/arithmetic/tensors.js" */

/**
 * @typedef {[row: number, column: number][]} Places
 * @typedef {{ image: Matrix, kernel: Matrix, bias: Matrix, weights: Matrix, biases: Matrix }} Given
 *   `weights` has a row for each output
 * @typedef {Given & Record<(typeof MADE)[number], Matrix> & { shift: number }} Made
 *   `softmax` subtracts `shift` first
 * @typedef {keyof Given | (typeof MADE)[number]} Name
 */

/** The network's results, in order. */
export const MADE = /** @type {const} */ (["conv", "relu", "flatten", "dense", "powers", "softmax"]);
/** e to a much higher power would exceed the largest floating-point number. */
const HIGHEST_POWER = 100;

/** @type {(given: Given) => Made} Computes all results of the network, and returns them with the given numbers. */
export function runNetwork(given) {
  const { image, kernel, bias, weights, biases } = given;
  const conv = makeMap(image, kernel, windowOf(kernel), bias[0][0]);
  const relu = conv.map((line) => line.map((value) => activate(value, "relu")));
  const flatten = [relu.flat()];
  const dense = weights.map((row, output) => [weigh(flatten, row, biases[output][0]).total]);
  const { shift, powers, probabilities } = softmax(dense.flat());
  /** @param {number[]} values */
  const column = (values) => values.map((value) => [value]);
  return { ...given, conv, relu, flatten, dense, shift, powers: column(powers), softmax: column(probabilities) };
}

/**
 * Returns e to the power of each output, and each one's share of their sum. If the outputs are far from zero, the
 * largest is subtracted from all of them first (`shift`). This does not change the shares, but no power overflows, and
 * not all of them become zero.
 * @param {number[]} outputs
 */
export function softmax(outputs) {
  const largest = Math.max(...outputs);
  const shift = Math.abs(largest) > HIGHEST_POWER ? largest : 0;
  const powers = outputs.map((output) => Math.exp(output - shift));
  const sum = sumOf(powers);
  return { shift, powers, probabilities: powers.map((power) => power / sum) };
}

/**
 * Explains one number: `lit` has the places of its terms, by the name of their matrix, and `sentence` is the sum.
 * @param {Made} made
 * @param {(typeof MADE)[number]} name
 * @param {[row: number, column: number]} place
 */
export function explainNumber(made, name, [row, column]) {
  return EXPLAIN[name](made, row, column);
}

/**
 * @type {Record<(typeof MADE)[number],
 *   (made: Made, row: number, column: number) => { lit: Partial<Record<Name, Places>>, sentence: string }>}
 */
const EXPLAIN = {
  conv({ image, kernel, bias }, row, column) {
    const sum = kernelAt([image], [kernel], windowOf(kernel), [row, column], { bias: bias[0][0] });
    const covered = placesOf(kernel).map(([y, x]) => /** @type {Places[0]} */ ([row + y, column + x]));
    return { lit: { image: covered, kernel: placesOf(kernel), bias: [[0, 0]] }, sentence: writeKernelSum(sum) };
  },
  relu({ conv, relu }, row, column) {
    const [before, after] = [conv[row][column], relu[row][column]];
    const sentence = `max(${shortNumber(before)}, 0) ${equalsSign(before, after)} ${shortNumber(after)}`;
    return { lit: { conv: [[row, column]] }, sentence };
  },
  flatten({ relu, flatten }, _, column) {
    const width = relu[0].length;
    const [y, x] = [Math.floor(column / width), column % width];
    const sentence = `row ${y}, column ${x} of relu as it is, ${shortNumber(flatten[0][column])}`;
    return { lit: { relu: [[y, x]] }, sentence };
  },
  dense({ flatten, weights, biases }, row) {
    const inputs = placesOf(flatten);
    const used = inputs.map(([, input]) => /** @type {Places[0]} */ ([row, input]));
    const sentence = writeKernelSum(weigh(flatten, weights[row], biases[row][0]));
    return { lit: { flatten: inputs, weights: used, biases: [[row, 0]] }, sentence };
  },
  powers({ dense, shift, powers }, row) {
    const output = dense[row][0];
    const power = shift ? `(${shortNumber(output)} − ${bracketed(shift)})` : bracketed(output);
    // Only e to the power of 0 can be written with four digits.
    const sign = output === shift ? equalsSign(output, shift) : "≈";
    return { lit: { dense: [[row, 0]] }, sentence: `e^${power} ${sign} ${shortNumber(powers[row][0])}` };
  },
  softmax({ powers, softmax: shares }, row) {
    const [all, share] = [powers.flat(), shares[row][0]];
    const quotient = `${shortNumber(all[row])} / (${all.map(shortNumber).join(" + ")})`;
    return {
      lit: { powers: placesOf(powers) },
      sentence: `${quotient} ${equalsSign(...all, share)} ${shortNumber(share)}`,
    };
  },
};

/**
 * One output of a dense layer, as a kernel that is as long as the input and has a single position.
 * @param {Matrix} inputs one row
 * @param {number[]} weights
 * @param {number} bias
 */
function weigh(inputs, weights, bias) {
  return kernelAt([inputs], [[weights]], windowOf([weights]), [0, 0], { bias });
}

/** @type {(matrix: Matrix) => Places} */
function placesOf(matrix) {
  return matrix.flatMap((line, row) => line.map((_, column) => /** @type {Places[0]} */ ([row, column])));
}
