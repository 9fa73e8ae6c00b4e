// What becomes of a sum: the activation functions of the network language, as in convlens.by_hand.activations.

export const ACTIVATIONS = ["none", "relu", "leaky_relu", "sigmoid", "tanh"];
export const USUAL_SLOPE = 0.01;

/** One value through an activation; `slope` is leaky_relu's, for what is negative. */
export function activate(value, name, slope = USUAL_SLOPE) {
  switch (name) {
    case "relu":
      return Math.max(value, 0);
    case "leaky_relu":
      return value > 0 ? value : slope * value;
    case "sigmoid":
      return sigmoid(value);
    case "tanh":
      return Math.tanh(value);
    default:
      return value;
  }
}

/** 1 / (1 + e⁻ˣ), without an overflow far from zero. */
function sigmoid(value) {
  const small = Math.exp(-Math.abs(value));
  return value >= 0 ? 1 / (1 + small) : small / (1 + small);
}

/** The rule as a formula, for the reader. */
export function ruleOf(name, slope = USUAL_SLOPE) {
  const rules = {
    none: "x stays x",
    relu: "max(x, 0)",
    leaky_relu: `x where x > 0, else ${`${slope}`.replace("-", "−")}·x`,
    sigmoid: "1 / (1 + e⁻ˣ)",
    tanh: "(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)",
  };
  return rules[name];
}
