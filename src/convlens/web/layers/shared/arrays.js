// Arrays of numbers put together, and lists of numbers added up.

/** @import { Numbers } from "convlens/engine/network.js" */

/** @type {(parts: Numbers[]) => Float32Array<ArrayBuffer>} The arrays one behind the other. */
export function joined(parts) {
  const whole = new Float32Array(total(parts.map(({ length }) => length)));
  let place = 0;
  for (const part of parts) {
    whole.set(part, place);
    place += part.length;
  }
  return whole;
}

/** @type {(numbers: number[]) => number} */
export function total(numbers) {
  return numbers.reduce((sum, number) => sum + number, 0);
}
