// The activation functions of the network language, as in convlens.by_hand.activations.

import { FACTS } from "convlens/layers/facts.js";
import { KINDS } from "convlens/layers/kinds.js";
import { ruleOf as ruleOfLayer } from "convlens/layers/shared/elementwise.js";

export const USUAL_SLOPE = 0.01;
/** @type {[string, { group: string }][]} */
const FOUND = Object.entries(FACTS.kinds);
export const ACTIVATIONS = ["none", ...FOUND.filter(([, { group }]) => group === "activation").map(([word]) => word)];

/** @type {(value: number, name: string, slope?: number) => number} Applies one of ACTIVATIONS to a value. */
export function activate(value, name, slope = USUAL_SLOPE) {
  /** @type {Record<string, any>} */
  const kinds = KINDS;
  return name === "none" ? value : kinds[name].value(value, { slope });
}

/** @type {(name: string, slope?: number) => string} The formula, as text on the page. */
export function ruleOf(name, slope = USUAL_SLOPE) {
  return name === "none" ? "x stays x" : ruleOfLayer({ kind: name, slope });
}
