// Digits for use without a model or a dataset: strokes on 28×28 pixels, as thick as MNIST's.

/** @import { Matrix } from "convlens/views/learn/arithmetic/tensors.js" */

/** @typedef {[x: number, y: number]} Point in pixels */

const SIDE = 28;
const RADIUS = 1.15;
/** @type {Record<string, string>} the points of each stroke, x,y */
const STROKES = {
  3: "8,7 12,5 17,6 19,9 17,12 13,13.5 17,14.5 20,18 18,22 13,23.5 8,21",
  5: "19,5 10,5.5 9.5,12 14,11 18.5,13.5 19,18.5 16,22.5 11,23 8,21",
  7: "7,6 20,6 16.5,12 13.5,18 12,23.5",
};

/** The available digits. */
export const DIGITS = Object.keys(STROKES);

/** @returns {Matrix} */
export function emptyPicture() {
  return Array.from({ length: SIDE }, () => new Array(SIDE).fill(0));
}

/** @param {string} digit */
export function drawDigit(digit) {
  const points = STROKES[digit].split(" ").map((point) => /** @type {Point} */ (point.split(",").map(Number)));
  return points.slice(1).reduce((picture, point, before) => drawLine(picture, points[before], point), emptyPicture());
}

/** @type {(picture: Matrix, from: Point, to: Point) => Matrix} Adds a line: 255 inside, less at the edge. */
export function drawLine(picture, from, to) {
  return picture.map((row, y) =>
    row.map((value, x) => {
      const ink = RADIUS + 0.5 - distance([x, y], from, to);
      return Math.max(value, Math.round(255 * Math.max(0, Math.min(1, ink))));
    }),
  );
}

/** @type {(point: Point, from: Point, to: Point) => number} The distance from a point to a line segment. */
function distance([x, y], [fromX, fromY], [toX, toY]) {
  const [alongX, alongY] = [toX - fromX, toY - fromY];
  const length = alongX ** 2 + alongY ** 2;
  const share = length ? Math.max(0, Math.min(1, ((x - fromX) * alongX + (y - fromY) * alongY) / length)) : 0;
  return Math.hypot(x - fromX - share * alongX, y - fromY - share * alongY);
}
