// Measure the look of an image: the object's position, size and stroke thickness, and the background.
//
// The training images were measured in the same way, in single precision, and their measures are stored in the model.
// Stroke thickness comes from area and outline: a stroke of width w and length L has the area w·L. Across it, the
// brightness changes twice, so its total variation is 2·L.
import { countLevels, median, medianDistance } from "convlens/preparation/order_statistics.js";
import { findExtremes } from "convlens/preparation/planes.js";
import { clamp } from "convlens/preparation/rounding.js";

/** @import { Pair, Plane } from "convlens/preparation/planes.js" */

/**
 * The measures of an image. `isDark`: the object is darker than the background; `background` and `contrast` are grey
 * levels; `isEven`: the background has one level. The others are shares from 0 to 1. `centre` is the centre of the
 * object's mass, and of its box, relative to the middle of the frame.
 * @typedef {{
 *   isDark: boolean, background: number, contrast: number, isEven: boolean,
 *   foreground: number, stroke: number, softness: number, fill: number,
 *   centre: { mass: Pair, box: Pair },
 * }} Looks
 */

/** @typedef {ReturnType<typeof sumUp>} Sums */

export const FOREGROUND_LEVEL = 0.2; // of the contrast: from here on a pixel belongs to the box around the object
export const NO_CONTRAST = 12; // grey levels; an image with less contrast has no object

const single = Math.fround;
const LEAST = single(1e-6);

/** @type {(plane: Plane) => Looks} */
export function measure(plane) {
  const { height, width, data } = plane;
  const edge = readEdge(plane);
  const background = median(edge);
  const [lowest, highest] = findExtremes(data);
  const [below, above] = [background - lowest, highest - background];
  const isNear = Math.max(below, above) <= 1.5 * Math.min(below, above);
  const isDark = isNear ? background > 127 : below > above;
  const contrast = isDark ? below : above;
  const shown = Math.max(contrast, 1);
  const foreground = foregroundOf(data, background, (isDark ? -1 : 1) / shown);
  const unevenness = single(medianDistance(countLevels(edge), background) / shown);
  const far = single(single(FOREGROUND_LEVEL) * shown);
  const farPixels = edge.reduce((count, level) => count + (Math.abs(level - background) >= far ? 1 : 0), 0);
  const sums = sumUp(foreground, height, width);
  return {
    isDark,
    background,
    contrast,
    isEven: unevenness <= single(0.06) && single(farPixels / edge.length) <= single(0.35),
    foreground: single(sums.mass / (height * width)),
    stroke: single(single((2 * sums.mass) / Math.max(sums.variation, LEAST)) / Math.max(height, width)),
    softness: single(sums.soft / (height * width)),
    fill: measureFill(sums, height, width),
    centre: { mass: placeMass(sums, height, width), box: placeBox(sums, height, width) },
  };
}

// The outermost pixels: first and last row, then first and last column without their ends.
/** @type {(plane: Plane) => Uint8Array} */
function readEdge({ height, width, data }) {
  const edge = [];
  for (const row of [0, height - 1]) edge.push(...data.subarray(row * width, (row + 1) * width));
  for (const column of [0, width - 1]) {
    for (let row = 1; row < height - 1; row++) edge.push(data[row * width + column]);
  }
  return Uint8Array.from(edge);
}

// The distance of each pixel from the background, as a share of the contrast, from 0 to 1.
/** @type {(data: Uint8Array, background: number, scale: number) => Float32Array} */
function foregroundOf(data, background, scale) {
  const shares = Float32Array.from({ length: 256 }, (_, level) =>
    clamp(single(single(level - background) * single(scale)), 0, 1),
  );
  const foreground = new Float32Array(data.length);
  for (let place = 0; place < foreground.length; place++) foreground[place] = shares[data[place]];
  return foreground;
}

// Sums over the pixels: `mass`, and the mass times the position (`down`, `right`); the total variation; the number of
// pixels between background and object (`soft`); and the box around the object.
/** @param {Float32Array} foreground @param {number} height @param {number} width */
function sumUp(foreground, height, width) {
  const sums = { mass: 0, variation: 0, soft: 0, down: 0, right: 0, top: -1, bottom: -1, left: width, end: -1 };
  const [from, upTo] = [single(FOREGROUND_LEVEL), single(1 - FOREGROUND_LEVEL)];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const place = row * width + column;
      const value = foreground[place];
      const down = single((row + 1 < height ? foreground[place + width] : 0) - value);
      const right = single((column + 1 < width ? foreground[place + 1] : 0) - value);
      sums.variation += single(Math.sqrt(single(single(down * down) + single(right * right))));
      sums.mass += value;
      sums.down += value * (row + 0.5);
      sums.right += value * (column + 0.5);
      if (value < from) continue;
      if (value < upTo) sums.soft += 1;
      if (sums.top < 0) sums.top = row;
      sums.bottom = row + 1;
      sums.left = Math.min(sums.left, column);
      sums.end = Math.max(sums.end, column + 1);
    }
  }
  return sums;
}

/** @type {(sums: Sums, height: number, width: number) => number} */
function measureFill({ top, bottom, left, end }, height, width) {
  return top < 0 ? 0 : single(Math.max((bottom - top) / height, (end - left) / width));
}

/** @type {(sums: Sums, height: number, width: number) => Pair} */
function placeBox({ top, bottom, left, end }, height, width) {
  return top < 0 ? [0, 0] : [single((top + bottom) / 2 / height - 0.5), single((left + end) / 2 / width - 0.5)];
}

/** @type {(sums: Sums, height: number, width: number) => Pair} */
function placeMass({ mass, down, right }, height, width) {
  return mass > 0 ? [single(down / mass / height - 0.5), single(right / mass / width - 0.5)] : [0, 0];
}
