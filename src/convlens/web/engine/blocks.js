// The inner loop of all convolutions: four maps × two places at once.
//
// The weights of four maps lie side by side, so every input number that is read is used for four sums. Two places are
// summed at once, so every weight is used twice. The eight sums stay in registers. Everything is float64: JavaScript
// computes in it anyway, and a Float32Array would convert at every access.

export const MAPS = 4;
export const PLACES = 2;

/** @import { Numbers } from "convlens/engine/network.js" */

/**
 * Writes eight weighted sums into `sums`: four maps at the place `start`, then the same at `start + stride`. Tap k
 * multiplies `input[place + offsets[k]]` by the four weights from `packed[from + 4·k]` on.
 * @param {Float64Array} input
 * @param {number} start
 * @param {number} stride
 * @param {Int32Array} offsets
 * @param {number} taps
 * @param {Float64Array} packed
 * @param {number} from
 * @param {Float64Array} sums
 */
export function sumBlock(input, start, stride, offsets, taps, packed, from, sums) {
  let [a0, a1, a2, a3, b0, b1, b2, b3] = [0, 0, 0, 0, 0, 0, 0, 0];
  let weight = from;
  for (let tap = 0; tap < taps; tap += 1) {
    const place = start + offsets[tap];
    const a = input[place];
    const b = input[place + stride];
    const w0 = packed[weight];
    const w1 = packed[weight + 1];
    const w2 = packed[weight + 2];
    const w3 = packed[weight + 3];
    a0 += a * w0;
    a1 += a * w1;
    a2 += a * w2;
    a3 += a * w3;
    b0 += b * w0;
    b1 += b * w1;
    b2 += b * w2;
    b3 += b * w3;
    weight += MAPS;
  }
  sums[0] = a0;
  sums[1] = a1;
  sums[2] = a2;
  sums[3] = a3;
  sums[4] = b0;
  sums[5] = b1;
  sums[6] = b2;
  sums[7] = b3;
}

/** @type {(map: number, tap: number, taps: number) => number} The place of a weight: four maps side by side. */
export function packedPlace(map, tap, taps) {
  return (map - (map % MAPS)) * taps + tap * MAPS + (map % MAPS);
}

/** @type {(maps: number, taps: number) => number} The length of packed weights, filled up with zeros to four maps. */
export function packedSize(maps, taps) {
  return Math.ceil(maps / MAPS) * MAPS * taps;
}

/**
 * Copies C·H·W numbers into larger maps of zeros, `spacing` apart and `padding` from their edge, so that no tap has to
 * check whether it is inside. Numbers outside the larger maps are left out. The zeros are never overwritten.
 * @type {(layer: { inputShape: number[], padding: number[], spacing?: number[] },
 *   prepared: { rows: number, columns: number, padded: Float64Array }, input: Numbers) => void}
 */
export function fillPadded({ inputShape, padding, spacing = [1, 1] }, { rows, columns, padded }, input) {
  const [channels, height, width] = inputShape;
  const [firstRow, endRow] = placesInside(padding[0], spacing[0], height, rows);
  const [first, end] = placesInside(padding[1], spacing[1], width, columns);
  const step = spacing[1];
  for (let channel = 0; channel < channels; channel += 1) {
    for (let row = firstRow; row < endRow; row += 1) {
      const start = (channel * height + row) * width;
      let to = (channel * rows + padding[0] + row * spacing[0]) * columns + padding[1] + first * step;
      for (let from = start + first; from < start + end; from += 1, to += step) padded[to] = input[from];
    }
  }
}

// Returns the range [first, end) of the numbers at places 0 to size − 1, if `count` numbers lie `spacing` apart.
/** @type {(start: number, spacing: number, count: number, size: number) => number[]} */
function placesInside(start, spacing, count, size) {
  return [Math.max(0, Math.ceil(-start / spacing)), Math.min(count, Math.ceil((size - start) / spacing))];
}
