// Remove light that increases steadily from one side of a grey picture to another.
import { NOISE_WIDTH, isSmall } from "convlens/preparation/glyph.js";
import { borderPixels, visitBorder } from "convlens/preparation/framing.js";
import { solveLeastNorm } from "convlens/preparation/least_squares.js";
import { countLevels, median, medianDistance, medianOfNumbers } from "convlens/preparation/order_statistics.js";
import { makePlane } from "convlens/preparation/planes.js";
import { roundHalfEven, toLevel } from "convlens/preparation/rounding.js";

/** @import { Plane } from "convlens/preparation/planes.js" */
/** @typedef {{ levels: Uint8Array, downs: Float64Array, rights: Float64Array }} Points */

const LEAST_UNEVENNESS = 2; // grey levels

/**
 * [plane, levels]: `levels` is the range of the light in grey levels. A slope is fitted to the border, and then again
 * without the pixels far from it, which may be the object. If the slope explains little of the border, or the border is
 * even, the plane is returned unchanged.
 * @type {(grey: Plane) => [Plane, number]}
 */
export function evenOutLight(grey) {
  const levels = borderPixels(grey);
  const deviation = medianDistance(countLevels(levels), median(levels));
  if (isSmall(grey) || deviation < LEAST_UNEVENNESS) return [grey, 0];
  const points = placePoints(grey, levels);
  const everywhere = new Float64Array(levels.length);
  const distances = measureDistances(points, fitLight(points, everywhere, 0));
  const most = NOISE_WIDTH * medianOfNumbers(distances) + 1;
  const light = fitLight(points, distances, most);
  if (medianOfNumbers(measureDistances(points, light)) > deviation / 3) return [grey, 0];
  return takeOut(grey, light);
}

// The pixels of the border: their levels, and their positions as shares of the picture's sides.
/** @type {(grey: Plane, levels: Uint8Array) => Points} */
function placePoints({ height, width }, levels) {
  const [downs, rights] = [new Float64Array(levels.length), new Float64Array(levels.length)];
  let count = 0;
  visitBorder(height, width, (row, column) => {
    downs[count] = row / height;
    rights[count++] = column / width;
  });
  return { levels, downs, rights };
}

// Fits a + b·down + c·right by least squares to the levels of the points whose distances are at most `most`; returns
// [a, b, c].
/** @type {(points: Points, distances: Float64Array, most: number) => number[]} */
function fitLight({ levels, downs, rights }, distances, most) {
  let [count, down, right, squareDown, both, squareRight, sum, sumDown, sumRight] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  for (let point = 0; point < levels.length; point++) {
    if (distances[point] > most) continue;
    const [x, y, level] = [rights[point], downs[point], levels[point]];
    count += 1;
    down += y;
    right += x;
    squareDown += y * y;
    both += x * y;
    squareRight += x * x;
    sum += level;
    sumDown += level * y;
    sumRight += level * x;
  }
  const matrix = [
    [count, down, right],
    [down, squareDown, both],
    [right, both, squareRight],
  ];
  return solveLeastNorm(matrix, [sum, sumDown, sumRight]);
}

/** @type {(points: Points, light: number[]) => Float64Array} */
function measureDistances({ levels, downs, rights }, [level, down, right]) {
  const distances = new Float64Array(levels.length);
  for (let point = 0; point < levels.length; point++) {
    distances[point] = Math.abs(levels[point] - (level + down * downs[point] + right * rights[point]));
  }
  return distances;
}

/** @type {(grey: Plane, light: number[]) => [Plane, number]} */
function takeOut(grey, [, down, right]) {
  const { height, width } = grey;
  const even = makePlane(height, width);
  const middle = (down * (height - 1)) / height / 2 + (right * (width - 1)) / width / 2;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const light = (down * row) / height + (right * column) / width;
      even.data[row * width + column] = toLevel(grey.data[row * width + column] - (light - middle));
    }
  }
  const span = (Math.abs(down) * (height - 1)) / height + (Math.abs(right) * (width - 1)) / width;
  return [even, roundHalfEven(span)];
}
