// Box and Gaussian blur of grey images, with the same bytes as Pillow: edge pixels are repeated beyond the edge, a
// radius may be a fraction, and a Gaussian is three box blurs, first across, then down.
import { makePlane, transpose } from "convlens/preparation/planes.js";

/** @import { Plane } from "convlens/preparation/planes.js" */

const PASSES = 3;
const single = Math.fround;

/** @type {(plane: Plane, radius: number) => Plane} A fractional radius includes a share of the next pixel. */
export function blurByBox(plane, radius) {
  return transpose(blurRows(transpose(blurRows(plane, radius, 1)), radius, 1));
}

/** @type {(plane: Plane, deviation: number) => Plane} */
export function blurByGaussian(plane, deviation) {
  const radius = boxRadius(deviation);
  return transpose(blurRows(transpose(blurRows(plane, radius, PASSES)), radius, PASSES));
}

// The radius of three boxes with the variance of one Gaussian (Gwosdek et al. 2011).
/** @type {(deviation: number) => number} */
function boxRadius(deviation) {
  const given = single(deviation);
  const variance = single(single(given * given) / PASSES);
  const length = single(Math.sqrt(12 * variance + 1));
  const whole = Math.floor((length - 1) / 2);
  const above = single((2 * whole + 1) * single(whole * (whole + 1) - single(3 * variance)));
  const below = single(6 * single(variance - (whole + 1) * (whole + 1)));
  return single(whole + single(above / below));
}

/** @type {(plane: Plane, radius: number, passes: number) => Plane} */
function blurRows(plane, radius, passes) {
  let blurred = plane;
  for (let pass = 0; pass < passes; pass++) blurred = blurRowsOnce(blurred, radius);
  return blurred;
}

// Running sums: one pixel is added at the right, one is removed at the left. Weights have 24 bits.
/** @type {(plane: Plane, radius: number) => Plane} */
function blurRowsOnce({ height, width, data }, radius) {
  const reach = Math.trunc(radius);
  const inner = Math.trunc(single(2 ** 24 / single(single(radius) * 2 + 1)));
  const outer = Math.trunc((2 ** 24 - (reach * 2 + 1) * inner) / 2);
  const blurred = makePlane(height, width);
  const last = width - 1;
  const line = new Uint8Array(width + 2 * (reach + 1)); // a row with repeated edge pixels
  for (let row = 0; row < height; row++) {
    const start = row * width;
    line.fill(data[start], 0, reach + 1);
    line.set(data.subarray(start, start + width), reach + 1);
    line.fill(data[start + last], reach + 1 + width);
    let sum = 0;
    for (let place = 0; place <= 2 * reach; place++) sum += line[place];
    for (let column = 0; column < width; column++) {
      sum += line[column + 2 * reach + 1] - line[column];
      const far = line[column] + line[column + 2 * reach + 2];
      blurred.data[start + column] = (sum * inner + far * outer + 2 ** 23) / 2 ** 24;
    }
  }
  return blurred;
}
