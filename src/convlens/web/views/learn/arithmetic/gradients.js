// One step back: how the loss changes with each weight of a kernel, as in convlens.by_hand.gradients, and the step against it.
//
// The loss is half the squared distance from the map to a target: then its slope at a number of the map is that number less its target.

import { bracketed, equalsSign, shortNumber, writeSum } from "convlens/views/learn/arithmetic/sentences.js";

export function halfSquaredDistance(map, target) {
  return slopesOf(map, target)
    .flat()
    .reduce((sum, slope) => sum + slope ** 2 / 2, 0);
}

/** How the loss changes with each number of the map. */
export function slopesOf(map, target) {
  return subtract(map, target);
}

export function subtract(one, other, factor = 1) {
  return one.map((line, row) => line.map((value, column) => value - factor * other[row][column]));
}

/**
 * One weight of a kernel that moves by one over an image H×W, with slopes H'×W' for its map: what it `met` at every placement,
 * that times the slope there (`products`), and their sum, its gradient (`total`). `rows` and `columns` are those that it meets.
 */
export function meetWeight(image, slopes, [row, column]) {
  const rows = slopes.map((_, y) => y + row);
  const columns = slopes[0].map((_, x) => x + column);
  const met = rows.map((y) => columns.map((x) => image[y][x]));
  const products = met.map((line, y) => line.map((value, x) => value * slopes[y][x]));
  return { rows, columns, met, slopes, products, total: products.flat().reduce((sum, product) => sum + product, 0) };
}

/** The gradient of every weight of a kernel of this size. */
export function kernelGradient(image, slopes, [height, width]) {
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => meetWeight(image, slopes, [row, column]).total),
  );
}

/** The sum behind the gradient of a weight. */
export function writeGradient({ met, slopes, total }) {
  const pairs = met.flatMap((line, y) => line.map((value, x) => [value, slopes[y][x]]));
  return `${writeSum(pairs)} ${equalsSign(...pairs.flat(), total)} ${shortNumber(total)}`;
}

/** The sum behind the loss. */
export function writeLoss(slopes, loss) {
  const squares = slopes.flat().map((slope) => `${bracketed(slope)}²`);
  return `½·(${squares.join(" + ")}) ${equalsSign(...slopes.flat(), loss)} ${shortNumber(loss)}`;
}
