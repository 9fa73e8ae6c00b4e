// Join and add arrays of numbers.

/** @import { Numbers } from "convlens/engine/network.js" */

/** @type {(parts: Numbers[]) => Float32Array<ArrayBuffer>} The concatenated arrays. */
export function joined(parts) {
  const whole = new Float32Array(total(parts.map(({ length }) => length)));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/** @type {(parts: Numbers[]) => Float64Array<ArrayBuffer>} The elementwise sum of arrays of equal length. */
export function added([first, ...others]) {
  const sums = new Float64Array(first);
  for (const other of others) {
    for (let i = 0; i < sums.length; i += 1) sums[i] += other[i];
  }
  return sums;
}

/** @type {(numbers: number[]) => number} */
export function total(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0);
}
