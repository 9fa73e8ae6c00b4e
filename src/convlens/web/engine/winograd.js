// 3×3 convolution by Winograd's minimal filtering, F(4×4, 3×3) of Lavin and Gray (2016): 36 multiplications for 16
// numbers instead of 144.
//
// Tiles of 6×6 of the input (four apart, so they overlap) and the kernels are transformed to 36 numbers each. In this
// form convolution is an elementwise product; summed over the channels and transformed back, it is a tile of 4×4 of the
// output. The transforms are sums of a few numbers with small factors: BᵀdB, GgGᵀ and AᵀmA of the paper, along the rows
// and then along the columns. In float64 their rounding errors are far below the precision of the float32 result.

import { MAPS, packedPlace, packedSize, PLACES, sumBlock } from "convlens/engine/blocks.js";

/** @import { ConvLayer } from "convlens/engine/convolution.js" */

/** @typedef {ReturnType<typeof prepareTiles>} Tiles */

const TILE = 4;
const FORM = 6;
const NUMBERS = FORM * FORM;
const FEWEST = 16;

/** @type {(layer: ConvLayer) => boolean} 3×3, stride 1, many maps: with few maps the transforms take too long. */
export function suitsTiles({ kernel, stride, dilation, inputShape, outputShape }) {
  const are = (/** @type {number[]} */ sizes, /** @type {number} */ size) => sizes.every((one) => one === size);
  const many = Math.min(inputShape[0], outputShape[0]) >= FEWEST;
  return many && are(kernel, 3) && are(stride, 1) && are(dilation, 1);
}

/** Transforms the kernels, and allocates the buffers for the input and the sums. @param {ConvLayer} layer */
export function prepareTiles(layer) {
  const [channels] = layer.inputShape;
  const [maps, height, width] = layer.outputShape;
  const [down, across] = [Math.ceil(height / TILE), Math.ceil(width / TILE)];
  const [rows, columns] = [down * TILE + 2, across * TILE + 2];
  const tiles = down * across;
  return {
    ...{ rows, columns, down, across, tiles },
    padded: new Float64Array(channels * rows * columns),
    // One number more, since the last tile may have no partner.
    input: new Float64Array(NUMBERS * channels * tiles + 1),
    products: new Float64Array(NUMBERS * maps * tiles),
    offsets: Int32Array.from({ length: channels }, (_nothing, channel) => channel * tiles),
    packed: transformKernels(layer),
  };
}

// Transforms every kernel to 36 numbers. For each of the 36, the weights of four maps lie side by side.
/** @type {(layer: ConvLayer) => Float64Array<ArrayBuffer>} */
function transformKernels(layer) {
  const [channels] = layer.inputShape;
  const [maps] = layer.outputShape;
  const size = packedSize(maps, channels);
  const packed = new Float64Array(NUMBERS * size);
  const [rows, form] = [new Float64Array(3 * FORM), new Float64Array(NUMBERS)];
  for (let map = 0; map < maps; map += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const kernel = layer.weight.data.subarray((map * channels + channel) * 9);
      for (let row = 0; row < 3; row += 1) formOfKernel(kernel, 3 * row, 1, rows, FORM * row, 1);
      for (let column = 0; column < FORM; column += 1) formOfKernel(rows, column, FORM, form, column, FORM);
      const place = packedPlace(map, channel, channels);
      for (let number = 0; number < NUMBERS; number += 1) packed[number * size + place] = form[number];
    }
  }
  return packed;
}

/**
 * Reads numbers from `start` on, `step` apart, and writes the results from `first` on, `apart` from each other.
 * @typedef {(from: Float32Array | Float64Array, start: number, step: number, to: Float64Array, first: number,
 *   apart: number) => void} Transform
 */

/** @type {Transform} G: three numbers of a kernel to six. */
function formOfKernel(from, start, step, to, first, apart) {
  const [a, b, c] = [from[start], from[start + step], from[start + 2 * step]];
  to[first] = a / 4;
  to[first + apart] = -(a + b + c) / 6;
  to[first + 2 * apart] = -(a - b + c) / 6;
  to[first + 3 * apart] = a / 24 + b / 12 + c / 6;
  to[first + 4 * apart] = a / 24 - b / 12 + c / 6;
  to[first + 5 * apart] = c;
}

