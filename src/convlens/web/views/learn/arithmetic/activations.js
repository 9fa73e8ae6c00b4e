// What becomes of a sum: the activation functions of the network language, as the page's engine has them, or none.

import { FACTS } from "convlens/layers/facts.js";
import { kindOf } from "convlens/layers/shared/kind.js";

export const USUAL_SLOPE = 0.01;

/** @type {Record<string, { formula: string, group: string }>} */
const KINDS = FACTS.kinds;

export const ACTIVATIONS = ["none", ...Object.keys(KINDS).filter((word) => KINDS[word].group === "activation")];

/**
 * One value through an activation; `slope` is leaky_relu's, for what is negative.
 * @param {number} value
 * @param {string} name one of ACTIVATIONS
 */
export function activate(value, name, slope = USUAL_SLOPE) {
  return name === "none" ? value : /** @type {number} */ (kindOf({ kind: name }).value?.(value, { slope }));
}

/** The rule as a formula, for the reader. @param {string} name */
export function ruleOf(name, slope = USUAL_SLOPE) {
  return name === "none" ? "x stays x" : KINDS[name].formula.replace("slope", `${slope}`.replace("-", "−"));
}
