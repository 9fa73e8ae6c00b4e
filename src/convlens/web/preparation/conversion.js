// Convert a canvas's RGBA pixels to plain grey or colour, with a note on each change. Transparency is filled with white
// or black, whichever contrasts with the visible pixels. The colour stored in transparent pixels is mostly black, so
// black strokes would vanish on it.
import { averageBlocks, divideBy255 } from "convlens/preparation/averaging.js";
import { makePlane } from "convlens/preparation/planes.js";

/** @import { Plane } from "convlens/preparation/planes.js" */

/**
 * RGBA pixels in the format of a canvas: one byte each, row by row.
 * @typedef {{ width: number, height: number, data: Uint8ClampedArray<ArrayBuffer> }} Pixels
 */

/**
 * A picture that was read: `isGrey` is true if its file is greyscale; `notes` say how it was read.
 * @typedef {Pixels & { isGrey?: boolean, notes?: string[] }} Picture
 */

/** @typedef {{ plane: Plane, notes: string[] }} Converted */

const VISIBLE_COLOUR = 16; // a visible difference between the channels
const ENOUGH_FOR_BRIGHTNESS = 512; // pixels a side
const ENOUGH_FOR_COLOUR = 128;

/** One channel, ITU-R 601 luma. @type {(picture: Picture) => Converted} */
export function toGrey(picture) {
  const { plane, notes } = toColour(picture);
  if (hasColour(plane)) notes.push("colour turned to grey");
  return { plane: weighColours(plane), notes };
}

/** Three channels. @type {(picture: Picture) => Converted} */
export function toColour({ height, width, data, notes = [] }) {
  const opacity = new Uint8Array(height * width);
  const colours = new Uint8Array(3 * height * width);
  let least = 255;
  for (let place = 0, from = 0, to = 0; place < opacity.length; place++, from += 4, to += 3) {
    colours[to] = data[from];
    colours[to + 1] = data[from + 1];
    colours[to + 2] = data[from + 2];
    opacity[place] = data[from + 3];
    least = Math.min(least, data[from + 3]);
  }
  const plane = makePlane(height, width, 3, colours);
  if (least === 255) return { plane, notes: [...notes] };
  return fillTransparency(plane, makePlane(height, width, 1, opacity), notes);
}

/** @type {(colours: Plane, opacity: Plane, notes: string[]) => Converted} */
function fillTransparency(colours, opacity, notes) {
  const factor = Math.max(1, Math.floor(Math.max(colours.height, colours.width) / ENOUGH_FOR_BRIGHTNESS));
  const weights = averageBlocks(opacity, factor).data;
  const levels = averageBlocks(weighColours(colours), factor).data;
  let [total, sum] = [0, 0];
  for (let place = 0; place < weights.length; place++) {
    total += weights[place];
    sum += weights[place] * levels[place];
  }
  const isDark = sum / Math.max(total, 1) < 128;
  const background = isDark ? 255 : 0;
  const filled = new Uint8Array(colours.data.length);
  for (let pixel = 0; pixel < opacity.data.length; pixel++) {
    const share = opacity.data[pixel];
    for (let place = 3 * pixel; place < 3 * pixel + 3; place++) {
      filled[place] = divideBy255(background * (255 - share) + colours.data[place] * share);
    }
  }
  const plane = { ...colours, data: filled };
  return { plane, notes: [...notes, `transparent background, filled with ${isDark ? "white" : "black"}`] };
}

/** @type {(colours: Plane) => Plane} */
function weighColours({ height, width, data }) {
  const grey = new Uint8Array(height * width);
  for (let place = 0, from = 0; place < grey.length; place++, from += 3) {
    grey[place] = (data[from] * 19595 + data[from + 1] * 38470 + data[from + 2] * 7471 + 0x8000) >> 16;
  }
  return makePlane(height, width, 1, grey);
}

/** @type {(plane: Plane) => boolean} */
function hasColour(plane) {
  if (isGrey(plane, 0)) return false; // the usual case of a drawing, without averaging
  const factor = Math.max(1, Math.floor(Math.max(plane.height, plane.width) / ENOUGH_FOR_COLOUR));
  return !isGrey(averageBlocks(plane, factor), VISIBLE_COLOUR);
}

// Whether no pixel's channels differ by more than `most`.
/** @type {(plane: Plane, most: number) => boolean} */
function isGrey({ data }, most) {
  for (let place = 0; place < data.length; place += 3) {
    const [red, green, blue] = [data[place], data[place + 1], data[place + 2]];
    if (Math.max(red, green, blue) - Math.min(red, green, blue) > most) return false;
  }
  return true;
}

/** Converts any plane to RGBA for a canvas. @type {(plane: Plane) => Pixels} */
export function toPicture({ height, width, channels, data }) {
  if (channels === 4) return { width, height, data: Uint8ClampedArray.from(data) };
  const pixels = new Uint32Array(height * width); // little-endian on all machines with browsers: red is first
  const [green, blue] = channels === 1 ? [0, 0] : [1, 2];
  for (let from = 0, to = 0; to < pixels.length; from += channels, to++) {
    pixels[to] = data[from] | (data[from + green] << 8) | (data[from + blue] << 16) | 0xff000000;
  }
  return { width, height, data: new Uint8ClampedArray(pixels.buffer) };
}
