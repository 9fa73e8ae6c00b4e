// What becomes of a sum: the activation functions of the network language, as in convlens.by_hand.activations.

import { FACTS } from "convlens/layers/facts.js";

export const USUAL_SLOPE = 0.01;

/** `slope` is leaky_relu's, for what is negative. @type {Record<string, (value: number, slope: number) => number>} */
const FUNCTIONS = {
  none: (value) => value,
  relu: (value) => Math.max(value, 0),
  leaky_relu: (value, slope) => (value > 0 ? value : slope * value),
  sigmoid,
  tanh: Math.tanh,
  gelu: (value) => value * shareBelow(value),
  silu: (value) => value * sigmoid(value),
};

export const ACTIVATIONS = Object.keys(FUNCTIONS);

/** One value through an activation. @param {number} value @param {string} name one of ACTIVATIONS */
export function activate(value, name, slope = USUAL_SLOPE) {
  return FUNCTIONS[name](value, slope);
}

/** The rule as a formula, for the reader. @param {string} name */
export function ruleOf(name, slope = USUAL_SLOPE) {
  /** @type {Record<string, { formula: string }>} */
  const kinds = FACTS.kinds;
  return name === "none" ? "x stays x" : kinds[name].formula.replace("slope", `${slope}`.replace("-", "−"));
}

/** 1 / (1 + e⁻ˣ), without an overflow far from zero. @param {number} value */
function sigmoid(value) {
  const small = Math.exp(-Math.abs(value));
  return value >= 0 ? 1 / (1 + small) : small / (1 + small);
}

/**
 * The share of a standard normal distribution that lies below a value: by its power series near zero, and by its continued
 * fraction where the series would lose the digits of a small share.
 * @param {number} value
 */
function shareBelow(value) {
  const size = Math.abs(value);
  const density = Math.exp((-size * size) / 2) / Math.sqrt(2 * Math.PI);
  let [sum, term, fraction] = [size, size, size];
  if (size < 3) for (let odd = 3; odd < 80; odd += 2) sum += term *= (size * size) / odd;
  else for (let number = 80; number > 0; number -= 1) fraction = size + number / fraction;
  const above = size < 3 ? 0.5 - density * sum : density / fraction;
  return value < 0 ? above : 1 - above;
}
