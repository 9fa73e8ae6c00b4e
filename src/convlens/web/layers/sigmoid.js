import { elementwise } from "convlens/layers/shared/elementwise.js";

/** @type {(x: number) => number} */
export function sigmoid(x) {
  return 1 / (1 + Math.exp(-x));
}

export default elementwise({ value: sigmoid, slope: (_x, y) => y * (1 - y) });
