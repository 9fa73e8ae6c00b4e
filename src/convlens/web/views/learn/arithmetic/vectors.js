// One vector that slides along another. As convlens.by_hand has them, a cross-correlation takes b as it is, a
// convolution turns it by 180° first, and `full`, `same` and `valid` end where NumPy's do.

import { kernelAt, windowOf } from "convlens/views/learn/arithmetic/tensors.js";

export const ENDS = ["full", "same", "valid"];

/**
 * Every position of b along a that is kept; two vectors of the same length have one that is `valid`.
 * @param {number[]} a
 * @param {number[]} b
 * @param {{ turned: boolean, ends: string }} how
 */
export function slideAlong(a, b, { turned, ends }) {
  const kernel = turned ? b.toReversed() : b;
  /** @type {import("convlens/views/learn/arithmetic/windows.js").Sliding} */
  const sliding = { ...windowOf([kernel]), padding: [0, b.length - 1] };
  const [first, count] = keptOverlaps(a.length, b.length, turned, ends);
  return Array.from({ length: count }, (_, place) => kernelAt([[a]], [[kernel]], sliding, [0, first + place]));
}

// Which of the n + m − 1 overlaps are kept: the first one and how many.
/** @type {(n: number, m: number, turned: boolean, ends: string) => number[]} */
function keptOverlaps(n, m, turned, ends) {
  if (ends === "full") return [0, n + m - 1];
  if (ends === "valid") return [Math.min(n, m) - 1, Math.abs(n - m) + 1];
  // NumPy slides the shorter vector along the longer one. Exchanging the two turns the results of a cross-correlation
  // round, and not those of a convolution.
  const first = turned || m <= n ? Math.floor((Math.min(n, m) - 1) / 2) : Math.floor(n / 2);
  return [first, Math.max(n, m)];
}
