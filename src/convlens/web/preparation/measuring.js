// How an image looks, in a few numbers: where the ink is, how large, how thick, and what it stands on.
//
// The training images were measured in the same way, in single precision, and their measures came with the model.
// Stroke thickness comes from area and outline: a stroke of width w and length L has the area w·L, and going across it
// the brightness changes twice, so its total variation is 2·L.
import { countLevels, median, medianDistance } from "convlens/preparation/order_statistics.js";
import { findExtremes } from "convlens/preparation/planes.js";

export const INK_LEVEL = 0.2; // of the contrast: from here on a pixel belongs to the box around the ink
export const NO_INK = 12; // grey levels of contrast; below it there is no ink

const single = Math.fround;
const LEAST = single(1e-6);

/** The looks of a grey plane; shares are from 0 to 1, and `Looks` in Python says what each is. */
export function measure(plane) {
  const { height, width, data } = plane;
  const edge = readEdge(plane);
  const background = median(edge);
  const [lowest, highest] = findExtremes(data);
  const [below, above] = [background - lowest, highest - background];
  const isNear = Math.max(below, above) <= 1.5 * Math.min(below, above);
  const darkInk = isNear ? background > 127 : below > above;
  const contrast = darkInk ? below : above;
  const shown = Math.max(contrast, 1);
  const ink = inkOf(data, background, (darkInk ? -1 : 1) / shown);
  const unevenness = single(medianDistance(countLevels(edge), background) / shown);
  const far = single(single(INK_LEVEL) * shown);
  const inked = edge.reduce((count, level) => count + (Math.abs(level - background) >= far ? 1 : 0), 0);
  const borderInk = single(inked / edge.length);
  const sums = sumUp(ink, height, width);
  return {
    darkInk,
    background,
    contrast,
    isEven: unevenness <= single(0.06) && borderInk <= single(0.35),
    inkShare: single(sums.mass / (height * width)),
    stroke: single(single((2 * sums.mass) / Math.max(sums.variation, LEAST)) / Math.max(height, width)),
    softness: single(sums.soft / (height * width)),
    ...placeBox(sums, height, width),
    massCentre: sums.mass > 0 ? placeMass(sums, height, width) : [0, 0],
  };
}

// The outermost pixels: first and last row, then first and last column without their ends.
function readEdge({ height, width, data }) {
  const edge = [];
  for (const row of [0, height - 1]) edge.push(...data.subarray(row * width, (row + 1) * width));
  for (const column of [0, width - 1]) {
    for (let row = 1; row < height - 1; row++) edge.push(data[row * width + column]);
  }
  return Uint8Array.from(edge);
}

// Darkness as a share of the contrast.
function inkOf(data, background, scale) {
  const levels = Float32Array.from({ length: 256 }, (_, level) =>
    Math.min(Math.max(single(single(level - background) * single(scale)), 0), 1),
  );
  const ink = new Float32Array(data.length);
  for (let place = 0; place < ink.length; place++) ink[place] = levels[data[place]];
  return ink;
}

function sumUp(ink, height, width) {
  const sums = { mass: 0, variation: 0, soft: 0, down: 0, right: 0, top: -1, bottom: -1, left: width, end: -1 };
  const [from, upTo] = [single(INK_LEVEL), single(1 - INK_LEVEL)];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const place = row * width + column;
      const value = ink[place];
      const down = single((row + 1 < height ? ink[place + width] : 0) - value);
      const right = single((column + 1 < width ? ink[place + 1] : 0) - value);
      sums.variation += single(Math.sqrt(single(single(down * down) + single(right * right))));
      sums.mass += value;
      sums.down += value * (row + 0.5);
      sums.right += value * (column + 0.5);
      if (value < from) continue;
      if (value < upTo) sums.soft += 1;
      if (sums.top < 0) sums.top = row;
      sums.bottom = row + 1;
      sums.left = Math.min(sums.left, column);
      sums.end = Math.max(sums.end, column + 1);
    }
  }
  return sums;
}

// The centre of the box around the ink, [down, right] from the middle of the frame, and how much of the frame it fills.
function placeBox({ top, bottom, left, end }, height, width) {
  if (top < 0) return { boxCentre: [0, 0], fill: 0 };
  const boxCentre = [single((top + bottom) / 2 / height - 0.5), single((left + end) / 2 / width - 0.5)];
  return { boxCentre, fill: single(Math.max((bottom - top) / height, (end - left) / width)) };
}

function placeMass({ mass, down, right }, height, width) {
  return [single(down / mass / height - 0.5), single(right / mass / width - 0.5)];
}
