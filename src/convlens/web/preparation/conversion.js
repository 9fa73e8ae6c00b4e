// Red, green, blue and opacity, as a canvas gives them, to plain grey or colour, with a note on what was changed.
// Transparency is filled with white or black, whichever contrasts with what can be seen: what lies hidden under
// transparent pixels is mostly black, so black ink would vanish.
import { averageBlocks, divideBy255 } from "convlens/preparation/averaging.js";
import { findExtremes, makePlane } from "convlens/preparation/planes.js";

const VISIBLE_COLOUR = 16; // a spread of the channels that a person would notice
const ENOUGH_FOR_BRIGHTNESS = 512; // pixels a side
const ENOUGH_FOR_COLOUR = 128;

// {plane, notes}: one channel, ITU-R 601 luma.
export function toGrey(picture) {
  const { plane, notes } = toColour(picture);
  if (hasColour(plane)) notes.push("colour turned to grey");
  return { plane: weighColours(plane), notes };
}

// {plane, notes}: three channels.
export function toColour({ height, width, data, notes = [] }) {
  const opacity = makePlane(height, width);
  const colours = makePlane(height, width, 3);
  for (let place = 0; place < opacity.data.length; place++) {
    colours.data[3 * place] = data[4 * place];
    colours.data[3 * place + 1] = data[4 * place + 1];
    colours.data[3 * place + 2] = data[4 * place + 2];
    opacity.data[place] = data[4 * place + 3];
  }
  if (opacity.data.every((value) => value === 255)) return { plane: colours, notes: [...notes] };
  return fillTransparency(colours, opacity, notes);
}

function fillTransparency(colours, opacity, notes) {
  const factor = Math.max(1, Math.floor(Math.max(colours.height, colours.width) / ENOUGH_FOR_BRIGHTNESS));
  const weights = averageBlocks(opacity, factor).data;
  const levels = averageBlocks(weighColours(colours), factor).data;
  let [total, sum] = [0, 0];
  weights.forEach((weight, place) => {
    total += weight;
    sum += weight * levels[place];
  });
  const isDark = sum / Math.max(total, 1) < 128;
  const background = isDark ? 255 : 0;
  const filled = makePlane(colours.height, colours.width, 3);
  for (let place = 0; place < filled.data.length; place++) {
    const share = opacity.data[Math.floor(place / 3)];
    filled.data[place] = divideBy255(background * (255 - share) + colours.data[place] * share);
  }
  return { plane: filled, notes: [...notes, `transparent background, filled with ${isDark ? "white" : "black"}`] };
}

function weighColours({ height, width, data }) {
  const grey = makePlane(height, width);
  for (let place = 0; place < grey.data.length; place++) {
    const weighted = data[3 * place] * 19595 + data[3 * place + 1] * 38470 + data[3 * place + 2] * 7471;
    grey.data[place] = (weighted + 0x8000) >> 16;
  }
  return grey;
}

function hasColour(plane) {
  const isGrey = ({ data }, most) => {
    for (let place = 0; place < data.length; place += 3) {
      const [low, high] = findExtremes([data[place], data[place + 1], data[place + 2]]);
      if (high - low > most) return false;
    }
    return true;
  };
  if (isGrey(plane, 0)) return false; // a drawing: no need to average it
  const factor = Math.max(1, Math.floor(Math.max(plane.height, plane.width) / ENOUGH_FOR_COLOUR));
  return !isGrey(averageBlocks(plane, factor), VISIBLE_COLOUR);
}

// Any plane as red, green, blue and opacity, ready for a canvas.
export function toPicture({ height, width, channels, data }) {
  if (channels === 4) return { width, height, data: Uint8ClampedArray.from(data) };
  const pixels = new Uint8ClampedArray(4 * height * width).fill(255);
  for (let place = 0; place < height * width; place++) {
    for (let channel = 0; channel < 3; channel++) {
      pixels[4 * place + channel] = data[channels === 1 ? place : 3 * place + channel];
    }
  }
  return { width, height, data: pixels };
}
