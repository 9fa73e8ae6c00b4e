// The exact form, which is PyTorch's default, not the approximation by tanh.

import { elementwise } from "convlens/layers/shared/elementwise.js";

// The standard normal distribution function Φ(x): by its power series near zero, and by its continued fraction further
// out, where the series would lose the digits of a small result.
/** @type {(x: number) => number} */
function shareBelow(x) {
  const size = Math.abs(x);
  let [sum, term, fraction] = [size, size, size];
  if (size < 3) for (let odd = 3; term > sum * 1e-16; odd += 2) sum += term *= (size * size) / odd;
  else for (let number = 50; number > 0; number -= 1) fraction = size + number / fraction;
  const above = size < 3 ? 0.5 - density(x) * sum : density(x) / fraction;
  return x < 0 ? above : 1 - above;
}

/** @type {(x: number) => number} The density of the normal distribution. */
function density(x) {
  return Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
}

export default elementwise({ value: (x) => x * shareBelow(x), slope: (x) => shareBelow(x) + x * density(x) });
