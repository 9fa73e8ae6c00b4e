// Receptive fields: which part of an earlier layer, or of the picture, one number depends on.
//
// The textbook's recursion gives the size in the middle of a boundless picture. Real maps end: padding is no part of them,
// dropped rows reach nobody, and a dilated kernel at an edge may end earlier than its neighbour. So it is the very rows that
// are followed back through the layers, one axis at a time; the field reaches from the first to the last of them, as in
// Python (convlens.network.receptive_field). The boundless one comes along as `unclipped`.

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
  const { channels, rows, columns, freeRows, freeColumns } = region;
  const seen = region.seen && rows.length > 0 && columns.length > 0;
  const [vertical, horizontal] = seen
    ? [hull(rows), hull(columns)]
    : [
        [0, 0],
        [0, 0],
      ];
  return {
    top: vertical[0],
    left: horizontal[0],
    bottom: vertical[1],
    right: horizontal[1],
    firstChannel: channels[0],
    endChannel: channels[1],
    unclipped: { top: freeRows[0], left: freeColumns[0], bottom: freeRows[1], right: freeColumns[1] },
  };
}

/** From the first to the first behind the last of some rows, which are in order. */
function hull(rows) {
  return [rows[0], rows[rows.length - 1] + 1];
}

function shapeOf(model, layer) {
  return layer < 0 ? model.inputShape : model.layers[layer].outputShape;
}

/** One number, as a region: its channels from the first to the first behind, and which rows and columns. */
function regionOf(shape, place) {
  if (shape.length === 1) return region([0, 1], [0], [place]);
  const [, height, width] = shape;
  const channel = Math.floor(place / (height * width));
  return region([channel, channel + 1], [Math.floor(place / width) % height], [place % width]);
}

function region(channels, rows, columns) {
  return { channels, rows, columns, freeRows: hull(rows), freeColumns: hull(columns), seen: true };
}

function allOf(size) {
  return Array.from({ length: size }, (_nothing, row) => row);
}

/** The region of a layer's input that a region of its output depends on. */
function stepBack(layer, from) {
  const [channels, height, width] = layer.inputShape;
  if (SLIDING.has(layer.kind)) return slideRegion(layer, from);
  const whole = {
    globalavgpool: () => region(from.channels, allOf(height), allOf(width)),
    dense: () => region([0, 1], [0], allOf(channels)),
    flatten: () => unflatten(layer.inputShape, from.columns),
  }[layer.kind];
  return whole ? { ...whole(), seen: from.seen && from.rows.length > 0 && from.columns.length > 0 } : from;
}

function slideRegion(layer, from) {
  return {
    channels: layer.kind === "conv" ? [0, layer.inputShape[0]] : from.channels,
    rows: slideBack(layer, 0, from.rows),
    columns: slideBack(layer, 1, from.columns),
    freeRows: slideFreely(layer, 0, from.freeRows),
    freeColumns: slideFreely(layer, 1, from.freeColumns),
    seen: from.seen,
  };
}

/** The rows of the input that any of these rows reads, in order; padding is none. */
function slideBack(layer, axis, positions) {
  const read = new Uint8Array(layer.inputShape[axis + 1]);
  for (const position of positions) {
    for (let tap = 0; tap < layer.kernel[axis]; tap += 1) {
      const row = position * layer.stride[axis] - layer.padding[axis] + tap * layer.dilation[axis];
      if (row >= 0 && row < read.length) read[row] = 1;
    }
  }
  return allOf(read.length).filter((row) => read[row]);
}

/** The same without ends: as if the maps went on for ever. */
function slideFreely(layer, axis, [first, end]) {
  const reach = (layer.kernel[axis] - 1) * layer.dilation[axis] + 1;
  return [
    first * layer.stride[axis] - layer.padding[axis],
    (end - 1) * layer.stride[axis] - layer.padding[axis] + reach,
  ];
}

/** Numbers of a row as a region of the maps they were: one place, or where there are more of them everything. */
function unflatten(shape, places) {
  if (places.length === 1) return regionOf(shape, places[0]);
  return region([0, shape[0]], allOf(shape[1]), allOf(shape[2]));
}
