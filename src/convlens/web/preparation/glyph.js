// Finding the object, a glyph: background, polarity, contrast, and the box around it, robust to noise.
//
// Otsu's threshold would be the obvious way to find it, but it needs two humps in the histogram, and a thin stroke on
// a large sheet has one.
import { blurByBox } from "convlens/preparation/blurring.js";
import { borderPixels } from "convlens/preparation/framing.js";
import { countLevels, medianDistance, medianOfCounts } from "convlens/preparation/order_statistics.js";
import { findExtremes, makePlane, mapLevels } from "convlens/preparation/planes.js";
import { toLevel } from "convlens/preparation/rounding.js";

/** @import { Counts } from "convlens/preparation/order_statistics.js" */
/** @import { Box, Pair, Plane } from "convlens/preparation/planes.js" */

/**
 * The grey level of the background, and the median distance of its pixels from that.
 * @typedef {{ level: number, noise: number }} Background
 */

const SMALL = 2 * 28; // up to here, every pixel counts: no smoothing
export const NOISE_WIDTH = 4.5; // median absolute deviations, about 3 standard deviations of normal noise
const LEAST_CONTRAST = 12; // grey levels; below it there is no object, only noise
const FOREGROUND_LEVEL = 0.2; // of the contrast: what belongs to the object when its box is looked for
const SPECK = 0.02; // of the whole foreground: what stands apart with less is dust
const MOST_FAR_BORDER = 0.15; // of the border; with more that is not background, the border does not tell what is
const TWO_LEVELS = 3; // light and dark lie so many times farther apart than each is wide

const single = Math.fround;

/** @type {(plane: Plane) => boolean} */
export function isSmall({ height, width }) {
  return Math.max(height, width) <= SMALL;
}

/**
 * It is the median of the border. Where much of the border is something else, the object reaches it: then border,
 * corners and the picture as a whole vote on whether the background is the light or the dark.
 * @type {(grey: Plane) => Background}
 */
export function findBackground(grey) {
  const border = countLevels(borderPixels(grey));
  const level = medianOfCounts(border);
  const noise = medianDistance(border, level);
  if (border[level] === sumFrom(border, 0)) return { level, noise };
  const [low, high] = findExtremes(smooth(grey).data);
  const limit = FOREGROUND_LEVEL * (high - low);
  const far = border.reduce((count, found, at) => count + (Math.abs(at - level) > limit ? found : 0), 0);
  if (far / sumFrom(border, 0) <= MOST_FAR_BORDER) return { level, noise };
  return chooseSide(grey, border, (low + high) / 2) ?? { level, noise };
}

// The background out of two levels, light and dark; null where there are no two, as in noise or a photograph.
/** @type {(grey: Plane, border: Counts, middle: number) => Background | null} */
function chooseSide(grey, border, middle) {
  const level = medianOfCounts(border);
  const counts = countLevels(grey.data);
  const split = Math.floor(middle) + 1; // the darkest level of the light side
  const sides = [false, true].map((isLight) => counts.map((count, at) => (at >= split === isLight ? count : 0)));
  if (sides.some((side) => sumFrom(side, 0) === 0)) return null;
  const levels = sides.map(medianOfCounts);
  const noises = sides.map((side, index) => medianDistance(side, levels[index]));
  if (levels[1] - levels[0] < TWO_LEVELS * (noises[0] + noises[1])) return null;
  const votes = shareFrom(border, split) + shareFrom(counts, split) + shareFrom(countLevels(cornersOf(grey)), split);
  const chosen = votes >= 1.5 ? 1 : 0;
  if (level > middle === (chosen === 1)) {
    return { level, noise: Math.min(medianDistance(border, level), noises[chosen]) };
  }
  return { level: levels[chosen], noise: noises[chosen] };
}

/** @type {(counts: Counts, first: number) => number} */
function sumFrom(counts, first) {
  let sum = 0;
  for (let level = first; level < counts.length; level++) sum += counts[level];
  return sum;
}

/** @type {(counts: Counts, first: number) => number} */
function shareFrom(counts, first) {
  return sumFrom(counts, first) / sumFrom(counts, 0);
}

// Four pixels; fewer where the picture is one pixel high or wide.
/** @type {(plane: Plane) => number[]} */
function cornersOf({ height, width, data }) {
  const rows = height > 1 ? [0, height - 1] : [0];
  const columns = width > 1 ? [0, width - 1] : [0];
  return rows.flatMap((row) => columns.map((column) => data[row * width + column]));
}

