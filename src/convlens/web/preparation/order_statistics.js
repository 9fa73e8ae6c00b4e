// Medians and percentiles of grey levels from a histogram of 256 levels, without sorting. Between two values the result
// is interpolated, as in NumPy.

/** @typedef {Uint32Array} Counts a histogram of grey levels */

/** @type {(data: ArrayLike<number>) => Counts} */
export function countLevels(data) {
  const counts = new Uint32Array(256);
  for (let place = 0; place < data.length; place++) counts[data[place]] += 1;
  return counts;
}

/** @type {(counts: Counts) => number} */
function sum(counts) {
  return counts.reduce((total, count) => total + count, 0);
}

// The level at a place, from 0, in sorted order.
/** @type {(counts: Counts, place: number) => number} */
function levelAt(counts, place) {
  let before = 0;
  for (let level = 0; level < counts.length; level++) {
    before += counts[level];
    if (place < before) return level;
  }
  return counts.length - 1;
}

/** @type {(counts: Counts) => number} */
export function medianOfCounts(counts) {
  const total = sum(counts);
  const upper = levelAt(counts, total >> 1);
  return total % 2 ? upper : (levelAt(counts, (total >> 1) - 1) + upper) / 2;
}

/** @type {(data: ArrayLike<number>) => number} */
export function median(data) {
  return medianOfCounts(countLevels(data));
}

/** @type {(counts: Counts, middle: number) => number} The median of |value − middle|, the middle whole or half. */
export function medianDistance(counts, middle) {
  const halves = new Uint32Array(512);
  counts.forEach((count, level) => {
    halves[2 * Math.abs(level - middle)] += count;
  });
  return medianOfCounts(halves) / 2;
}

/** The median of any numbers. @type {(values: ArrayLike<number>) => number} */
export function medianOfNumbers(values) {
  const sorted = Float64Array.from(values).sort();
  const upper = sorted[sorted.length >> 1];
  return sorted.length % 2 ? upper : (sorted[(sorted.length >> 1) - 1] + upper) / 2;
}

/** @type {(counts: Counts, percent: number) => number} */
export function percentile(counts, percent) {
  const place = (sum(counts) - 1) * (percent / 100);
  const before = Math.floor(place);
  const share = place - before;
  const low = levelAt(counts, before);
  const high = share > 0 ? levelAt(counts, before + 1) : low;
  return share >= 0.5 ? high - (high - low) * (1 - share) : low + (high - low) * share;
}
