// Remove uneven light, such as shadows and lamps, from a grey picture.
//
// To find the paper, everything thinner than two fifths of the picture is filled from its surroundings. On paper, light
// is a factor, so the picture is divided by it; on a dark background it is subtracted.
import { blurByGaussian } from "convlens/preparation/blurring.js";
import { SMALLEST } from "convlens/preparation/disturbances.js";
import { borderPixels, reduce, resize } from "convlens/preparation/framing.js";
import { countLevels, percentile } from "convlens/preparation/order_statistics.js";
import { findExtremes, makePlane, transpose } from "convlens/preparation/planes.js";
import { roundHalfEven, toLevel } from "convlens/preparation/rounding.js";

/** @import { Counts } from "convlens/preparation/order_statistics.js" */
/** @import { Plane } from "convlens/preparation/planes.js" */
/** @typedef {{ counts: Counts, low: number, high: number, span: number, contrast: number, cost: number }} Paper */
/** @typedef {(one: number, other: number) => number} Extreme returns the larger or the smaller number */

const COARSE = 48; // pixels per side: enough to see whether the light is uneven
const FINE = 160; // pixels per side: enough for the edge of a shadow
const WINDOW = 0.42; // of the longer side; strokes are thinner, shadows wider
const UNEVEN_LIGHT = 0.22; // of the contrast
const DARKEST_SHADOW = 0.8; // of the contrast
const MOST_LIT = 0.65; // of the paper; with more in full light, there is no shadow
const LEAST_SPAN = 15; // grey levels

const single = Math.fround;

/**
 * [plane, levels]: `levels` is the range of the light in grey levels; the same plane if the light is even.
 * @type {(grey: Plane) => [Plane, number]}
 */
export function evenOutShadows(grey) {
  if (Math.min(grey.height, grey.width) <= 2 * SMALLEST) return [grey, 0];
  const small = shrink(grey, COARSE);
  const [low, high] = findExtremes(small.data);
  const border = countLevels(borderPixels(small));
  const spread = percentile(border, 95) - percentile(border, 5);
  if (spread < Math.max(LEAST_SPAN, (UNEVEN_LIGHT / 2) * (high - low))) return [grey, 0];
  // With the wrong polarity, either strokes remain on the paper, or much of the paper is filled like strokes.
  const [onLight, onDark] = [true, false].map((isDark) => describePaper(small, isDark));
  const isDark = onLight.cost <= onDark.cost;
  if (!isShadow(isDark ? onLight : onDark, isDark, high - low)) return [grey, 0];
  const { span } = isDark ? onLight : onDark;
  const paper = resize(blurByGaussian(fill(shrink(grey, FINE), isDark), 2), grey.height, grey.width);
  return [divideByPaper(grey, paper, isDark), roundHalfEven(span)];
}

/** @type {(small: Plane, isDark: boolean) => Paper} */
function describePaper(small, isDark) {
  const paper = fill(small, isDark);
  const counts = countLevels(paper.data);
  const [lowest, low, high, highest] = [0.5, 2, 98, 99.5].map((percent) => percentile(counts, percent));
  let [sum, contrast] = [0, 0];
  for (let place = 0; place < paper.data.length; place++) {
    const change = Math.abs(paper.data[place] - small.data[place]);
    sum += change;
    contrast = Math.max(contrast, change);
  }
  const cost = low - lowest + (high - low) + (highest - high) + 4 * (sum / paper.data.length);
  return { counts, low, high, span: high - low, contrast, cost };
}

// Not a shadow if the paper is as dark as strokes, or even except for one spot, where a stroke reaches the edge.
/** @type {(paper: Paper, isDark: boolean, reach: number) => boolean} */
function isShadow({ counts, low, high, span, contrast }, isDark, reach) {
  if (contrast < LEAST_SPAN || span < Math.max(LEAST_SPAN, UNEVEN_LIGHT * contrast)) return false;
  const lightest = isDark ? high : low;
  let [lit, total] = [0, 0];
  counts.forEach((count, level) => {
    total += count;
    if (Math.abs(level - lightest) < reach / 20) lit += count;
  });
  return span <= DARKEST_SHADOW * reach && lit / total <= MOST_LIT;
}

/** @type {(grey: Plane, paper: Plane, isDark: boolean) => Plane} */
function divideByPaper(grey, paper, isDark) {
  const level = single(percentile(countLevels(paper.data), isDark ? 90 : 10));
  const even = makePlane(grey.height, grey.width);
  const factors = Float32Array.from({ length: 256 }, (_, light) => level / Math.max(light, 1));
  for (let place = 0; place < even.data.length; place++) {
    const [value, light] = [grey.data[place], paper.data[place]];
    even.data[place] = toLevel(isDark ? single(value * factors[light]) : single(value - light + level));
  }
  return even;
}

/** @type {(grey: Plane, longest: number) => Plane} */
function shrink(grey, longest) {
  const { height, width } = grey;
  if (Math.max(height, width) <= longest) return grey;
  const scale = longest / Math.max(height, width);
  const rows = Math.max(1, roundHalfEven(height * scale));
  return resize(reduce(grey, longest), rows, Math.max(1, roundHalfEven(width * scale)));
}

// Morphological closing (for light strokes: opening) with a square of two fifths of the picture. Edge pixels are
// repeated beyond the edge, so that a shadow in a corner is as wide as any other.
/** @type {(grey: Plane, isDark: boolean) => Plane} */
function fill(grey, isDark) {
  const reach = Math.max(1, roundHalfEven((WINDOW * Math.max(grey.height, grey.width)) / 2));
  const [first, second] = isDark ? [larger, smaller] : [smaller, larger];
  const width = 2 * reach + 1;
  return findExtremeOfSquares(findExtremeOfSquares(goOnBeyond(grey, width - 1), width, first), width, second);
}

/** @type {Extreme} */
function larger(one, other) {
  return one > other ? one : other;
}

/** @type {Extreme} */
function smaller(one, other) {
  return one < other ? one : other;
}

/** @type {(grey: Plane, rim: number) => Plane} */
function goOnBeyond({ height, width, data }, rim) {
  const wide = makePlane(height + 2 * rim, width + 2 * rim);
  for (let row = 0; row < wide.height; row++) {
    const source = Math.min(Math.max(row - rim, 0), height - 1) * width;
    for (let column = 0; column < wide.width; column++) {
      wide.data[row * wide.width + column] = data[source + Math.min(Math.max(column - rim, 0), width - 1)];
    }
  }
  return wide;
}

// The extreme of every square of `width` that lies inside the plane.
/** @type {(plane: Plane, width: number, extreme: Extreme) => Plane} */
function findExtremeOfSquares(plane, width, extreme) {
  return transpose(findExtremeDown(transpose(findExtremeDown(plane, width, extreme)), width, extreme));
}

// Each pass doubles the height that is covered.
/** @type {(plane: Plane, width: number, extreme: Extreme) => Plane} */
function findExtremeDown(plane, width, extreme) {
  const found = Uint8Array.from(plane.data);
  let rows = plane.height;
  for (let reach = 1; reach < width;) {
    const step = Math.min(reach, width - reach);
    const length = (rows - step) * plane.width;
    const distance = step * plane.width;
    for (let place = 0; place < length; place++) found[place] = extreme(found[place], found[place + distance]);
    rows -= step;
    reach += step;
  }
  return makePlane(rows, plane.width, 1, found.slice(0, rows * plane.width));
}
