// Scale a picture with the same bytes as Pillow: each line of the result has a window of weights, wide enough that
// every pixel counts when the picture is made smaller. Weights are integers with 22 bits after the point. One direction
// is scaled after the other, with bytes in between. A canvas's own scaling differs between browsers.
import { makePlane } from "convlens/preparation/planes.js";

/** @import { Plane } from "convlens/preparation/planes.js" */
/** @typedef {{ name: string, support: number, weigh: (distance: number) => number }} Filter */
/** @typedef {{ starts: Int32Array, lengths: Int32Array, weights: Int32Array, size: number }} Windows */

const PRECISION = 22; // bits of a weight: 32 − 8 for a pixel − 2 for overflow
const [HAMMING_MIDDLE, HAMMING_WAVE] = [Math.fround(0.54), Math.fround(0.46)]; // single precision in Pillow

// As sharp as bicubic, but without halos around strokes.
/** @type {Filter} */
export const HAMMING = {
  name: "hamming",
  support: 1,
  weigh(distance) {
    if (distance === 0) return 1;
    if (Math.abs(distance) >= 1) return 0;
    const angle = Math.abs(distance) * Math.PI;
    return (Math.sin(angle) / angle) * (HAMMING_MIDDLE + HAMMING_WAVE * Math.cos(angle));
  },
};

/** @type {Filter} */
export const LANCZOS = {
  name: "lanczos",
  support: 3,
  weigh: (distance) => (distance >= -3 && distance < 3 ? sinc(distance) * sinc(distance / 3) : 0),
};

/** @type {(distance: number) => number} */
function sinc(distance) {
  const angle = distance * Math.PI;
  return distance === 0 ? 1 : Math.sin(angle) / angle;
}

const MOST_WINDOWS = 64;
/** @type {Map<string, Windows>} */
const known = new Map(); // while a person draws, the same few sizes recur

/** @type {(given: number, wanted: number, filter: Filter) => Windows} */
function windowsFor(given, wanted, filter) {
  const key = `${filter.name} ${given} ${wanted}`;
  const windows = known.get(key) ?? makeWindows(given, wanted, filter);
  if (known.size >= MOST_WINDOWS) known.clear();
  known.set(key, windows);
  return windows;
}

// For each of `wanted` lines: the first of the `given` lines that it uses, their number, and their weights.
/** @type {(given: number, wanted: number, filter: Filter) => Windows} */
function makeWindows(given, wanted, filter) {
  const scale = given / wanted;
  const widening = Math.max(scale, 1);
  const support = filter.support * widening;
  const size = 2 * Math.ceil(support) + 1;
  const starts = new Int32Array(wanted);
  const lengths = new Int32Array(wanted);
  const weights = new Int32Array(wanted * size);
  for (let line = 0; line < wanted; line++) {
    const centre = (line + 0.5) * scale;
    const start = Math.max(Math.trunc(centre - support + 0.5), 0);
    const length = Math.min(Math.trunc(centre + support + 0.5), given) - start;
    const exact = Array.from({ length }, (_, place) => filter.weigh((place + start - centre + 0.5) * (1 / widening)));
    const total = exact.reduce((sum, weight) => sum + weight, 0);
    exact.forEach((weight, place) => {
      const share = (total === 0 ? weight : weight / total) * 2 ** PRECISION;
      weights[line * size + place] = Math.trunc(share < 0 ? share - 0.5 : share + 0.5);
    });
    starts[line] = start;
    lengths[line] = length;
  }
  return { starts, lengths, weights, size };
}

/** @type {(sum: number) => number} */
function toByte(sum) {
  const level = sum >> PRECISION;
  return level < 0 ? 0 : level > 255 ? 255 : level;
}

/** @type {(plane: Plane, wanted: number, filter: Filter) => Plane} */
function scaleAcross({ height, width, channels, data }, wanted, filter) {
  const { starts, lengths, weights, size } = windowsFor(width, wanted, filter);
  const scaled = makePlane(height, wanted, channels);
  let target = 0;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < wanted; column++) {
      const first = (row * width + starts[column]) * channels;
      const end = column * size + lengths[column];
      for (let channel = 0; channel < channels; channel++) {
        let sum = 1 << (PRECISION - 1);
        let source = first + channel;
        for (let weight = column * size; weight < end; weight++) {
          sum = (sum + data[source] * weights[weight]) | 0;
          source += channels;
        }
        scaled.data[target++] = toByte(sum);
      }
    }
  }
  return scaled;
}

/** @type {(plane: Plane, wanted: number, filter: Filter) => Plane} */
function scaleDown({ height, width, channels, data }, wanted, filter) {
  const { starts, lengths, weights, size } = windowsFor(height, wanted, filter);
  const rowLength = width * channels;
  const scaled = makePlane(wanted, width, channels);
  const sums = new Int32Array(rowLength);
  for (let row = 0; row < wanted; row++) {
    sums.fill(1 << (PRECISION - 1));
    for (let line = 0; line < lengths[row]; line++) {
      const weight = weights[row * size + line];
      const source = (starts[row] + line) * rowLength;
      for (let place = 0; place < rowLength; place++) sums[place] += data[source + place] * weight;
    }
    for (let place = 0; place < rowLength; place++) scaled.data[row * rowLength + place] = toByte(sums[place]);
  }
  return scaled;
}

/**
 * Scales a picture of 1, 3 or 4 channels; the same plane if it already has that size. Across first, but down first if
 * that removes more than twice as many lines: Pillow does so since version 13, and the order changes the result.
 * @type {(plane: Plane, height: number, width: number, filter: Filter) => Plane}
 */
export function resample(plane, height, width, filter) {
  const fewerRows = plane.height - height;
  const isDownFirst = fewerRows > 0 && fewerRows > 2 * (plane.width - width);
  const across = (/** @type {Plane} */ given) => (given.width === width ? given : scaleAcross(given, width, filter));
  const down = (/** @type {Plane} */ given) => (given.height === height ? given : scaleDown(given, height, filter));
  return isDownFirst ? across(down(plane)) : down(across(plane));
}
