// Blocks of pixels averaged to one, as Pillow's `reduce` does it, to the same bytes. Blocks at the right and the lower
// edge may be smaller; each is averaged over what it has.
import { makePlane } from "convlens/preparation/planes.js";

// What a sum of `count` bytes is multiplied with before it is shifted by 24 binary digits: 1/count, in single
// precision.
function multiplierFor(count) {
  return Math.trunc(Math.fround(2 ** 32 / Math.fround(256 * count)));
}

export function averageBlocks(plane, factor) {
  const { height, width, channels, data } = plane;
  const rows = Math.ceil(height / factor);
  const columns = Math.ceil(width / factor);
  const averaged = makePlane(rows, columns, channels);
  const rowLength = width * channels;
  let target = 0;
  for (let row = 0; row < rows; row++) {
    const bottom = Math.min((row + 1) * factor, height);
    for (let column = 0; column < columns; column++) {
      const right = Math.min((column + 1) * factor, width);
      const count = (bottom - row * factor) * (right - column * factor);
      const multiplier = multiplierFor(count);
      for (let channel = 0; channel < channels; channel++) {
        let sum = count >> 1;
        for (let line = row * factor; line < bottom; line++) {
          const end = line * rowLength + right * channels;
          for (let place = line * rowLength + column * factor * channels + channel; place < end; place += channels) {
            sum += data[place];
          }
        }
        averaged.data[target++] = Math.imul(sum, multiplier) >>> 24;
      }
    }
  }
  return averaged;
}

// The same for red, green, blue and opacity: colours count as much as they can be seen.
export function averageTransparentBlocks(plane, factor) {
  const seen = makePlane(plane.height, plane.width, 4, Uint8Array.from(plane.data));
  for (let place = 0; place < seen.data.length; place++) {
    if (place % 4 !== 3) seen.data[place] = multiplyBytes(seen.data[place], seen.data[place | 3]);
  }
  const averaged = averageBlocks(seen, factor);
  for (let place = 0; place < averaged.data.length; place++) {
    const opacity = averaged.data[place | 3];
    if (place % 4 === 3 || opacity === 0 || opacity === 255) continue;
    averaged.data[place] = Math.min(Math.trunc((255 * averaged.data[place]) / opacity), 255);
  }
  return averaged;
}

// The product of two bytes as shares of 255.
export function multiplyBytes(one, other) {
  return divideBy255(one * other);
}

// Rounded, without a division.
export function divideBy255(value) {
  const raised = value + 128;
  return ((raised >> 8) + raised) >> 8;
}
