// The sample pictures of a payload: one PNG, the pictures one below the other, unpacked without a canvas.
//
// A canvas would do it in three lines, but later (it waits for the picture), and some browsers change what is read back from
// one, so that nobody is recognised by it. These are numbers, so they are unpacked as the format says: deflate (RFC 1951) in
// `inflate.js`, and the filters of PNG here. Only what Convlens writes is read: 8 bits, grey or RGB, not interlaced.

import { decodeBytes, decodeFloats } from "convlens/engine/decode.js";
import { inflate } from "convlens/engine/inflate.js";

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const HEADER = 0x49484452;
const DATA = 0x49444154;
const GREY = 0;
const COLOUR = 2;

/**
 * The samples of a payload: [{pixels: Uint8Array C·H·W, label, logits: Float32Array}]; none where it has none. `label` is
 * the number of the true class.
 */
export function samplesOf(payload) {
  if (!payload.samples) return [];
  const [channels, height, width] = payload.input_shape;
  const { count, labels } = payload.samples;
  const column = decodePng(decodeBytes(payload.samples.images));
  if (column.channels !== channels || column.width !== width || column.height !== count * height) {
    throw new Error(`the samples are ${column.channels}×${column.height}×${column.width}, not ${count} pictures.`);
  }
  const logits = decodeFloats(payload.samples.logits);
  const classes = logits.length / count;
  return labels.map((label, number) => ({
    pixels: planes(column.pixels.subarray(number * channels * height * width), channels, height * width),
    label,
    logits: logits.slice(number * classes, (number + 1) * classes),
  }));
}

/** H·W·C bytes to C·H·W. */
function planes(pixels, channels, count) {
  const separate = new Uint8Array(channels * count);
  for (let channel = 0; channel < channels; channel += 1) {
    for (let i = 0; i < count; i += 1) separate[channel * count + i] = pixels[i * channels + channel];
  }
  return separate;
}

/** An 8-bit PNG, grey or RGB: {width, height, channels, pixels: Uint8Array H·W·C}. */
export function decodePng(bytes) {
  if (SIGNATURE.some((byte, i) => bytes[i] !== byte)) throw new Error("the sample pictures are no PNG.");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const parts = [];
  let header = null;
  for (let at = SIGNATURE.length; at + 12 <= bytes.length; at += 12 + view.getUint32(at)) {
    const kind = view.getUint32(at + 4);
    const content = bytes.subarray(at + 8, at + 8 + view.getUint32(at));
    if (kind === HEADER) header = content;
    if (kind === DATA) parts.push(content);
  }
  const [width, height] = [view.getUint32(16), view.getUint32(20)];
  const [depth, colour, , , interlaced] = header.subarray(8);
  if (depth !== 8 || (colour !== GREY && colour !== COLOUR) || interlaced) {
    throw new Error(`a PNG of ${depth} bits and colour type ${colour}: the samples have 8 bits, grey or RGB.`);
  }
  const channels = colour === COLOUR ? 3 : 1;
  const packed = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  parts.reduce((to, part) => {
    packed.set(part, to);
    return to + part.length;
  }, 0);
  const lines = inflate(packed.subarray(2), height * (width * channels + 1));
  return { width, height, channels, pixels: unfilter(lines, height, width * channels, channels) };
}

/** Each line begins with the filter it was written with: its bytes are differences from those left of and above them. */
function unfilter(lines, height, stride, channels) {
  const pixels = new Uint8Array(height * stride);
  for (let row = 0; row < height; row += 1) {
    const filter = lines[row * (stride + 1)];
    const from = row * (stride + 1) + 1;
    const to = row * stride;
    for (let i = 0; i < stride; i += 1) {
      const left = i >= channels ? pixels[to + i - channels] : 0;
      const above = row > 0 ? pixels[to + i - stride] : 0;
      const corner = i >= channels && row > 0 ? pixels[to + i - stride - channels] : 0;
      pixels[to + i] = lines[from + i] + predict(filter, left, above, corner);
    }
  }
  return pixels;
}

function predict(filter, left, above, corner) {
  switch (filter) {
    case 0:
      return 0;
    case 1:
      return left;
    case 2:
      return above;
    case 3:
      return (left + above) >> 1;
    case 4:
      return nearest(left, above, corner);
    default:
      throw new Error(`a PNG filter ${filter}, which there is not.`);
  }
}

/** Paeth's predictor: of left, above and corner the one nearest to left + above − corner; left, then above, where equal. */
function nearest(left, above, corner) {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
