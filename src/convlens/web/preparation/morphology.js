// Making ink thicker and thinner: grey dilation and erosion, a pixel a step, by turns with four and with eight
// neighbours, which makes it round. Planes are grey, light on dark; beyond them everything is dark.
//
// Most of a picture of strokes is empty. Four pixels side by side are one word of memory, and a word that is empty, with
// all that lies around it where ink grows, is left out.
import { crop, makePlane, pad, paste } from "convlens/preparation/planes.js";

/** Every pixel the brightest of its neighbours, `steps` times. */
export function dilate(ink, steps) {
  return repeat(ink, steps, dilateRow);
}

/** Every pixel the darkest of its neighbours, `steps` times; the plane is wider by as much on each side. */
export function erode(ink, steps) {
  return pad(repeat(ink, steps, erodeRow), steps);
}

// Rows are whole words and have a dark rim, so that every pixel has eight neighbours.
function repeat({ height, width, data }, steps, changeRow) {
  const rowLength = 4 * Math.ceil((width + 2) / 4);
  let from = paste(makePlane(height, width, 1, data), 1, 1, height + 2, rowLength, [0]).data;
  let to = new Uint8Array(from.length);
  for (let step = 0; step < steps; step++) {
    const isRound = step % 2 === 1;
    for (let row = 1; row <= height; row++) changeRow(from, to, row * rowLength, rowLength, width, isRound);
    [from, to] = [to, from];
  }
  return crop(makePlane(height + 2, rowLength, 1, from), { top: 1, bottom: height + 1, left: 1, right: width + 1 });
}

function dilateRow(from, to, start, rowLength, width, isRound) {
  const [given, made] = [new Uint32Array(from.buffer), new Uint32Array(to.buffer)];
  const rowWords = rowLength / 4;
  const end = (start + rowLength) / 4;
  let before = 0;
  for (let word = start / 4, here = column(given, word, rowWords); word < end; word++) {
    const next = word + 1 < end ? column(given, word + 1, rowWords) : 0;
    if (before | here | next) {
      const last = Math.min(4 * word + 3, start + width);
      for (let place = Math.max(4 * word, start + 1); place <= last; place++) {
        to[place] = brightest(from, place, rowLength, isRound);
      }
    } else made[word] = 0;
    before = here;
    here = next;
  }
}

function erodeRow(from, to, start, rowLength, width, isRound) {
  const [given, made] = [new Uint32Array(from.buffer), new Uint32Array(to.buffer)];
  for (let word = start / 4; word < (start + rowLength) / 4; word++) {
    if (given[word]) {
      const last = Math.min(4 * word + 3, start + width);
      for (let place = Math.max(4 * word, start + 1); place <= last; place++) {
        to[place] = darkest(from, place, rowLength, isRound);
      }
    } else made[word] = 0;
  }
}

// What three words above each other hold; 0 where all of it is empty.
function column(words, place, rowWords) {
  return words[place - rowWords] | words[place] | words[place + rowWords];
}

function brightest(from, place, rowLength, isRound) {
  let most = from[place];
  if (from[place - 1] > most) most = from[place - 1];
  if (from[place + 1] > most) most = from[place + 1];
  if (from[place - rowLength] > most) most = from[place - rowLength];
  if (from[place + rowLength] > most) most = from[place + rowLength];
  if (!isRound) return most;
  if (from[place - rowLength - 1] > most) most = from[place - rowLength - 1];
  if (from[place - rowLength + 1] > most) most = from[place - rowLength + 1];
  if (from[place + rowLength - 1] > most) most = from[place + rowLength - 1];
  if (from[place + rowLength + 1] > most) most = from[place + rowLength + 1];
  return most;
}

function darkest(from, place, rowLength, isRound) {
  let least = from[place];
  if (from[place - 1] < least) least = from[place - 1];
  if (from[place + 1] < least) least = from[place + 1];
  if (from[place - rowLength] < least) least = from[place - rowLength];
  if (from[place + rowLength] < least) least = from[place + rowLength];
  if (!isRound) return least;
  if (from[place - rowLength - 1] < least) least = from[place - rowLength - 1];
  if (from[place - rowLength + 1] < least) least = from[place - rowLength + 1];
  if (from[place + rowLength - 1] < least) least = from[place + rowLength - 1];
  if (from[place + rowLength + 1] < least) least = from[place + rowLength + 1];
  return least;
}
