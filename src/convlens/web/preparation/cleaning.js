// The first steps on any picture of ink: away with what is not the object, each with its note.
import { cutFrame, undoEnlargement } from "convlens/preparation/disturbances.js";
import { reduce } from "convlens/preparation/framing.js";
import { isDarkOnLight } from "convlens/preparation/ink.js";
import { evenOutLight } from "convlens/preparation/light.js";
import { invert } from "convlens/preparation/planes.js";
import { removeLines } from "convlens/preparation/ruled_lines.js";
import { evenOutShadows } from "convlens/preparation/shadows.js";
import { addStep, describeSize } from "convlens/preparation/trail.js";

export const EMPTY = "no ink found, so the image is empty";

const WORKING_SIZE = 500; // pixels; larger pictures are averaged down first, which is quick and takes noise away

/** Average a large picture down. */
export function reducePicture(grey, trail) {
  const reduced = reduce(grey, WORKING_SIZE);
  if (reduced === grey) return grey;
  return addStep(trail, "smaller", reduced, `${describeSize(grey)}, averaged down to ${describeSize(reduced)}`);
}

/** The picture without enlargement blocks, frame and uneven light, averaged down where it is large. */
export function cleanPicture(given, trail) {
  const [plain, factor] = undoEnlargement(given);
  let grey = given;
  if (plain !== grey) grey = addStep(trail, "smaller", plain, `${factor}×${factor} pixels alike, taken for one`);
  grey = reducePicture(grey, trail);
  const [inside, thickness] = cutFrame(grey);
  if (inside !== grey) {
    grey = addStep(trail, "frame", inside, `frame of ${thickness} ${thickness === 1 ? "pixel" : "pixels"} cut off`);
  }
  const [lit, across] = evenOutLight(grey);
  if (lit !== grey) grey = addStep(trail, "light", lit, `uneven light, ${across} levels across, evened out`);
  const [even, span] = evenOutShadows(grey);
  return even === grey ? grey : addStep(trail, "light", even, `shadows of ${span} levels, evened out`);
}

/** Invert a picture that is not as wanted; null wants nothing. */
export function matchPolarity(grey, lightOnDark, trail, background = undefined) {
  if (lightOnDark === null || isDarkOnLight(grey, background) !== lightOnDark) return grey;
  return addStep(trail, "polarity", invert(grey), `${lightOnDark ? "dark on light" : "light on dark"}, inverted`);
}

/** Light-on-dark ink without ruled lines. */
export function cleanInk(ink, trail) {
  const [cleaned, count] = removeLines(ink);
  if (cleaned === ink) return ink;
  return addStep(trail, "lines", cleaned, `${count} ruled ${count === 1 ? "line" : "lines"} taken out`);
}