/**
 * Whether the object is darker than the background, which is looked for if it is not given. The object lies further
 * from the background than anything else; where both directions are about as far, a light background decides.
 * @type {(grey: Plane, background?: number) => boolean}
 */
export function isDarkOnLight(grey, background = findBackground(grey).level) {
  const [low, high] = findExtremes(smooth(grey).data);
  const [below, above] = [background - low, high - background];
  if (below > 1.5 * above || above > 1.5 * below) return below > above;
  return background > 127;
}

/**
 * Background and noise subtracted from a light-on-dark picture and the object stretched to 255; null if there is none,
 * the same plane where nothing is to be done.
 * @type {(grey: Plane) => Plane | null}
 */
export function stretchContrast(grey) {
  const background = findBackground(grey);
  const noise = NOISE_WIDTH * background.noise;
  const peak = findExtremes((noise ? smooth(grey) : grey).data)[1] - background.level;
  if (peak < Math.max(LEAST_CONTRAST, noise)) return null;
  if (background.level === 0 && noise === 0 && peak >= 250) return grey;
  const floor = background.level + Math.min(noise, peak / 2);
  const factor = single(255 / (background.level + peak - floor));
  return mapLevels(grey, (level) => toLevel(single(single(level - single(floor)) * factor)));
}

/**
 * The box around a light-on-dark glyph, without dust; null if there is none. A glyph whose longest side is `wanted`
 * with every faint pixel counted keeps them all, so that it need not be scaled.
 * @type {(glyph: Plane, wanted?: number) => Box | null}
 */
export function findGlyphBox(glyph, wanted = 0) {
  const { height, width } = glyph;
  const whole = { top: 0, bottom: height, left: 0, right: width };
  if (wanted) {
    const foreground = mapLevels(glyph, (level) => (level > 0 ? 1 : 0));
    const [top, bottom] = findSpan(countRows(foreground, whole));
    const [left, right] = findSpan(countColumns(foreground, whole));
    if (Math.max(bottom - top, right - left) === wanted) return { top, bottom, left, right };
  }
  const smoothed = smooth(glyph).data;
  const foreground = makePlane(height, width);
  for (let place = 0; place < smoothed.length; place++) {
    if (Math.min(glyph.data[place], smoothed[place]) >= FOREGROUND_LEVEL * 255) foreground.data[place] = 1;
  }
  if (!foreground.data.includes(1)) return null;
  const [top, bottom] = findSpan(countRows(foreground, whole));
  const [left, right] = findSpan(countColumns(foreground, { ...whole, top, bottom }));
  const rows = findSpan(countRows(foreground, { ...whole, left, right }));
  return { top: rows[0], bottom: rows[1], left, right };
}

/** @type {(foreground: Plane, box: Box) => Uint32Array} */
function countRows({ width, data }, { top, bottom, left, right }) {
  const counts = new Uint32Array(bottom - top);
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) counts[row - top] += data[row * width + column];
  }
  return counts;
}

/** @type {(foreground: Plane, box: Box) => Uint32Array} */
function countColumns({ width, data }, { top, bottom, left, right }) {
  const counts = new Uint32Array(right - left);
  for (let row = top; row < bottom; row++) {
    for (let column = left; column < right; column++) counts[column - left] += data[row * width + column];
  }
  return counts;
}

// [first, after] of the lines with foreground, leaving out groups of lines that hold hardly any of it.
/** @type {(counts: Uint32Array) => Pair} */
function findSpan(counts) {
  /** @type {{ first: number, after: number, sum: number }[]} */
  const groups = [];
  let total = 0;
  counts.forEach((count, line) => {
    total += count;
    if (count === 0) return;
    if (line === 0 || counts[line - 1] === 0) groups.push({ first: line, after: line, sum: 0 });
    const group = groups[groups.length - 1];
    group.after = line + 1;
    group.sum += count;
  });
  if (groups.length === 0) return [0, 0];
  const large = groups.filter(({ sum }) => sum >= SPECK * total);
  const kept = large.length ? large : groups; // more than fifty groups, none of them large: stripes, not dust
  return [kept[0].first, kept[kept.length - 1].after];
}

/** @type {WeakMap<Plane, Plane>} */
const smoothedBefore = new WeakMap(); // several questions are asked of each picture in turn

// Each pixel averaged with its neighbours, so that single noisy pixels do not count; small pictures as they are.
/** @type {(grey: Plane) => Plane} */
function smooth(grey) {
  const smoothed = smoothedBefore.get(grey) ?? (isSmall(grey) ? grey : blurByBox(grey, 1));
  smoothedBefore.set(grey, smoothed);
  return smoothed;
}
