// One vector slides along another, as in convlens.by_hand: a cross-correlation uses b unchanged, a convolution rotates
// it by 180° first; `full`, `same` and `valid` keep the same positions as in NumPy.

import { kernelAt, windowOf } from "convlens/views/learn/arithmetic/tensors.js";

export const ENDS = ["full", "same", "valid"];

/**
 * Returns the positions of b along a that are kept; two vectors of the same length have one `valid` position.
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

// The range of the n + m − 1 overlaps that is kept: [first, count].
/** @type {(n: number, m: number, turned: boolean, ends: string) => number[]} */
function keptOverlaps(n, m, turned, ends) {
  if (ends === "full") return [0, n + m - 1];
  if (ends === "valid") return [Math.min(n, m) - 1, Math.abs(n - m) + 1];
  // NumPy slides the shorter vector along the longer one. Exchanging the two reverses the results of a
  // cross-correlation, but not those of a convolution.
  const first = turned || m <= n ? Math.floor((Math.min(n, m) - 1) / 2) : Math.floor(n / 2);
  return [first, Math.max(n, m)];
}
