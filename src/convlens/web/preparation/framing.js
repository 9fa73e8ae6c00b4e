// Scale a picture and put it into a frame; find its border and its centre of mass.
import { averageBlocks } from "convlens/preparation/averaging.js";
import { countLevels, medianOfCounts } from "convlens/preparation/order_statistics.js";
import { paste } from "convlens/preparation/planes.js";
import { HAMMING, resample } from "convlens/preparation/resampling.js";
import { roundHalfEven } from "convlens/preparation/rounding.js";

/** @import { Pair, Plane } from "convlens/preparation/planes.js" */

/**
 * [height, width] of the largest picture with the same aspect ratio that fits into a box; at least 1×1.
 * @type {(height: number, width: number, boxHeight: number, boxWidth: number) => Pair}
 */
export function fitInto(height, width, boxHeight, boxWidth) {
  if (height * boxWidth >= width * boxHeight) {
    return [boxHeight, Math.max(1, roundHalfEven((width * boxHeight) / height))];
  }
  return [Math.max(1, roundHalfEven((height * boxWidth) / width)), boxWidth];
}

/** @type {(plane: Plane, height: number, width: number) => Plane} */
export function resize(plane, height, width) {
  return resample(plane, height, width, HAMMING);
}

/** @type {(plane: Plane, longest: number) => Plane} Averages down to less than twice `longest`. */
export function reduce(plane, longest) {
  const factor = Math.floor(Math.max(plane.height, plane.width) / longest);
  return factor < 2 ? plane : averageBlocks(plane, factor);
}

/** [row, column], where the middle of the first pixel is (0, 0). @type {(plane: Plane) => Pair} */
export function centreOfMass({ height, width, data }) {
  let [mass, down, right] = [0, 0, 0];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = data[row * width + column];
      mass += value;
      down += value * row;
      right += value * column;
    }
  }
  return [down / mass, right / mass];
}

/**
 * Calls visit(row, column) for the pixels of a border whose thickness is 1/28 of the picture, row by row.
 * @type {(height: number, width: number, visit: (row: number, column: number) => void) => void}
 */
export function visitBorder(height, width, visit) {
  const thickness = Math.max(1, Math.floor(Math.min(height, width) / 28));
  for (let row = 0; row < height; row++) {
    const isInside = row >= thickness && row < height - thickness && width > 2 * thickness;
    const left = isInside ? thickness : width;
    for (let column = 0; column < left; column++) visit(row, column);
    if (isInside) for (let column = width - thickness; column < width; column++) visit(row, column);
  }
}

/** @type {(plane: Plane, channel?: number) => Uint8Array} The levels of one channel along the four edges. */
export function borderPixels({ height, width, channels, data }, channel = 0) {
  const levels = new Uint8Array(height * width);
  let count = 0;
  visitBorder(height, width, (row, column) => {
    levels[count++] = data[(row * width + column) * channels + channel];
  });
  return levels.slice(0, count);
}

/** The background: the median of the border in each channel. @type {(plane: Plane) => number[]} */
export function medianOfBorder(plane) {
  return Array.from({ length: plane.channels }, (_, channel) =>
    Math.trunc(medianOfCounts(countLevels(borderPixels(plane, channel)))),
  );
}

/** @type {(plane: Plane, height: number, width: number) => Plane} Scales the whole plane to fit into a box. */
export function scaleInto(plane, height, width) {
  return resize(plane, ...fitInto(plane.height, plane.width, height, width));
}

/** @type {(plane: Plane, height: number, width: number, background: number[]) => Plane} Centres a plane in a frame. */
export function centreIn(plane, height, width, background) {
  if (plane.height === height && plane.width === width) return plane;
  const top = Math.floor((height - plane.height) / 2);
  const left = Math.floor((width - plane.width) / 2);
  return paste(plane, top, left, height, width, background);
}

/** @type {(plane: Plane, height: number, width: number) => Plane} Scaled and centred on its own background. */
export function letterbox(plane, height, width) {
  return centreIn(scaleInto(plane, height, width), height, width, medianOfBorder(plane));
}
