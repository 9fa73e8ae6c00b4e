// Two vectors: products, their sum, and one vector sliding along the other, with every placement kept.
//
// As convlens.by_hand has them: a cross-correlation takes b as it is, a convolution turns it by 180° first. `full`,
// `same` and `valid` end where NumPy's do.

export const ENDS = ["full", "same", "valid"];

export function turn(vector) {
  return [...vector].reverse();
}

/** The products of what stands at the same place, and their sum: how alike two vectors are. */
export function crossCorrelate(a, b) {
  return multiply(a, b, 0);
}

/** The same with b turned by 180°. */
export function convolve(a, b) {
  return multiply(a, turn(b), 0);
}

export function addElementwise(a, b) {
  return a.map((value, place) => value + b[place]);
}

/**
 * Every placement of b, or of b turned by 180°, along a.
 *
 * Each has `start`, the place of a under the kernel's first number (negative before the first), what the kernel
 * `covered` (0 where it hangs over, `outside` says where), the `kernel` as it lay, the `products` and their `total`.
 */
export function slideAlong(a, b, { turned, ends }) {
  const kernel = turned ? turn(b) : [...b];
  const [first, count] = keptOverlaps(a.length, b.length, turned, ends);
  return Array.from({ length: count }, (_, position) => {
    const start = first + position - (kernel.length - 1);
    const places = kernel.map((_, tap) => start + tap);
    const outside = places.map((place) => place < 0 || place >= a.length);
    const covered = places.map((place, tap) => (outside[tap] ? 0 : a[place]));
    return { position, outside, ...multiply(covered, kernel, start) };
  });
}

/** Which of the n + m − 1 overlaps are kept: the first one and how many. */
function keptOverlaps(n, m, turned, ends) {
  if (ends === "full") return [0, n + m - 1];
  if (ends === "valid") return [Math.min(n, m) - 1, Math.abs(n - m) + 1];
  // NumPy slides the shorter vector along the longer one. Exchanging the two turns the results of a cross-correlation
  // round, and not those of a convolution.
  const first = turned || m <= n ? Math.floor((Math.min(n, m) - 1) / 2) : Math.floor(n / 2);
  return [first, Math.max(n, m)];
}

function multiply(covered, kernel, start) {
  const products = covered.map((value, place) => value * kernel[place]);
  const total = products.reduce((sum, product) => sum + product, 0);
  return { start, covered, kernel, products, total };
}
