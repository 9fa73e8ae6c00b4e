// The gradient of a weight: how the loss changes with each weight of a kernel, as in convlens.by_hand.gradients, and the
// step against it.
//
// The loss is half the squared distance from the map to a target, so its slope at a number of the map is that number
// minus its target. A weight of the kernel is multiplied by one number of the image at each window position, so its
// gradient is a cross-correlation: of the image with the slopes as a kernel, at the position of the weight.

import { bracketed, equalsSign, shortNumber } from "convlens/views/learn/arithmetic/sentences.js";
import { kernelAt, makeMap, sumOf, windowOf } from "convlens/views/learn/arithmetic/tensors.js";

/** @import { Matrix } from "convlens/views/learn/arithmetic/tensors.js" */

/** @param {Matrix} one @param {Matrix} other @returns {Matrix} one − factor · other */
export function subtract(one, other, factor = 1) {
  return one.map((line, row) => line.map((value, column) => value - factor * other[row][column]));
}

/** @param {Matrix} slopes the map minus its target */
export function lossOf(slopes) {
  return sumOf(slopes.flat().map((slope) => slope ** 2 / 2));
}

/** @type {(image: Matrix, slopes: Matrix) => Matrix} The gradient of a kernel with stride 1. */
export function kernelGradient(image, slopes) {
  return makeMap(image, slopes);
}

/**
 * Returns the gradient of one weight: the numbers that it was multiplied by (`covered`), these times the slopes
 * (`products`), and their sum, the gradient (`total`).
 * @param {Matrix} image
 * @param {Matrix} slopes
 * @param {import("convlens/views/learn/arithmetic/windows.js").Pair} weight
 */
export function gradientOf(image, slopes, weight) {
  return kernelAt([image], [slopes], windowOf(slopes), weight);
}

/** The sum behind the loss. @param {Matrix} slopes */
export function writeLoss(slopes) {
  const squares = slopes.flat().map((slope) => `${bracketed(slope)}²`);
  const loss = lossOf(slopes);
  return `½·(${squares.join(" + ")}) ${equalsSign(...slopes.flat(), loss)} ${shortNumber(loss)}`;
}