/** @type {Transform} Bᵀ: six numbers of the input to six. */
function formOfInput(from, start, step, to, first, apart) {
  const a = from[start];
  const b = from[start + step];
  const c = from[start + 2 * step];
  const d = from[start + 3 * step];
  const e = from[start + 4 * step];
  const f = from[start + 5 * step];
  to[first] = 4 * a - 5 * c + e;
  to[first + apart] = d + e - 4 * (b + c);
  to[first + 2 * apart] = e - d + 4 * (b - c);
  to[first + 3 * apart] = e - c + 2 * (d - b);
  to[first + 4 * apart] = e - c - 2 * (d - b);
  to[first + 5 * apart] = 4 * b - 5 * d + f;
}

/** @type {Transform} Aᵀ: six sums back to four numbers of the output. */
function outputOfForm(from, start, step, to, first, apart) {
  const b = from[start + step];
  const c = from[start + 2 * step];
  const d = from[start + 3 * step];
  const e = from[start + 4 * step];
  to[first] = from[start] + b + c + d + e;
  to[first + apart] = b - c + 2 * (d - e);
  to[first + 2 * apart] = b + c + 4 * (d + e);
  to[first + 3 * apart] = b - c + 8 * (d - e) + from[start + 5 * step];
}

/** @type {(layer: ConvLayer, prepared: Tiles) => Float32Array<ArrayBuffer>} `padded` must hold the input. */
export function convolveTiles(layer, prepared) {
  transformInput(layer, prepared);
  multiply(layer, prepared);
  return transformBack(layer, prepared);
}

/** @type {(layer: ConvLayer, prepared: Tiles) => void} */
function transformInput(layer, { rows, columns, down, across, tiles, padded, input }) {
  const [channels] = layer.inputShape;
  const between = new Float64Array(NUMBERS);
  for (let channel = 0; channel < channels; channel += 1) {
    for (let tile = 0; tile < down * across; tile += 1) {
      const top = Math.floor(tile / across) * TILE;
      const start = (channel * rows + top) * columns + (tile % across) * TILE;
      for (let row = 0; row < FORM; row += 1) formOfInput(padded, start + row * columns, 1, between, FORM * row, 1);
      // The k-th numbers of all channels and tiles lie together, since the sums run over channels.
      const apart = channels * tiles;
      const to = channel * tiles + tile;
      for (let column = 0; column < FORM; column += 1) {
        formOfInput(between, column, FORM, input, column * apart + to, FORM * apart);
      }
    }
  }
}

// For each of the 36 numbers: the sums over the channels, for every map and tile.
/** @type {(layer: ConvLayer, prepared: Tiles) => void} */
function multiply(layer, { tiles, input, products, offsets, packed }) {
  const [channels] = layer.inputShape;
  const [maps] = layer.outputShape;
  const sums = new Float64Array(MAPS * PLACES);
  const size = packedSize(maps, channels);
  for (let number = 0; number < NUMBERS; number += 1) {
    for (let map = 0; map < maps; map += MAPS) {
      const here = Math.min(MAPS, maps - map);
      for (let tile = 0; tile < tiles; tile += PLACES) {
        const start = number * channels * tiles + tile;
        sumBlock(input, start, 1, offsets, channels, packed, number * size + map * channels, sums);
        const both = tile + 1 < tiles;
        for (let k = 0; k < here; k += 1) {
          const to = (number * maps + map + k) * tiles + tile;
          products[to] = sums[k];
          if (both) products[to + 1] = sums[MAPS + k];
        }
      }
    }
  }
}

/** @type {(layer: ConvLayer, prepared: Tiles) => Float32Array<ArrayBuffer>} */
function transformBack(layer, { across, tiles, products }) {
  const [maps, height, width] = layer.outputShape;
  const output = new Float32Array(maps * height * width);
  const [between, block] = [new Float64Array(TILE * FORM), new Float64Array(TILE * TILE)];
  const apart = maps * tiles;
  for (let map = 0; map < maps; map += 1) {
    const bias = layer.bias.data[map];
    for (let tile = 0; tile < tiles; tile += 1) {
      for (let column = 0; column < FORM; column += 1) {
        outputOfForm(products, column * apart + map * tiles + tile, FORM * apart, between, column, FORM);
      }
      for (let row = 0; row < TILE; row += 1) outputOfForm(between, FORM * row, 1, block, TILE * row, 1);
      const top = Math.floor(tile / across) * TILE;
      const left = (tile % across) * TILE;
      const [endRow, endColumn] = [Math.min(TILE, height - top), Math.min(TILE, width - left)];
      for (let row = 0; row < endRow; row += 1) {
        const to = (map * height + top + row) * width + left;
        for (let column = 0; column < endColumn; column += 1) output[to + column] = block[TILE * row + column] + bias;
      }
    }
  }
  return output;
}
