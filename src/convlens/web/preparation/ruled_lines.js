// Remove thin straight lines across a whole light-on-dark picture, as on ruled paper.
//
// Where a stroke crosses a line, the stroke stays: a pixel between a stroke above and a stroke below belongs to it. A
// single line is removed only if no stroke comes near its ends; otherwise it may be the bar of a 7.
import { SMALLEST } from "convlens/preparation/disturbances.js";
import { findExtremes, mapLevels, transpose } from "convlens/preparation/planes.js";
import { roundHalfEven } from "convlens/preparation/rounding.js";

/** @import { Pair, Plane } from "convlens/preparation/planes.js" */
/** @typedef {{ ofRows: Float64Array, ofColumns: Float64Array }} Shares */

const ACROSS = 0.88; // of the picture's side: the least length of a ruled line
const LINE_LEVEL = 0.1; // of the contrast: lines are fainter than strokes
const THICKEST_LINE = 0.025; // of the picture's side

/** @type {(glyph: Plane) => [Plane, number]} [plane, lines removed]; the same plane if there are none. */
export function removeLines(glyph) {
  const { height, width } = glyph;
  if (Math.min(height, width) <= 2 * SMALLEST) return [glyph, 0];
  const shares = shareForeground(glyph);
  // In a narrow picture, any stroke may reach across.
  const rows = 2 * width < height ? [] : findLines(shares.ofRows, height, width);
  const columns = 2 * height < width ? [] : findLines(shares.ofColumns, height, width);
  const count = rows.length + columns.length;
  if (count === 0) return [glyph, 0];
  const cleaned = transpose(bridgeLines(transpose(bridgeLines(glyph, rows)), columns));
  const isRest = mapLevels(cleaned, (level) => (level >= 0.4 * 255 ? 1 : 0));
  if (!isRest.data.includes(1) || findExtremes(cleaned.data)[1] < 0.6 * findExtremes(glyph.data)[1]) {
    return [glyph, 0]; // without the lines, the picture would be empty
  }
  return count === 1 && reachesEnds(isRest, rows.length > 0) ? [glyph, 0] : [cleaned, count];
}

// The share of every row and every column that belongs to a stroke or a line.
/** @type {(glyph: Plane) => Shares} */
function shareForeground({ height, width, data }) {
  const [ofRows, ofColumns] = [new Float64Array(height), new Float64Array(width)];
  for (let row = 0, place = 0; row < height; row++) {
    for (let column = 0; column < width; column++, place++) {
      if (data[place] < LINE_LEVEL * 255) continue;
      ofRows[row] += 1;
      ofColumns[column] += 1;
    }
  }
  return { ofRows: ofRows.map((count) => count / width), ofColumns: ofColumns.map((count) => count / height) };
}

// [first, after] of every thin line, from the shares of all rows, or of all columns.
/** @type {(shares: Float64Array, height: number, width: number) => Pair[]} */
function findLines(shares, height, width) {
  // A line must be thin: the third row before it and the third row after it must not be full.
  const isFull = (/** @type {number} */ line) => shares[line] > ACROSS / 1.5;
  const thickest = Math.max(2, roundHalfEven(THICKEST_LINE * Math.max(height, width)));
  /** @type {Pair[]} */
  const lines = [];
  for (let first = 0; first < shares.length; first++) {
    if (!(shares[first] >= ACROSS) || shares[first - 1] >= ACROSS) continue;
    let after = first + 1;
    while (shares[after] >= ACROSS) after++;
    if (after - first <= thickest && !isFull(first - 3) && !isFull(after + 2)) lines.push([first, after]);
  }
  return lines;
}

// Replaces the rows of each line, and one row on either side for its soft edge, by the fainter of the rows around them.
/** @type {(glyph: Plane, lines: Pair[]) => Plane} */
function bridgeLines(glyph, lines) {
  const { height, width } = glyph;
  const data = Uint8Array.from(glyph.data);
  for (const [begin, end] of lines) {
    const first = Math.max(begin - 1, 0);
    const after = Math.min(end + 1, height);
    for (let column = 0; column < width; column++) {
      const above = first > 0 ? data[(first - 1) * width + column] : 0;
      const below = after < height ? data[after * width + column] : 0;
      for (let row = first; row < after; row++) data[row * width + column] = Math.min(above, below);
    }
  }
  return { ...glyph, data };
}

// Whether the remaining strokes come near the ends of a line.
/** @type {(rest: Plane, isRow: boolean) => boolean} */
function reachesEnds({ height, width, data }, isRow) {
  const length = isRow ? width : height;
  const margin = Math.max(2, Math.trunc(0.06 * length));
  return data.some((isRest, place) => {
    const along = isRow ? place % width : Math.floor(place / width);
    return isRest && (along < margin || along >= length - margin);
  });
}
