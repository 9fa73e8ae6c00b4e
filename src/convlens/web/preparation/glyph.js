// Find the object, a glyph: background, polarity, contrast, and the box around it, robust to noise.
//
// Otsu's threshold would be the obvious method, but it needs two peaks in the histogram, and a thin stroke on a large
// sheet has one.
import { blurByBox } from "convlens/preparation/blurring.js";
import { borderPixels } from "convlens/preparation/framing.js";
import { countLevels, medianDistance, medianOfCounts } from "convlens/preparation/order_statistics.js";
import { findExtremes, makePlane, mapLevels } from "convlens/preparation/planes.js";
import { toLevel } from "convlens/preparation/rounding.js";

/** @import { Counts } from "convlens/preparation/order_statistics.js" */
/** @import { Box, Pair, Plane } from "convlens/preparation/planes.js" */

/**
 * The grey level of the background, and the median absolute deviation of its pixels from it.
 * @typedef {{ level: number, noise: number }} Background
 */

const SMALL = 2 * 28; // pixels per side; images up to this size are not smoothed, since every pixel counts
export const NOISE_WIDTH = 4.5; // median absolute deviations, about 3 standard deviations of normal noise
const LEAST_CONTRAST = 12; // grey levels; less contrast than this is only noise
const FOREGROUND_LEVEL = 0.2; // of the contrast: from here on a pixel belongs to the object's box
const SPECK = 0.02; // of the whole foreground: a separate group with less is dust
const MOST_FAR_BORDER = 0.15; // of the border; with more pixels far from its median, it does not show the background
const TWO_LEVELS = 3; // the distance between light and dark, at least, in multiples of their noise

const single = Math.fround;

/** @type {(plane: Plane) => boolean} */
export function isSmall({ height, width }) {
  return Math.max(height, width) <= SMALL;
}

/**
 * Returns the background: the median of the border. If much of the border differs from it, the object reaches the
 * border; then border, corners and the whole picture vote on whether the light or the dark side is the background.
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

// Chooses the background from two levels, light and dark; null if there are no two, as in noise or a photograph.
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

// Four pixels; fewer if the picture is one pixel high or wide.
/** @type {(plane: Plane) => number[]} */
function cornersOf({ height, width, data }) {
  const rows = height > 1 ? [0, height - 1] : [0];
  const columns = width > 1 ? [0, width - 1] : [0];
  return rows.flatMap((row) => columns.map((column) => data[row * width + column]));
}

/**
 * Whether the object is darker than the background. The object has the levels furthest from the background; if the
 * distances in both directions are similar, the object counts as dark on a light background and light on a dark one.
 * @type {(grey: Plane, background?: number) => boolean}
 */
export function isDarkOnLight(grey, background = findBackground(grey).level) {
  const [low, high] = findExtremes(smooth(grey).data);
  const [below, above] = [background - low, high - background];
  if (below > 1.5 * above || above > 1.5 * below) return below > above;
  return background > 127;
}

/**
 * Subtracts background and noise from a light-on-dark picture, and scales its levels so that the object reaches 255.
 * Returns null if there is no object, and the same plane if nothing changes.
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
 * The box around a light-on-dark glyph, without dust; null if there is none. If the longest side is exactly `wanted`
 * with all faint pixels included, they are all kept, so that the glyph need not be scaled.
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

// [first, after] of the lines with foreground, without groups of lines that have hardly any.
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
  const kept = large.length ? large : groups; // more than fifty small groups are stripes, not dust
  return [kept[0].first, kept[kept.length - 1].after];
}

/** @type {WeakMap<Plane, Plane>} */
const smoothedBefore = new WeakMap(); // several functions smooth the same picture in turn

// Averages each pixel with its neighbours to suppress single noisy pixels; small pictures stay unchanged.
/** @type {(grey: Plane) => Plane} */
function smooth(grey) {
  const smoothed = smoothedBefore.get(grey) ?? (isSmall(grey) ? grey : blurByBox(grey, 1));
  smoothedBefore.set(grey, smoothed);
  return smoothed;
}
