// In its exact form, as PyTorch has it by default, not the one with tanh.

import { elementwise } from "convlens/layers/shared/elementwise.js";

// The share of a normal distribution that lies below a value: by its power series near zero, and by its continued
// fraction where the series would lose the digits of a small share.
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
