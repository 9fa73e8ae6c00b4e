// Thin straight lines across the whole of a light-on-dark picture, as on ruled paper, taken out.
//
// Where ink crosses a line it stays: what is between ink above and ink below is ink. A single line is taken out only
// where the rest of the ink keeps away from the ends of the line: else it may be the bar of a 7.
import { SMALLEST } from "convlens/preparation/disturbances.js";
import { findExtremes, transpose } from "convlens/preparation/planes.js";
import { roundHalfEven } from "convlens/preparation/rounding.js";

const ACROSS = 0.88; // of the picture's side: a ruled line is at least as long
const LINE_LEVEL = 0.1; // of the contrast: lines are fainter than ink
const THICKEST_LINE = 0.025; // of the picture's side

// [plane, count]: how many lines were taken out; the same plane where there are none.
export function removeLines(ink) {
  if (Math.min(ink.height, ink.width) <= 2 * SMALLEST) return [ink, 0];
  const rows = findLines(ink);
  const columns = findLines(transpose(ink));
  const count = rows.length + columns.length;
  if (count === 0) return [ink, 0];
  const cleaned = transpose(bridgeLines(transpose(bridgeLines(ink, rows)), columns));
  const isRest = cleaned.data.map((level) => (level >= 0.4 * 255 ? 1 : 0));
  if (!isRest.includes(1) || findExtremes(cleaned.data)[1] < 0.6 * findExtremes(ink.data)[1]) {
    return [ink, 0]; // the lines were all there was
  }
  if (count === 1 && reachesEnds({ ...cleaned, data: isRest }, rows.length > 0)) return [ink, 0];
  return [cleaned, count];
}

// [first, after] of every thin line across a picture that is not narrow.
function findLines({ height, width, data }) {
  if (2 * width < height) return [];
  const shares = Array.from({ length: height }, (_, row) => {
    let count = 0;
    for (let place = row * width; place < (row + 1) * width; place++) count += data[place] >= LINE_LEVEL * 255 ? 1 : 0;
    return count / width;
  });
  const isLine = (row) => row >= 0 && row < height && shares[row] >= ACROSS;
  // A line ends: three rows before its first and after its last there is little.
  const isFull = (row) => row >= 0 && row < height && shares[row] > ACROSS / 1.5;
  const thickest = Math.max(2, roundHalfEven(THICKEST_LINE * Math.max(height, width)));
  const lines = [];
  for (let first = 0; first < height; first++) {
    if (!isLine(first) || isLine(first - 1)) continue;
    let after = first + 1;
    while (isLine(after)) after++;
    if (after - first <= thickest && !isFull(first - 3) && !isFull(after + 2)) lines.push([first, after]);
  }
  return lines;
}

// Rows, and one on either side for their soft rims, become the fainter of what is above and below.
function bridgeLines(ink, lines) {
  const { height, width } = ink;
  const data = Uint8Array.from(ink.data);
  for (const [begin, end] of lines) {
    const first = Math.max(begin - 1, 0);
    const after = Math.min(end + 1, height);
    for (let column = 0; column < width; column++) {
      const above = first > 0 ? data[(first - 1) * width + column] : 0;
      const below = after < height ? data[after * width + column] : 0;
      for (let row = first; row < after; row++) data[row * width + column] = Math.min(above, below);
    }
  }
  return { ...ink, data };
}

// Whether what is left comes near the first or the last places along a line.
function reachesEnds({ height, width, data }, isRow) {
  const length = isRow ? width : height;
  const margin = Math.max(2, Math.trunc(0.06 * length));
  return data.some((isRest, place) => {
    const along = isRow ? place % width : Math.floor(place / width);
    return isRest && (along < margin || along >= length - margin);
  });
}
