// Remove the blocks of an enlargement, and a frame. Each function looks for one of them and removes it, or returns the
// plane unchanged. They change only clear cases: a rule that is wrong for one in a hundred ordinary pictures costs more
// than it gains.
import { median } from "convlens/preparation/order_statistics.js";
import { crop, findExtremes, makePlane, transpose } from "convlens/preparation/planes.js";

/** @import { Plane } from "convlens/preparation/planes.js" */

export const SMALLEST = 16; // pixels per side; in smaller images these functions can't tell a frame from an object
const UNIFORM = 0.9; // the share of similar pixels in a line of a frame
const DEEPEST_FRAME = 0.12; // of the side

/** @type {(grey: Plane) => [Plane, number]} [plane, factor]: undoes a repetition of every pixel by `factor`. */
export function undoEnlargement(grey) {
  const { height, width, data } = grey;
  const middle = Math.floor(height / 2) * width;
  let factor = width;
  for (let column = 1; column < width && factor > 1; column++) {
    if (data[middle + column] !== data[middle + column - 1]) factor = commonDivisor(factor, column);
  }
  if (factor < 2) return [grey, 1]; // nearly every picture returns here
  factor = commonDivisor(factor, height);
  for (const lines of [grey, transpose(grey)]) factor = divideByChanges(lines, factor);
  if (factor < 2 || Math.floor(Math.min(height, width) / factor) < 2) return [grey, 1];
  const plain = makePlane(height / factor, width / factor);
  plain.data.forEach((_, place) => {
    const row = Math.floor(place / plain.width);
    plain.data[place] = data[(row * width + (place % plain.width)) * factor];
  });
  return [plain, factor];
}

// The greatest common divisor of a factor and of all rows that differ from the row before.
/** @type {(plane: Plane, factor: number) => number} */
function divideByChanges({ height, width, data }, factor) {
  let divisor = factor;
  for (let row = 1; row < height && divisor > 1; row++) {
    if (row % divisor === 0) continue;
    for (let place = row * width; place < (row + 1) * width; place++) {
      if (data[place] !== data[place - width]) {
        divisor = commonDivisor(divisor, row);
        break;
      }
    }
  }
  return divisor;
}

/** @type {(one: number, other: number) => number} */
function commonDivisor(one, other) {
  return other === 0 ? one : commonDivisor(other, one % other);
}

/**
 * [plane, thickness]: cuts off a frame of another brightness along at least three sides. Nothing is cut if the rest
 * would be empty.
 * @type {(grey: Plane) => [Plane, number]}
 */
export function cutFrame(grey) {
  const { height, width } = grey;
  if (Math.min(height, width) < SMALLEST) return [grey, 0];
  const [low, high] = findExtremes(grey.data);
  const paper = median(grey.data);
  const far = Math.max(40, 0.3 * (high - low));
  const top = findFrameDepth((depth) => rowOf(grey, depth), height, paper, far);
  const bottom = findFrameDepth((depth) => rowOf(grey, height - 1 - depth), height, paper, far);
  const left = findFrameDepth((depth) => columnOf(grey, depth), width, paper, far);
  const right = findFrameDepth((depth) => columnOf(grey, width - 1 - depth), width, paper, far);
  const cuts = [top, bottom, left, right];
  if (cuts.filter((cut) => cut > 0).length < 3) return [grey, 0];
  const inside = crop(grey, { top, bottom: height - bottom, left, right: width - right });
  const [darkest, lightest] = findExtremes(inside.data);
  return lightest - darkest < far ? [grey, 0] : [inside, Math.max(...cuts)];
}

/** @type {(plane: Plane, row: number) => Uint8Array} */
function rowOf({ width, data }, row) {
  return data.subarray(row * width, (row + 1) * width);
}

/** @type {(plane: Plane, column: number) => Uint8Array} */
function columnOf({ height, width, data }, column) {
  const levels = new Uint8Array(height);
  for (let row = 0; row < height; row++) levels[row] = data[row * width + column];
  return levels;
}

// The number of lines from the edge that belong to a frame, that is, whose median is far from the paper's level.
// `lineAt` returns the levels of the line at a depth; `count` is the number of lines.
/** @type {(lineAt: (depth: number) => Uint8Array, count: number, paper: number, far: number) => number} */
function findFrameDepth(lineAt, count, paper, far) {
  const outermost = lineAt(0);
  const middle = median(outermost);
  if (Math.abs(middle - paper) < far) return 0;
  const alike = outermost.reduce((sum, level) => sum + (Math.abs(level - middle) < far / 2 ? 1 : 0), 0);
  if (alike / outermost.length < UNIFORM) return 0;
  const deepest = Math.trunc(DEEPEST_FRAME * count);
  for (let depth = 0; depth <= deepest; depth++) {
    if (Math.abs(median(lineAt(depth)) - paper) < 0.3 * far) return depth;
  }
  return 0;
}
