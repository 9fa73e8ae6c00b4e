// In its exact form, as PyTorch has it by default, not the one with tanh.

import { elementwise } from "convlens/layers/shared/elementwise.js";

// erfc(x) = t · exp(−x² + polynomial(t)) with t = 1 / (1 + x/2) for x ≥ 0: within 1.2e-7 of itself (Numerical Recipes, 6.2).
const ERFC = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
];

/** @type {(x: number) => number} The share of a normal distribution that lies below x: (1 + erf(x / √2)) / 2. */
function shareBelow(x) {
  const size = Math.abs(x) * Math.SQRT1_2;
  const t = 1 / (1 + size / 2);
  const exponent = ERFC.reduceRight((sum, factor) => sum * t + factor, 0);
  const beyond = (t * Math.exp(exponent - size * size)) / 2;
  return x > 0 ? 1 - beyond : beyond;
}

/** @type {(x: number) => number} The density of the normal distribution. */
function density(x) {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

export default elementwise({
  value: (x) => x * shareBelow(x),
  slope: (x) => shareBelow(x) + x * density(x),
  rule: () => "x·Φ(x), where Φ(x) is the share of a normal distribution that lies below x",
});
