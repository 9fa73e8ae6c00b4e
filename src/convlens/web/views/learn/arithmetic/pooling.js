// Max and average pooling, as in convlens.by_hand.pooling: a maximum ignores the padding, and an average counts it as
// zeros. A last window that extends beyond the end averages only the numbers that it covers.

import { sizeOf, sumOf } from "convlens/views/learn/arithmetic/tensors.js";
import { axesOf, cellsRead, outputShape, outputSize } from "convlens/views/learn/arithmetic/windows.js";

/** @import { Matrix } from "convlens/views/learn/arithmetic/tensors.js" */
/** @import { Pair, Sliding } from "convlens/views/learn/arithmetic/windows.js" */

/**
 * @typedef {"max" | "average"} Kind
 * @typedef {ReturnType<typeof poolAt>} Pooled
 */

/** Why this window can't pool a matrix of this size, or null. @param {Pair} size @param {Sliding} sliding */
export function findPoolingMistake(size, sliding) {
  for (const axis of axesOf(size, sliding)) {
    if (2 * axis.padding > axis.kernel) {
      return `the padding is ${axis.padding} and the window ${axis.kernel}; give a padding of at most half the window.`;
    }
    if (outputSize(axis) < 1) {
      const padded = axis.size + 2 * axis.padding;
      return `the window is ${axis.kernel} and the padded image only ${padded}; give a smaller window.`;
    }
  }
  return null;
}

/**
 * The pooling window at one position over a matrix. `covered` is null outside the matrix; `winner` is the row and
 * column of the largest number (the first among equals), null for an average; `divisor` is that of an average, 0 for a
 * maximum.
 * @param {Matrix} matrix
 * @param {Kind} kind
 * @param {Sliding} sliding
 * @param {Pair} position
 */
export function poolAt(matrix, kind, sliding, position) {
  const axes = axesOf(sizeOf(matrix), sliding);
  const [rows, columns] = axes.map((axis, number) => cellsRead(position[number], axis));
  const covered = rows.map((y) => columns.map((x) => matrix[y]?.[x] ?? null));
  const cells = rows
    .flatMap((y) => columns.map((x) => /** @type {Pair} */ ([y, x])))
    .filter(([y, x]) => x in (matrix[y] ?? []));
  const values = cells.map(([y, x]) => matrix[y][x]);
  if (kind === "max") {
    const result = Math.max(...values);
    return { rows, columns, covered, winner: cells[values.indexOf(result)], divisor: 0, result };
  }
  const [high, wide] = [rows, columns].map(
    (cells, number) => Math.min(cells[0] + axes[number].kernel, axes[number].size + axes[number].padding) - cells[0],
  );
  return { rows, columns, covered, winner: null, divisor: high * wide, result: sumOf(values) / (high * wide) };
}

/** @type {(matrix: Matrix, kind: Kind, sliding: Sliding) => Matrix} The whole result, H'×W'. */
export function poolMatrix(matrix, kind, sliding) {
  const [height, width] = outputShape(sizeOf(matrix), sliding);
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => poolAt(matrix, kind, sliding, [row, column]).result),
  );
}
