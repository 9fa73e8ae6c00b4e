// Kinds that make one number of one number by a rule: the activations, and dropout.

import { drawRule } from "convlens/views/look/sums/rules.js";

/** @import { Layer, Source } from "convlens/engine/network.js" */
/** @import { Kind } from "convlens/layers/shared/kind.js" */

/**
 * @typedef {object} RuleSum
 * @property {{ value: number, source: Source }} input
 * @property {string} rule
 */

/**
 * The kind whose output is `value(x)`, number by number, with the slope `slope(x, y)`, y being that output; `rule` says it.
 *
 * @template {Layer} L
 * @param {object} options
 * @param {(x: number, layer: L) => number} options.value
 * @param {(x: number, y: number, layer: L) => number} options.slope
 * @param {(layer: L) => string} options.rule
 * @param {string} [options.words] what is said instead of the rule
 * @returns {Kind<L, RuleSum>}
 */
export function elementwise({ value, slope, rule, words }) {
  return {
    value,
    forward(layer, [input]) {
      const output = new Float32Array(input.length);
      for (let i = 0; i < input.length; i += 1) output[i] = value(input[i], layer);
      return output;
    },
    backward: (layer, slopes, [input], output) => [slopes.map((one, i) => one * slope(input[i], output[i], layer))],
    explain: (layer, place, [input]) => ({
      input: { value: input[place], source: { layer: layer.inputs[0], place } },
      rule: rule(layer),
      total: value(input[place], layer),
    }),
    stepBack: (_layer, region) => [region],
    draw: (sum, look) => drawRule(sum, look, words ?? `The rule is ${sum.rule}.`, sum.kind.replace("_", " ")),
    onwards: (_layer, _which, place) => place,
  };
}

/**
 * The kind that changes no number, so that it hands on the arrays as they are.
 *
 * @param {{ rule: string, words: string }} options
 * @returns {Kind<Layer, RuleSum>}
 */
export function unchanged({ rule, words }) {
  return {
    ...elementwise({ value: (x) => x, slope: () => 1, rule: () => rule, words }),
    forward: (_layer, [input]) => /** @type {Float32Array} */ (input),
    backward: (_layer, slopes) => [slopes],
  };
}
