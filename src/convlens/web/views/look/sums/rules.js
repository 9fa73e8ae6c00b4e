/** Layers that compute each output from a single input: activations, normalisation, flatten, and the input itself. */

import { element } from "convlens/interface/dom.js";
import { MINUS, TIMES, formatNumber } from "convlens/interface/format.js";
import { equation, lead, named, plain, result } from "convlens/views/look/sums/terms.js";

/** @import { InputSum } from "convlens/engine/sums.js" */
/** @import { BatchNormSum } from "convlens/layers/batchnorm.js" */
/** @import { RuleSum } from "convlens/layers/shared/elementwise.js" */
/** @import { Look, Sum } from "convlens/views/look/sums/terms.js" */

const NORMALISED =
  "The mean and the variance are this map’s running statistics from training; the scale and the shift were learned.";
const PIXEL =
  "This is the image itself, so the chain of sums ends here. A pixel is a byte from 0 to 255 and is divided by 255";

/**
 * One number computed by a rule, which `words` explain; `name` is the name of the result.
 * @type {(sum: Sum & RuleSum, look: Look, words: string, name: string) => HTMLParagraphElement[]}
 */
export function drawRule({ input, total }, look, words, name) {
  return [
    element("p", {}, words),
    equation(named(lead(input.value, input.source, look), "x"), "→", named(result(total), name)),
  ];
}

/** @type {(sum: Sum & BatchNormSum, look: Look) => HTMLParagraphElement[]} */
export function drawNormalisation(sum, look) {
  const { input, mean, variance, epsilon, deviation, scale, shift, total } = sum;
  const normalised = () => named(plain(sum.normalised), "normalised");
  const distance = ["(", named(lead(input.value, input.source, look), "x"), MINUS, named(plain(mean), "mean"), ")"];
  const parts = `variance ${formatNumber(variance, 4)}, ε = ${formatNumber(epsilon, 6)}`;
  return [
    element("p", {}, NORMALISED),
    equation(distance, "/", named(plain(deviation), "√(variance + ε)"), "=", normalised()),
    equation(normalised(), TIMES, named(plain(scale), "scale"), "+", named(plain(shift), "shift"), "=", result(total)),
    element("p", { class: "small soft" }, parts),
  ];
}

/** The input: a byte of the image, normalised. The path back ends here. @param {InputSum} sum */
export function drawInput({ mean, deviation, pixel, total }) {
  const changed = mean !== 0 || deviation !== 1;
  const share = [named(plain(pixel, 0), "pixel"), "/", plain(255, 0)];
  const distance = ["(", ...share, MINUS, named(plain(mean, 4), "mean"), ")"];
  const sum = changed ? [...distance, "/", named(plain(deviation, 4), "deviation")] : share;
  const less = changed
    ? "; then the mean of the training images is subtracted, and the result is divided by their standard deviation."
    : ".";
  return [element("p", {}, PIXEL, less), equation(sum, "=", result(total))];
}
