// Parameters and multiply-adds of a layer, each with the sum behind it, written as the layer table writes them.

import { formatCount } from "convlens/interface/format.js";

function product(numbers) {
  return numbers.reduce((all, one) => all * one, 1);
}

function counted(count, sum) {
  return { count, formula: `${sum} = ${formatCount(count)}` };
}

/** A convolution: each kernel has a weight for every channel and cell, and one bias. */
export function countConvParameters({ channels, kernels, kernel }) {
  return counted(kernels * (channels * product(kernel) + 1), `${kernels}·(${[channels, ...kernel].join("·")} + 1)`);
}

/** Each number of each map is a sum of so many products; additions come along and are not counted apart. */
export function countConvMultiplyAdds({ channels, kernels, kernel, output }) {
  const count = product(output) * kernels * channels * product(kernel);
  return counted(count, `${[...output, kernels].join("·")}·(${[channels, ...kernel].join("·")})`);
}

/** A dense layer: every output has a weight for every input, and one bias. */
export function countDenseParameters({ inputs, outputs }) {
  return counted(outputs * (inputs + 1), `${outputs}·(${inputs} + 1)`);
}

export function countDenseMultiplyAdds({ inputs, outputs }) {
  return counted(inputs * outputs, `${inputs}·${outputs}`);
}
