// What becomes of a sum: the activation functions of the network language, as in convlens.by_hand.activations.

import { FACTS } from "convlens/layers/facts.js";
import { KINDS } from "convlens/layers/kinds.js";
import { ruleOf as ruleOfLayer } from "convlens/layers/shared/elementwise.js";

export const USUAL_SLOPE = 0.01;
/** @type {[string, { group: string }][]} */
const FOUND = Object.entries(FACTS.kinds);
export const ACTIVATIONS = ["none", ...FOUND.filter(([, { group }]) => group === "activation").map(([word]) => word)];

/** @type {(value: number, name: string, slope?: number) => number} One value through one of ACTIVATIONS. */
export function activate(value, name, slope = USUAL_SLOPE) {
  /** @type {Record<string, any>} */
  const kinds = KINDS;
  return name === "none" ? value : kinds[name].value(value, { slope });
}

/** @type {(name: string, slope?: number) => string} The rule as a formula, for the reader. */
export function ruleOf(name, slope = USUAL_SLOPE) {
  return name === "none" ? "x stays x" : ruleOfLayer({ kind: name, slope });
}
