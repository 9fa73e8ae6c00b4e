// Turn photos upright. Phones save the pixels in the sensor's orientation, and a number from 1 to 8 that says how to
// turn them.

/** @import { Pixels } from "convlens/preparation/conversion.js" */

/**
 * Whether rows are read from last to first, whether columns are, and whether columns then become rows.
 * @type {Record<number, { note: string, flipsRows?: boolean, flipsColumns?: boolean, swaps?: boolean }>}
 */
const TURNS = {
  2: { note: "mirrored", flipsColumns: true },
  3: { note: "turned by 180°", flipsRows: true, flipsColumns: true },
  4: { note: "mirrored upside down", flipsRows: true },
  5: { note: "mirrored and turned by 90°", swaps: true },
  6: { note: "turned by 90° clockwise", flipsRows: true, swaps: true },
  7: { note: "mirrored and turned by 90°", flipsRows: true, flipsColumns: true, swaps: true },
  8: { note: "turned by 90° anticlockwise", flipsColumns: true, swaps: true },
};

/** The note on a turn, in a list; empty if there is none. @type {(orientation: number) => string[]} */
export function describeTurn(orientation) {
  return TURNS[orientation] ? [`${TURNS[orientation].note}, as its EXIF data says`] : [];
}

/** @type {(picture: Pixels, orientation: number) => Pixels} Unchanged if the orientation is 1 or invalid. */
export function turnUpright(picture, orientation) {
  const turn = TURNS[orientation];
  if (!turn) return picture;
  const { width, height } = picture;
  const pixels = new Uint32Array(picture.data.buffer, picture.data.byteOffset, width * height);
  const turned = new Uint32Array(width * height);
  const first = (turn.flipsRows ? (height - 1) * width : 0) + (turn.flipsColumns ? width - 1 : 0);
  const along = [turn.flipsRows ? -width : width, turn.flipsColumns ? -1 : 1];
  const [down, right] = turn.swaps ? along.reverse() : along;
  const [turnedWidth, turnedHeight] = turn.swaps ? [height, width] : [width, height];
  for (let row = 0; row < turnedHeight; row++) {
    let from = first + row * down;
    for (let to = row * turnedWidth; to < (row + 1) * turnedWidth; to++, from += right) turned[to] = pixels[from];
  }
  return { width: turnedWidth, height: turnedHeight, data: new Uint8ClampedArray(turned.buffer) };
}
