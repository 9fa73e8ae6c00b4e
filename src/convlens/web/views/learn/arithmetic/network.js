// A small network by hand, conv 1 2x2, relu, flatten, dense, and the softmax behind it: every number, and what it was made of.
//
// All numbers are matrices, so that one kind of grid shows them: a vector that goes in is one row, one that comes out one column.

import { activate } from "convlens/views/learn/arithmetic/activations.js";
import { bracketed, equalsSign, shortNumber, writePlacement } from "convlens/views/learn/arithmetic/sentences.js";
import { makeMap, placeKernel, sizeOf } from "convlens/views/learn/arithmetic/tensors.js";
import { squareWindow } from "convlens/views/learn/arithmetic/windows.js";

/** What the network makes, in its order. */
export const MADE = ["conv", "relu", "flatten", "dense", "powers", "softmax"];
/** e to a higher power would leave little room below the largest number that there is. */
const HIGHEST_POWER = 100;

/**
 * Everything that the network makes of { image, kernel, bias, weights, biases }, beside these. `weights` has a row for each
 * output; `shift` is what `softmax` took off first.
 */
export function runNetwork(given) {
  const { image, kernel, bias, weights, biases } = given;
  const conv = makeMap([image], [kernel], windowOf(kernel), { bias: bias[0][0] });
  const relu = conv.map((line) => line.map((value) => activate(value, "relu")));
  const flatten = [relu.flat()];
  const dense = weights.map((row, output) => [weigh(flatten[0], row, biases[output][0]).total]);
  const { shift, powers, probabilities } = softmax(dense.flat());
  const column = (values) => values.map((value) => [value]);
  return { ...given, conv, relu, flatten, dense, shift, powers: column(powers), softmax: column(probabilities) };
}

/**
 * e to the power of each output, and each one's share in their sum. Where the outputs lie far from zero, the largest is taken off
 * all of them first (`shift`): the shares stay the same, and no power becomes too large or all of them zero.
 */
export function softmax(outputs) {
  const largest = Math.max(...outputs);
  const shift = Math.abs(largest) > HIGHEST_POWER ? largest : 0;
  const powers = outputs.map((output) => Math.exp(output - shift));
  const sum = powers.reduce((total, power) => total + power, 0);
  return { shift, powers, probabilities: powers.map((power) => power / sum) };
}

/**
 * What one number was made of: `lit` has the places that went into it, by the name of their matrix, and `sentence` is the sum.
 * `made` is what `runNetwork` gave, `name` one of `MADE`.
 */
export function explainNumber(made, name, [row, column]) {
  return EXPLAIN[name](made, row, column);
}

const EXPLAIN = {
  conv(made, row, column) {
    const bias = made.bias[0][0];
    const one = placeKernel([made.image], [made.kernel], windowOf(made.kernel), [row, column], { bias });
    const image = one.rows.flatMap((y) => one.columns.map((x) => [y, x]));
    return { lit: { image, kernel: placesOf(made.kernel), bias: [[0, 0]] }, sentence: writePlacement(one) };
  },
  relu({ conv, relu }, row, column) {
    const [before, after] = [conv[row][column], relu[row][column]];
    const sentence = `max(${shortNumber(before)}, 0) ${equalsSign(before, after)} ${shortNumber(after)}`;
    return { lit: { conv: [[row, column]] }, sentence };
  },
  flatten({ relu, flatten }, _, column) {
    const width = relu[0].length;
    const from = [Math.floor(column / width), column % width];
    return {
      lit: { relu: [from] },
      sentence: `row ${from[0]}, column ${from[1]} of relu as it is, ${shortNumber(flatten[0][column])}`,
    };
  },
  dense({ flatten, weights, biases }, row) {
    const lit = {
      flatten: placesOf(flatten),
      weights: weights[row].map((_, input) => [row, input]),
      biases: [[row, 0]],
    };
    return { lit, sentence: writePlacement(weigh(flatten[0], weights[row], biases[row][0])) };
  },
  powers({ dense, shift, powers }, row) {
    const output = dense[row][0];
    const power = shift ? `(${shortNumber(output)} − ${bracketed(shift)})` : bracketed(output);
    // Only e to the power of 0 can be written with four digits.
    const sign = output === shift ? equalsSign(output, shift) : "≈";
    return { lit: { dense: [[row, 0]] }, sentence: `e^${power} ${sign} ${shortNumber(powers[row][0])}` };
  },
  softmax({ powers, softmax: shares }, row) {
    const all = powers.flat();
    const share = shares[row][0];
    const sum = all.map(shortNumber).join(" + ");
    return {
      lit: { powers: placesOf(powers) },
      sentence: `${shortNumber(all[row])} / (${sum}) ${equalsSign(...all, share)} ${shortNumber(share)}`,
    };
  },
};

/** One output of a dense layer as a placement: a kernel as long as its input, so that there is only one. */
function weigh(inputs, weights, bias) {
  const sum = inputs.reduce((total, value, place) => total + value * weights[place], 0);
  return { covered: [[inputs]], kernel: [[weights]], channelSums: [sum], bias, total: sum + bias, activation: "none" };
}

function windowOf(kernel) {
  return { ...squareWindow({ kernel: 1 }), kernel: sizeOf(kernel) };
}

function placesOf(matrix) {
  return matrix.flatMap((line, row) => line.map((_, column) => [row, column]));
}
