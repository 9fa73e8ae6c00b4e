// Average blocks of pixels to one pixel each, with the same bytes as Pillow's `reduce`. Blocks at the right and the
// lower edge may be smaller.
import { makePlane } from "convlens/preparation/planes.js";

/** @import { Plane } from "convlens/preparation/planes.js" */

// The factor of a sum of `count` bytes before it is shifted right by 24 bits: 1/count in single precision.
/** @type {(count: number) => number} */
function multiplierFor(count) {
  return Math.trunc(Math.fround(2 ** 32 / Math.fround(256 * count)));
}

/** @type {(plane: Plane, factor: number) => Plane} */
export function averageBlocks(plane, factor) {
  const { height, width, channels, data } = plane;
  const averaged = makePlane(Math.ceil(height / factor), Math.ceil(width / factor), channels);
  const rowLength = width * channels;
  for (let row = 0, to = 0; row < averaged.height; row++) {
    const bottom = Math.min((row + 1) * factor, height);
    for (let column = 0; column < averaged.width; column++) {
      const right = Math.min((column + 1) * factor, width);
      const count = (bottom - row * factor) * (right - column * factor);
      const multiplier = multiplierFor(count);
      for (let channel = 0; channel < channels; channel++, to++) {
        const first = column * factor * channels + channel;
        let sum = count >> 1;
        for (let line = row * factor * rowLength; line < bottom * rowLength; line += rowLength) {
          const end = line + right * channels;
          for (let place = line + first; place < end; place += channels) sum += data[place];
        }
        averaged.data[to] = Math.imul(sum, multiplier) >>> 24;
      }
    }
  }
  return averaged;
}

/** @type {(plane: Plane, factor: number) => Plane} The same for RGBA: colours are weighted by opacity. */
export function averageTransparentBlocks(plane, factor) {
  const seen = makePlane(plane.height, plane.width, 4, Uint8Array.from(plane.data));
  for (let pixel = 0; pixel < seen.data.length; pixel += 4) {
    const opacity = seen.data[pixel + 3];
    if (opacity === 255) continue;
    for (let place = pixel; place < pixel + 3; place++) seen.data[place] = divideBy255(seen.data[place] * opacity);
  }
  const averaged = averageBlocks(seen, factor);
  for (let pixel = 0; pixel < averaged.data.length; pixel += 4) {
    const opacity = averaged.data[pixel + 3];
    if (opacity === 0 || opacity === 255) continue;
    for (let place = pixel; place < pixel + 3; place++) {
      averaged.data[place] = Math.min(Math.trunc((255 * averaged.data[place]) / opacity), 255);
    }
  }
  return averaged;
}

/** @type {(value: number) => number} The product of two bytes divided by 255, rounded. */
export function divideBy255(value) {
  const raised = value + 128;
  return ((raised >> 8) + raised) >> 8;
}
