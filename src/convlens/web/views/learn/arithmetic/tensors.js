// A convolutional layer on arrays of numbers: an image C×H×W, kernels O×C×kH×kW, a map for each kernel.
//
// Everything is computed placement by placement, in double precision, as convlens.by_hand does it, so that the sum that
// is shown is the sum that was done. A matrix is an image of one channel.

import { activate } from "convlens/views/learn/arithmetic/activations.js";
import { cellsRead, axisOf, outputShape } from "convlens/views/learn/arithmetic/windows.js";

export function turnKernel(matrix) {
  return [...matrix].reverse().map((row) => [...row].reverse());
}

export function sizeOf(matrix) {
  return [matrix.length, matrix[0].length];
}

/** Which cell of the input a padded place shows: itself, its mirror image, the edge, or null where there is a zero. */
export function cellBehind(place, size, mode) {
  if (place >= 0 && place < size) return place;
  if (mode === "replicate") return place < 0 ? 0 : size - 1;
  if (mode === "reflect") return place < 0 ? -place : 2 * (size - 1) - place;
  return null;
}

/** The value at a row and column, which may lie in the padding. */
export function valueAt(matrix, row, column, mode = "zeros") {
  const [height, width] = sizeOf(matrix);
  const [y, x] = [cellBehind(row, height, mode), cellBehind(column, width, mode)];
  return y === null || x === null ? 0 : matrix[y][x];
}

/** A matrix with its padding around it. */
export function padMatrix(matrix, [down, across], mode = "zeros") {
  const [height, width] = sizeOf(matrix);
  return Array.from({ length: height + 2 * down }, (_, row) =>
    Array.from({ length: width + 2 * across }, (_, column) => valueAt(matrix, row - down, column - across, mode)),
  );
}

/**
 * One placement of a kernel C×kH×kW over an image C×H×W: `covered` × `kernel` = `products`, whose sum is `channelSums`
 * a channel and with the bias `total`; `result` is the total activated. `rows` and `columns` are the cells that it
 * reads, `outside` those of them in the padding (kH×kW).
 */
export function placeKernel(image, kernel, sliding, [row, column], { bias = 0, activation = "none", slope } = {}) {
  const [height, width] = sizeOf(image[0]);
  const rows = cellsRead(row, ...axisOf(sliding, 0));
  const columns = cellsRead(column, ...axisOf(sliding, 1));
  const covered = image.map((channel) => rows.map((y) => columns.map((x) => valueAt(channel, y, x, sliding.mode))));
  const products = covered.map((patch, channel) =>
    patch.map((line, y) => line.map((value, x) => value * kernel[channel][y][x])),
  );
  const outside = rows.map((y) => columns.map((x) => y < 0 || y >= height || x < 0 || x >= width));
  const channelSums = products.map((channel) => channel.flat().reduce((sum, product) => sum + product, 0));
  const total = channelSums.reduce((sum, one) => sum + one, 0) + bias;
  const result = activate(total, activation, slope);
  const start = [rows[0], columns[0]];
  return {
    position: [row, column],
    start,
    rows,
    columns,
    outside,
    covered,
    kernel,
    products,
    channelSums,
    bias,
    total,
    activation,
    result,
  };
}

/** The map H'×W' of one kernel: every placement's result, without keeping what is behind it. */
export function makeMap(image, kernel, sliding, options = {}) {
  const padded = image.map((channel) => padMatrix(channel, sliding.padding, sliding.mode));
  return mapOf(padded, kernel, sliding, options);
}

function mapOf(padded, kernel, sliding, { bias = 0, activation = "none", slope } = {}) {
  const size = sizeOf(padded[0]).map((length, axis) => length - 2 * sliding.padding[axis]);
  const [height, width] = outputShape(size, sliding);
  const map = [];
  for (let row = 0; row < height; row += 1) {
    const line = [];
    for (let column = 0; column < width; column += 1) {
      line.push(
        activate(
          sumAt(padded, kernel, sliding, row * sliding.stride[0], column * sliding.stride[1]) + bias,
          activation,
          slope,
        ),
      );
    }
    map.push(line);
  }
  return map;
}

function sumAt(padded, kernel, { dilation: [apartY, apartX] }, top, left) {
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

/** The maps of a layer, O×H'×W'; `biases` has one number a kernel. */
export function makeMaps(image, kernels, sliding, { biases = [], activation = "none", slope } = {}) {
  const padded = image.map((channel) => padMatrix(channel, sliding.padding, sliding.mode));
  return kernels.map((kernel, number) =>
    mapOf(padded, kernel, sliding, { bias: biases[number] ?? 0, activation, slope }),
  );
}
