// Max and average pooling, as in convlens.by_hand.pooling: what lies in the padding takes part in no maximum and counts as
// zeros in an average; a last window may hang over the end where `ceil` is set, and then averages what it covers.

import { axisOf, outputSize } from "convlens/views/learn/arithmetic/windows.js";
import { sizeOf } from "convlens/views/learn/arithmetic/tensors.js";

export const POOLINGS = ["max", "average"];

/** How many windows fit along one axis; `ceil` rounds up where the last one still begins inside. */
export function pooledSize(size, kernelSize, stride = kernelSize, padding = 0, ceil = false) {
  if (!ceil) return outputSize(size, kernelSize, stride, padding);
  const count = Math.ceil((size + 2 * padding - kernelSize) / stride) + 1;
  return (count - 1) * stride >= size + padding ? count - 1 : count;
}

export function pooledShape(size, sliding, ceil = false) {
  return [0, 1].map((axis) => pooledSize(size[axis], ...axisOf(sliding, axis).slice(0, 3), ceil));
}

/** One line on why this window cannot pool a matrix of this size, or null where it can. */
export function findPoolingMistake(size, sliding, ceil = false) {
  const shape = pooledShape(size, sliding, ceil);
  for (const axis of [0, 1]) {
    const [window, , padding] = axisOf(sliding, axis);
    if (2 * padding > window) {
      return `the padding is ${padding} and the window ${window}; give a padding of at most half the window.`;
    }
    if (shape[axis] < 1) {
      return `the window is ${window} and the padded image only ${size[axis] + 2 * padding}; give a smaller window.`;
    }
  }
  return null;
}

/**
 * One placement of a pooling window over a matrix. `covered` holds null where the window lies outside; `winner` is the
 * row and column of the largest, the first one of equals, null for an average; `divisor` is what the sum of an average
 * was divided by, 0 for a maximum.
 */
export function placePooling(matrix, kind, sliding, [row, column]) {
  const size = sizeOf(matrix);
  const start = [row, column].map((position, axis) => position * sliding.stride[axis] - sliding.padding[axis]);
  const rows = Array.from({ length: sliding.kernel[0] }, (_, tap) => start[0] + tap);
  const columns = Array.from({ length: sliding.kernel[1] }, (_, tap) => start[1] + tap);
  const covered = rows.map((y) => columns.map((x) => matrix[y]?.[x] ?? null));
  const placement = { position: [row, column], start, rows, columns, covered };
  return kind === "max"
    ? { ...placement, ...takeLargest(placement) }
    : { ...placement, ...takeAverage(placement, size, sliding) };
}

function takeLargest({ rows, columns, covered }) {
  let winner = null;
  let result = -Infinity;
  covered.forEach((line, y) =>
    line.forEach((value, x) => {
      if (value !== null && (winner === null || value > result)) [winner, result] = [[rows[y], columns[x]], value];
    }),
  );
  return { winner, divisor: 0, result };
}

function takeAverage({ start, covered }, size, sliding) {
  const lengths = [0, 1].map(
    (axis) => Math.min(start[axis] + sliding.kernel[axis], size[axis] + sliding.padding[axis]) - start[axis],
  );
  const divisor = lengths[0] * lengths[1];
  const sum = covered.flat().reduce((total, value) => total + (value ?? 0), 0);
  return { winner: null, divisor, result: sum / divisor };
}

/** The whole result, H'×W'. */
export function poolMatrix(matrix, kind, sliding, ceil = false) {
  const [height, width] = pooledShape(sizeOf(matrix), sliding, ceil);
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => placePooling(matrix, kind, sliding, [row, column]).result),
  );
}
