/** Layers that make one number of one number: activations, normalisation, flatten, and the input itself. */

import { element } from "convlens/interface/dom.js";
import { MINUS, TIMES, formatNumber } from "convlens/interface/format.js";
import { equation, lead, named, plain, result } from "convlens/views/look/sums/terms.js";

/** @import { InputSum } from "convlens/engine/sums.js" */
/** @import { BatchNormSum } from "convlens/layers/batchnorm.js" */
/** @import { RuleSum } from "convlens/layers/shared/elementwise.js" */
/** @import { Look, Sum } from "convlens/views/look/sums/terms.js" */

/**
 * One number by a rule, said in `words`; `name` is what comes out.
 * @type {(sum: Sum & RuleSum, look: Look, words: string, name: string) => HTMLParagraphElement[]}
 */
export function drawRule({ input, total }, look, words, name) {
  return [
    element("p", {}, words),
    equation(named(lead(input.value, input.source, look), "x"), "→", named(result(total), name)),
  ];
}

/**
 * Batch normalisation: less the mean, over the deviation, times the scale, plus the shift.
 * @type {(sum: Sum & BatchNormSum, look: Look) => HTMLParagraphElement[]}
 */
export function drawNormalisation(sum, look) {
  return [
    element(
      "p",
      {},
      "The mean and the variance are those that training has seen in this map; the scale and the shift were learned.",
    ),
    equation(
      "(",
      named(lead(sum.input.value, sum.input.source, look), "x"),
      MINUS,
      named(plain(sum.mean), "mean"),
      ")",
      "/",
      named(plain(sum.deviation), "√(variance + ε)"),
      "=",
      named(plain(sum.normalised), "normalised"),
    ),
    equation(
      named(plain(sum.normalised), "normalised"),
      TIMES,
      named(plain(sum.scale), "scale"),
      "+",
      named(plain(sum.shift), "shift"),
      "=",
      result(sum.total),
    ),
    element(
      "p",
      { class: "small soft" },
      `variance ${formatNumber(sum.variance, 4)}, ε = ${formatNumber(sum.epsilon, 6)}`,
    ),
  ];
}

/** The input: a byte of the picture, normalised. Here the way back ends. @param {InputSum} sum */
export function drawInput(sum) {
  const changed = sum.mean !== 0 || sum.deviation !== 1;
  const share = [named(plain(sum.pixel, 0), "pixel"), "/", plain(255, 0)];
  return [
    element(
      "p",
      {},
      "This is the picture itself; behind it there is no sum. A pixel is a byte from 0 to 255, and the network gets it as a fraction",
      changed ? ", less the mean of the training images, over their deviation." : ".",
    ),
    changed
      ? equation(
          "(",
          share,
          MINUS,
          named(plain(sum.mean, 4), "mean"),
          ")",
          "/",
          named(plain(sum.deviation, 4), "deviation"),
          "=",
          result(sum.total),
        )
      : equation(share, "=", result(sum.total)),
  ];
}
