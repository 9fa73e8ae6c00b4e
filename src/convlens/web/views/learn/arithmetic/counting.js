// Parameters and multiply-adds of a layer, each with its formula, in the same form as in the layer table.

import { formatCount } from "convlens/interface/format.js";

/**
 * @typedef {{ channels: number, kernels: number, kernel: number[], output: number[] }} ConvolutionSizes
 * @typedef {{ inputs: number, outputs: number }} DenseSizes
 */

/** @param {number[]} numbers */
function product(numbers) {
  return numbers.reduce((all, one) => all * one, 1);
}

/** @param {number} count @param {string} sum */
function counted(count, sum) {
  return { count, formula: `${sum} = ${formatCount(count)}` };
}

/** @param {ConvolutionSizes} sizes a kernel has a weight for every channel and cell, and one bias */
export function countConvParameters({ channels, kernels, kernel }) {
  return counted(kernels * (channels * product(kernel) + 1), `${kernels}·(${[channels, ...kernel].join("·")} + 1)`);
}

/**
 * @param {ConvolutionSizes} sizes a number of a map is a sum of products; a product and its addition count as one
 */
export function countConvMultiplyAdds({ channels, kernels, kernel, output }) {
  const count = product(output) * kernels * channels * product(kernel);
  return counted(count, `${[...output, kernels].join("·")}·(${[channels, ...kernel].join("·")})`);
}

/** @param {DenseSizes} sizes an output has a weight for every input, and one bias */
export function countDenseParameters({ inputs, outputs }) {
  return counted(outputs * (inputs + 1), `${outputs}·(${inputs} + 1)`);
}

/** @param {DenseSizes} sizes */
export function countDenseMultiplyAdds({ inputs, outputs }) {
  return counted(inputs * outputs, `${inputs}·${outputs}`);
}
