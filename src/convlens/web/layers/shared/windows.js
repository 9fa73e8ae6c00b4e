// The common parts of layers that slide a window over their maps: convolution and pooling.

import { placeOf } from "convlens/engine/decode.js";
import { allOf } from "convlens/engine/regions.js";

/** @import { Layer, Pair, Source } from "convlens/engine/network.js" */
/** @import { Extent, Region } from "convlens/engine/regions.js" */

/** @typedef {Layer & { kernel: Pair, stride: Pair, padding: Pair, dilation: Pair }} WindowLayer */

/**
 * The position of a window in the layer's input: negative in the padding; bottom and right are outside. `rows` and
 * `columns` count the rows and columns that it reads; a dilated window has gaps between them.
 * @typedef {{ top: number, left: number, bottom: number, right: number, rows: number, columns: number }} Window
 */

/** @typedef {{ row: number, column: number, padding: boolean, source: Source | null }} Cell */

/** @type {(layer: WindowLayer, row: number, column: number) => Window} The window of a row and column of the output. */
export function windowOf(layer, row, column) {
  const [rows, columns] = [0, 1].map((axis) => (layer.kernel[axis] - 1) * layer.dilation[axis] + 1);
  const top = row * layer.stride[0] - layer.padding[0];
  const left = column * layer.stride[1] - layer.padding[1];
  return { top, left, bottom: top + rows, right: left + columns, rows: layer.kernel[0], columns: layer.kernel[1] };
}

/** @type {(layer: WindowLayer, window: Window, channel: number) => Cell[]} The cells in one map, row by row. */
export function cellsOf(layer, window, channel) {
  const [, height, width] = layer.inputShape;
  /** @type {Cell[]} */
  const cells = [];
  for (let row = window.top; row < window.bottom; row += layer.dilation[0]) {
    for (let column = window.left; column < window.right; column += layer.dilation[1]) {
      const padding = row < 0 || row >= height || column < 0 || column >= width;
      const place = placeOf(layer.inputShape, [channel, row, column]);
      cells.push({ row, column, padding, source: padding ? null : { layer: layer.inputs[0], place } });
    }
  }
  return cells;
}

/**
 * Calls `visit` for each output of a pooling layer and each input in its window, row by row.
 * @type {(layer: WindowLayer, visit: (to: number, place: number) => void) => void}
 */
export function visitWindows(layer, visit) {
  const [channels, height, width] = layer.inputShape;
  const [, rows, columns] = layer.outputShape;
  for (let to = 0; to < channels * rows * columns; to += 1) {
    const top = (Math.floor(to / columns) % rows) * layer.stride[0] - layer.padding[0];
    const left = (to % columns) * layer.stride[1] - layer.padding[1];
    const start = Math.floor(to / (rows * columns)) * height;
    const [endRow, endColumn] = [Math.min(top + layer.kernel[0], height), Math.min(left + layer.kernel[1], width)];
    for (let row = Math.max(top, 0); row < endRow; row += 1) {
      for (let column = Math.max(left, 0); column < endColumn; column += 1) visit(to, (start + row) * width + column);
    }
  }
}

/**
 * The region of the input that a region of the output reads.
 * @param {WindowLayer} layer
 * @param {Region} region
 * @param {Extent} channels of the input
 * @returns {Region}
 */
export function slideBack(layer, region, channels = region.channels) {
  return {
    channels,
    rows: readBy(layer, 0, region.rows),
    columns: readBy(layer, 1, region.columns),
    freeRows: readFreely(layer, 0, region.freeRows),
    freeColumns: readFreely(layer, 1, region.freeColumns),
  };
}

// The rows of the input that these rows of the output read, sorted and without padding.
/** @type {(layer: WindowLayer, axis: 0 | 1, positions: number[]) => number[]} */
function readBy(layer, axis, positions) {
  const read = new Uint8Array(layer.inputShape[axis + 1]);
  for (const position of positions) {
    for (let tap = 0; tap < layer.kernel[axis]; tap += 1) {
      const row = position * layer.stride[axis] - layer.padding[axis] + tap * layer.dilation[axis];
      if (row >= 0 && row < read.length) read[row] = 1;
    }
  }
  return allOf(read.length).filter((row) => read[row]);
}

// The same for maps without edges.
/** @type {(layer: WindowLayer, axis: 0 | 1, extent: Extent) => Extent} */
function readFreely(layer, axis, [first, end]) {
  const reach = (layer.kernel[axis] - 1) * layer.dilation[axis] + 1;
  const start = (/** @type {number} */ position) => position * layer.stride[axis] - layer.padding[axis];
  return [start(first), start(end - 1) + reach];
}
