// Receptive fields: which part of an earlier layer, or of the picture, one number depends on.
//
// The textbook's recursion gives the size in the middle of a boundless picture. Real maps end: padding is no part of them,
// dropped rows reach nobody. So each row's first and last row are followed through the layers, as in Python
// (convlens.network.receptive_field); the boundless one comes along as `unclipped`.

const SLIDING = new Set(["conv", "maxpool", "avgpool"]);

/**
 * The part of the output of layer `upTo` (−1: the input) that the number at `place` of layer `layer` depends on:
 * {top, left, bottom, right, firstChannel, endChannel, unclipped: {top, left, bottom, right}}. Bottom, right and endChannel
 * are the first ones behind it, so that bottom − top is a height. Where the output of `upTo` is a row of numbers, it counts as
 * one map of one row. A number that sees nothing but padding has a field of no size.
 */
export function receptiveField(model, layer, place, upTo = -1) {
  if (upTo > layer) throw new Error(`layer ${upTo} comes after layer ${layer}; give an earlier one.`);
  let region = regionOf(shapeOf(model, layer), place);
  for (let index = layer; index > upTo; index -= 1) region = stepBack(model.layers[index], region);
  const { channels, rows, columns, freeRows, freeColumns, seen } = region;
  return {
    top: rows[0],
    left: columns[0],
    bottom: seen ? rows[1] : rows[0],
    right: seen ? columns[1] : columns[0],
    firstChannel: channels[0],
    endChannel: channels[1],
    unclipped: { top: freeRows[0], left: freeColumns[0], bottom: freeRows[1], right: freeColumns[1] },
  };
}

function shapeOf(model, layer) {
  return layer < 0 ? model.inputShape : model.layers[layer].outputShape;
}

/** One number, as a region of channels, rows and columns, each from the first to the first behind it. */
function regionOf(shape, place) {
  if (shape.length === 1) return region([0, 1], [0, 1], [place, place + 1]);
  const [, height, width] = shape;
  const channel = Math.floor(place / (height * width));
  const row = Math.floor(place / width) % height;
  const column = place % width;
  return region([channel, channel + 1], [row, row + 1], [column, column + 1]);
}

function region(channels, rows, columns) {
  return { channels, rows, columns, freeRows: rows, freeColumns: columns, seen: true };
}

/** The region of a layer's input that a region of its output depends on. */
function stepBack(layer, from) {
  const [channels, height, width] = layer.inputShape;
  if (SLIDING.has(layer.kind)) return slideRegion(layer, from);
  const whole = {
    globalavgpool: () => region(from.channels, [0, height], [0, width]),
    dense: () => region([0, 1], [0, 1], [0, channels]),
    flatten: () => unflatten(layer.inputShape, from.columns),
  }[layer.kind];
  return whole ? { ...whole(), seen: from.seen } : from;
}

function slideRegion(layer, from) {
  const [rows, columns] = [slideBack(layer, 0, from.rows), slideBack(layer, 1, from.columns)];
  return {
    channels: layer.kind === "conv" ? [0, layer.inputShape[0]] : from.channels,
    rows,
    columns,
    freeRows: slideFreely(layer, 0, from.freeRows),
    freeColumns: slideFreely(layer, 1, from.freeColumns),
    seen: from.seen && rows[0] < rows[1] && columns[0] < columns[1],
  };
}

/** From the first to the last row of the input that any of the rows reads; padding is none. */
function slideBack(layer, axis, [first, end]) {
  const size = layer.inputShape[axis + 1];
  const dilation = layer.dilation[axis];
  let [lowest, highest] = [Infinity, -1];
  for (let position = first; position < end; position += 1) {
    const start = position * layer.stride[axis] - layer.padding[axis];
    const firstTap = Math.max(0, Math.ceil(-start / dilation));
    const lastTap = Math.min(layer.kernel[axis] - 1, Math.floor((size - 1 - start) / dilation));
    if (firstTap > lastTap) continue;
    lowest = Math.min(lowest, start + firstTap * dilation);
    highest = Math.max(highest, start + lastTap * dilation);
  }
  return highest < 0 ? [0, 0] : [lowest, highest + 1];
}

/** The same without ends: as if the maps went on for ever. */
function slideFreely(layer, axis, [first, end]) {
  const reach = (layer.kernel[axis] - 1) * layer.dilation[axis] + 1;
  return [first * layer.stride[axis] - layer.padding[axis], (end - 1) * layer.stride[axis] - layer.padding[axis] + reach];
}

/** Numbers of a row as a region of the maps they were: one place, or where there are more of them everything. */
function unflatten(shape, [first, end]) {
  if (end - first === 1) return regionOf(shape, first);
  return region([0, shape[0]], [0, shape[1]], [0, shape[2]]);
}
