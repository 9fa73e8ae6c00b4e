// Kinds that compute each output from a single input: the activations, and dropout.

import { FACTS } from "convlens/layers/facts.js";
import { drawRule } from "convlens/views/look/sums/rules.js";

/** @import { Layer, Source } from "convlens/engine/network.js" */
/** @import { Kind } from "convlens/layers/shared/kind.js" */

/** @typedef {{ input: { value: number, source: Source } }} RuleSum */

/** @type {Record<string, { formula: string }>} */
const KINDS = FACTS.kinds;

/** @type {(layer: { kind: string, slope?: number }) => string} The formula of a kind, with the layer's slope. */
export function ruleOf({ kind, slope }) {
  return KINDS[kind].formula.replace("slope", `${slope}`.replace("-", "−"));
}

/**
 * Returns a kind that computes `value(x)` for every number; `slope(x, y)` is its derivative, where y is the output.
 * @template {Layer} L
 * @param {{
 *   value: (x: number, layer: L) => number, slope: (x: number, y: number, layer: L) => number, words?: string,
 * }} rule `words` is shown instead of the formula
 * @returns {Kind<L, RuleSum> & { value: (x: number, layer: L) => number }}
 */
export function elementwise({ value, slope, words }) {
  return {
    value,
    forward(layer, [input]) {
      const output = new Float32Array(input.length);
      for (let i = 0; i < input.length; i += 1) output[i] = value(input[i], layer);
      return output;
    },
    backward(layer, slopes, [input], output) {
      const result = new Float64Array(slopes.length);
      for (let i = 0; i < result.length; i += 1) result[i] = slopes[i] * slope(input[i], output[i], layer);
      return [result];
    },
    explain: (layer, place, [input]) => ({
      input: { value: input[place], source: { layer: layer.inputs[0], place } },
      total: value(input[place], layer),
    }),
    stepBack: (_layer, region) => [region],
    draw(sum, look) {
      const rule = words ?? `The rule is ${ruleOf(look.model.layers[sum.layer])}.`;
      return drawRule(sum, look, rule, sum.kind.replace("_", " "));
    },
    onwards: (_layer, _which, place) => place,
  };
}

/** @type {(words: string) => Kind<Layer, RuleSum>} A kind that returns its input array unchanged. */
export function unchanged(words) {
  return {
    ...elementwise({ value: (x) => x, slope: () => 1, words }),
    forward: (_layer, [input]) => /** @type {Float32Array} */ (input),
    backward: (_layer, slopes) => [slopes],
  };
}
