// A convolutional layer on arrays of numbers: an image C×H×W, kernels O×C×kH×kW, a map for each kernel.
//
// Everything is computed in double precision, as in convlens.by_hand, so the page shows exactly the sum that it
// computes. A matrix is an image of one channel, a vector a matrix of one row.

import { activate } from "convlens/views/learn/arithmetic/activations.js";
import { axesOf, cellsRead, outputShape } from "convlens/views/learn/arithmetic/windows.js";

/** @import { Pair, Sliding } from "convlens/views/learn/arithmetic/windows.js" */

/**
 * @typedef {number[][]} Matrix
 * @typedef {Matrix[]} Tensor
 * @typedef {ReturnType<typeof kernelAt>} KernelSum
 */

/** @param {Matrix} matrix the kernel to rotate by 180° */
export function turnKernel(matrix) {
  return matrix.toReversed().map((row) => row.toReversed());
}

/** @type {(matrix: Matrix) => Pair} */
export function sizeOf(matrix) {
  return [matrix.length, matrix[0].length];
}

/** @param {Iterable<number>} numbers */
export function sumOf(numbers) {
  let sum = 0;
  for (const number of numbers) sum += number;
  return sum;
}

/**
 * Resizes a matrix: the old numbers stay in the upper left; new ones are 0, or come from `filling`.
 * @type {(matrix: Matrix, height: number, width: number, filling?: (row: number, column: number) => number) => Matrix}
 */
export function resizeMatrix(matrix, height, width, filling = () => 0) {
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => matrix[row]?.[column] ?? filling(row, column)),
  );
}

/** @type {(matrix: Matrix, row: number, column: number, value: number) => number[][]} A copy with one number changed. */
export function replaceAt(matrix, row, column, value) {
  return matrix.with(row, matrix[row].with(column, value));
}

// The cell of the input that a padded place repeats: itself, its mirror image, the edge, or null for a zero.
/** @type {(place: number, size: number, mode: string) => number | null} */
function cellBehind(place, size, mode) {
  if (place >= 0 && place < size) return place;
  if (mode === "replicate") return place < 0 ? 0 : size - 1;
  if (mode === "reflect") return place < 0 ? -place : 2 * (size - 1) - place;
  return null;
}

/** @type {(matrix: Matrix, row: number, column: number, mode?: string) => number} The place may lie in the padding. */
export function valueAt(matrix, row, column, mode = "zeros") {
  const [height, width] = sizeOf(matrix);
  const [y, x] = [cellBehind(row, height, mode), cellBehind(column, width, mode)];
  return y === null || x === null ? 0 : matrix[y][x];
}

/** @type {(matrix: Matrix, padding: Pair, mode?: string) => Matrix} Adds the padding around a matrix. */
export function padMatrix(matrix, [down, across], mode) {
  const [height, width] = sizeOf(matrix);
  return Array.from({ length: height + 2 * down }, (_, row) =>
    Array.from({ length: width + 2 * across }, (_, column) => valueAt(matrix, row - down, column - across, mode)),
  );
}

/**
 * A kernel C×kH×kW at one position over an image C×H×W. `products` are `covered` × `kernel`, `channelSums` their sum in
 * each channel, `total` the sum of these plus the bias, and `result` the total after the activation. `rows` and
 * `columns` are the cells that it reads; `outside` (kH×kW) says which of them lie in the padding.
 * @param {Tensor} image
 * @param {Tensor} kernel
 * @param {Sliding} sliding
 * @param {Pair} position row and column of the map
 * @param {{ bias?: number, activation?: string, slope?: number }} [layer]
 */
export function kernelAt(image, kernel, sliding, position, { bias = 0, activation = "none", slope } = {}) {
  const size = sizeOf(image[0]);
  const [rows, columns] = axesOf(size, sliding).map((axis, number) => cellsRead(position[number], axis));
  const covered = image.map((channel) => rows.map((y) => columns.map((x) => valueAt(channel, y, x, sliding.mode))));
  const products = covered.map((patch, channel) =>
    patch.map((line, y) => line.map((value, x) => value * kernel[channel][y][x])),
  );
  const outside = rows.map((y) => columns.map((x) => y < 0 || y >= size[0] || x < 0 || x >= size[1]));
  const channelSums = products.map((channel) => sumOf(channel.flat()));
  const total = sumOf(channelSums) + bias;
  const result = activate(total, activation, slope);
  return { rows, columns, outside, covered, kernel, products, channelSums, bias, total, activation, result };
}

/**
 * Returns the maps O×H'×W' of a layer, without their products; `biases` has one number for each kernel.
 * @type {(image: Tensor, kernels: Tensor[], sliding: Sliding,
 *   layer?: { biases?: number[], activation?: string, slope?: number }) => Tensor}
 */
export function makeMaps(image, kernels, sliding, { biases = [], activation = "none", slope } = {}) {
  const padded = image.map((channel) => padMatrix(channel, sliding.padding, sliding.mode));
  const [height, width] = outputShape(sizeOf(image[0]), sliding);
  const [down, across] = sliding.stride;
  return kernels.map((kernel, number) =>
    Array.from({ length: height }, (_, row) =>
      Array.from({ length: width }, (_, column) => {
        const total = sumAt(padded, kernel, sliding.dilation, row * down, column * across) + (biases[number] ?? 0);
        return activate(total, activation, slope);
      }),
    ),
  );
}

/** @type {(matrix: Matrix, kernel: Matrix, sliding?: Sliding, bias?: number) => Matrix} One kernel's map. */
export function makeMap(matrix, kernel, sliding = windowOf(kernel), bias = 0) {
  return makeMaps([matrix], [[kernel]], sliding, { biases: [bias] })[0];
}

/** @type {(kernel: Matrix) => Sliding} Stride 1, no padding. */
export function windowOf(kernel) {
  return { kernel: sizeOf(kernel), stride: [1, 1], padding: [0, 0], dilation: [1, 1] };
}

// The same sum as in `kernelAt`, but in loops that keep no products, since an image has thousands of sums.
/** @type {(padded: Tensor, kernel: Tensor, dilation: Pair, top: number, left: number) => number} */
function sumAt(padded, kernel, [apartY, apartX], top, left) {
  let total = 0;
  for (let channel = 0; channel < kernel.length; channel += 1) {
    let sum = 0;
    for (let y = 0; y < kernel[channel].length; y += 1) {
      const [values, weights] = [padded[channel][top + y * apartY], kernel[channel][y]];
      for (let x = 0; x < weights.length; x += 1) sum += values[left + x * apartX] * weights[x];
    }
    total += sum;
  }
  return total;
}
