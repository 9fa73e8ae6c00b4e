// As MNIST was made: light on dark, contrast, crop to the ink, scale into a box of 20 of 28 pixels, centre of mass to
// the centre. MNIST's own images come through with every pixel unchanged.
import { EMPTY, cleanInk, cleanPicture, matchPolarity } from "convlens/preparation/cleaning.js";
import { centreOfMass } from "convlens/preparation/framing.js";
import { findInkBox, stretchInk } from "convlens/preparation/ink.js";
import { crop, findExtremes, isSameSize, makePlane, mapLevels, paste } from "convlens/preparation/planes.js";
import { clamp, roundHalfEven, toLevel } from "convlens/preparation/rounding.js";
import { scaleInk } from "convlens/preparation/strokes.js";
import { addStep, describeFilling, describeLevels, describeSize } from "convlens/preparation/trail.js";

const FILL = 20 / 28;
const FAINT = 25; // grey levels; below it lies the noise of a JPEG file

/** A picture of ink as a square image like MNIST's; zeros where there is no ink. */
export function prepareDigit(given, side, appearance, trail) {
  const boxSide = roundHalfEven(side * FILL);
  const grey = matchPolarity(cleanPicture(given, trail), true, trail);
  let ink = stretchInk(grey);
  if (ink && ink !== grey) {
    addStep(trail, "contrast", ink, `contrast stretched from ${describeLevels(grey)} to 0–255`);
  }
  ink = ink && cleanInk(ink, trail);
  const box = ink && findInkBox(ink, boxSide);
  if (!box) return addStep(trail, "empty", makePlane(side, side), EMPTY);
  if (isAsMnistMakesThem(ink, side, boxSide)) return ink;
  const cropped = crop(ink, box);
  if (!isSameSize(cropped, ink)) {
    addStep(trail, "crop", cropped, `${describeSize(ink)}, cropped to ${describeSize(cropped)}`);
  }
  const fill = Math.max(cropped.height, cropped.width) / Math.max(ink.height, ink.width);
  const { scaled, notes } = scaleInk(cropped, [boxSide, boxSide], [side, side], appearance);
  if (scaled !== cropped) {
    addStep(trail, "box", scaled, describeFilling(fill, FILL, FILL, describeSize(scaled)), ...notes);
  }
  const peak = findExtremes(scaled.data)[1];
  if (peak === 0) return addStep(trail, "empty", makePlane(side, side), EMPTY);
  return centreByMass(peak < 250 ? brighten(scaled, peak, trail) : scaled, side, trail);
}

function brighten(scaled, peak, trail) {
  const bright = mapLevels(scaled, (level) => toLevel(level * (255 / peak)));
  return addStep(trail, "bright", bright, `thin ink, brightened from ${peak} to 255`);
}

// Already in the frame, in its box and centred, dust and all: then scaling again would only blur it.
function isAsMnistMakesThem(ink, side, boxSide) {
  if (ink.height !== side || ink.width !== side) return false;
  let [top, bottom, left, right] = [side, -1, side, -1];
  ink.data.forEach((level, place) => {
    if (level <= FAINT) return;
    const [row, column] = [Math.floor(place / side), place % side];
    [top, bottom] = [Math.min(top, row), Math.max(bottom, row)];
    [left, right] = [Math.min(left, column), Math.max(right, column)];
  });
  const longest = Math.max(bottom - top, right - left) + 1;
  const distance = Math.max(...centreOfMass(ink).map((position) => Math.abs(position - side / 2)));
  return boxSide - 2 <= longest && longest <= boxSide && distance <= 0.55;
}

// Paste so that the centre of mass comes to the middle, as near as it can without cutting anything off.
function centreByMass(ink, side, trail) {
  const sizes = [ink.height, ink.width];
  const corner = centreOfMass(ink).map((position, axis) =>
    clamp(roundHalfEven(side / 2 - position), 0, side - sizes[axis]),
  );
  const [down, right] = corner.map((start, axis) => start - Math.floor((side - sizes[axis] + 1) / 2));
  const notes = right || down ? [`shifted by (${right}, ${down}) to the centre of mass`] : [];
  return addStep(trail, "centred", paste(ink, ...corner, side, side, [0]), ...notes);
}
