// Light that grows steadily from one side to another, taken out of a grey picture.
import { NOISE_WIDTH, isSmall } from "convlens/preparation/ink.js";
import { borderPixels, visitBorder } from "convlens/preparation/framing.js";
import { solveLeastNorm } from "convlens/preparation/least_squares.js";
import { countLevels, median, medianDistance, medianOfNumbers } from "convlens/preparation/order_statistics.js";
import { makePlane } from "convlens/preparation/planes.js";
import { roundHalfEven, toLevel } from "convlens/preparation/rounding.js";

const LEAST_UNEVENNESS = 2; // grey levels

// [plane, levels]: how many grey levels the light spanned. A slope is fitted to the border, twice: the second time
// without the pixels far from it, which may be ink. The same plane comes back where the slope explains little of the
// border, or where the border is even.
export function evenOutLight(grey) {
  const levels = borderPixels(grey);
  const deviation = medianDistance(countLevels(levels), median(levels));
  if (isSmall(grey) || deviation < LEAST_UNEVENNESS) return [grey, 0];
  const { height, width } = grey;
  const points = [];
  visitBorder(height, width, (row, column) => {
    points.push([1, row / height, column / width, grey.data[row * width + column]]);
  });
  const rough = fitLight(points);
  const most = NOISE_WIDTH * medianOfNumbers(points.map((point) => distanceFrom(rough, point))) + 1;
  const light = fitLight(points.filter((point) => distanceFrom(rough, point) <= most));
  if (medianOfNumbers(points.map((point) => distanceFrom(light, point))) > deviation / 3) return [grey, 0];
  return takeOut(grey, light);
}

// The three numbers a, b, c so that a + b·down + c·right is as near to the levels as can be.
function fitLight(points) {
  const products = Array.from({ length: 3 }, () => [0, 0, 0, 0]);
  for (const point of points) {
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < 4; column++) products[row][column] += point[row] * point[column];
    }
  }
  return solveLeastNorm(products.map((row) => row.slice(0, 3)), products.map((row) => row[3]));
}

function distanceFrom([level, down, right], [, row, column, value]) {
  return Math.abs(value - (level + down * row + right * column));
}

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
