// Make strokes thicker and thinner: grey dilation and erosion, one pixel per step, alternately with four and with eight
// neighbours, which gives round shapes. Planes are light on dark; beyond their edges everything is dark.
//
// Most of a picture of strokes is empty. Four pixels side by side are one word of memory. Empty words are skipped; for
// dilation, only if their neighbours are empty, too.
import { crop, makePlane, pad, paste } from "convlens/preparation/planes.js";

/** @import { Plane } from "convlens/preparation/planes.js" */

/** Sets every pixel to its brightest neighbour, `steps` times. @type {(glyph: Plane, steps: number) => Plane} */
export function dilate(glyph, steps) {
  return repeat(glyph, steps, true);
}

/** @type {(glyph: Plane, steps: number) => Plane} Likewise the darkest; pads by `steps` on each side. */
export function erode(glyph, steps) {
  return pad(repeat(glyph, steps, false), steps);
}

// Rows are whole words, and a dark rim gives every pixel eight neighbours.
/** @type {(glyph: Plane, steps: number, grows: boolean) => Plane} */
function repeat(glyph, steps, grows) {
  const { height, width } = glyph;
  const rowLength = 4 * Math.ceil((width + 2) / 4);
  const four = [-1, 1, -rowLength, rowLength];
  const eight = [...four, -rowLength - 1, -rowLength + 1, rowLength - 1, rowLength + 1];
  let from = paste(glyph, 1, 1, height + 2, rowLength, [0]).data;
  /** @type {Uint8Array} */
  let to = new Uint8Array(from.length);
  for (let step = 0; step < steps; step++) {
    const neighbours = step % 2 === 1 ? eight : four;
    for (let row = 1; row <= height; row++) changeRow(from, to, row * rowLength, width, neighbours, grows);
    [from, to] = [to, from];
  }
  return crop(makePlane(height + 2, rowLength, 1, from), { top: 1, bottom: height + 1, left: 1, right: width + 1 });
}

/**
 * @type {(from: Uint8Array, to: Uint8Array, start: number, width: number, neighbours: number[],
 *   grows: boolean) => void}
 */
function changeRow(from, to, start, width, neighbours, grows) {
  const [given, made] = [new Uint32Array(from.buffer), new Uint32Array(to.buffer)];
  const rowWords = neighbours[3] / 4;
  const end = start / 4 + rowWords;
  let before = 0;
  for (let word = start / 4, here = columnAt(given, word, rowWords); word < end; word++) {
    const next = word + 1 < end ? columnAt(given, word + 1, rowWords) : 0;
    if (grows ? before | here | next : given[word]) {
      const last = Math.min(4 * word + 3, start + width);
      for (let place = Math.max(4 * word, start + 1); place <= last; place++) {
        to[place] = findExtremeAround(from, place, neighbours, grows);
      }
    } else made[word] = 0;
    before = here;
    here = next;
  }
}

// Three words above each other, combined by OR; 0 if all are empty.
/** @type {(words: Uint32Array, word: number, rowWords: number) => number} */
function columnAt(words, word, rowWords) {
  return words[word - rowWords] | words[word] | words[word + rowWords];
}

/** @type {(from: Uint8Array, place: number, neighbours: number[], grows: boolean) => number} */
function findExtremeAround(from, place, neighbours, grows) {
  let found = from[place];
  for (let index = 0; index < neighbours.length; index++) {
    const level = from[place + neighbours[index]];
    if (grows ? level > found : level < found) found = level;
  }
  return found;
}
