// The first steps for a picture of a glyph: remove everything but the object. Each step adds a note.
import { cutFrame, undoEnlargement } from "convlens/preparation/disturbances.js";
import { reduce } from "convlens/preparation/framing.js";
import { isDarkOnLight } from "convlens/preparation/glyph.js";
import { evenOutLight } from "convlens/preparation/light.js";
import { crop, invert, makePlane } from "convlens/preparation/planes.js";
import { removeLines } from "convlens/preparation/ruled_lines.js";
import { evenOutShadows } from "convlens/preparation/shadows.js";
import { describeSize } from "convlens/preparation/trail.js";

/** @import { Box, Plane } from "convlens/preparation/planes.js" */
/** @import { Trail } from "convlens/preparation/trail.js" */

const WORKING_SIZE = 500; // pixels; larger pictures are averaged down first, which saves time and removes noise

/** Averages a large picture down. @type {(grey: Plane, trail: Trail) => Plane} */
export function reducePicture(grey, trail) {
  const reduced = reduce(grey, WORKING_SIZE);
  return trail.addChange("smaller", grey, reduced, `${describeSize(grey)}, averaged down to ${describeSize(reduced)}`);
}

/** @type {(given: Plane, trail: Trail) => Plane} Removes enlargement blocks, frame and uneven light. */
export function cleanPicture(given, trail) {
  const [plain, factor] = undoEnlargement(given);
  let grey = trail.addChange("smaller", given, plain, `${factor}×${factor} equal pixels merged into one`);
  grey = reducePicture(grey, trail);
  const [inside, thickness] = cutFrame(grey);
  const pixels = thickness === 1 ? "pixel" : "pixels";
  grey = trail.addChange("frame", grey, inside, `frame of ${thickness} ${pixels} cut off`);
  const [lit, across] = evenOutLight(grey);
  grey = trail.addChange("light", grey, lit, `uneven light, ${across} levels across, evened out`);
  const [even, span] = evenOutShadows(grey);
  return trail.addChange("light", grey, even, `shadows of ${span} levels, evened out`);
}

/**
 * Inverts a picture whose polarity differs from `lightOnDark`; null leaves it unchanged.
 * @type {(grey: Plane, lightOnDark: boolean | null, trail: Trail, background?: number) => Plane}
 */
export function matchPolarity(grey, lightOnDark, trail, background = undefined) {
  if (lightOnDark === null || isDarkOnLight(grey, background) !== lightOnDark) return grey;
  return trail.add("polarity", invert(grey), `${lightOnDark ? "dark on light" : "light on dark"}, inverted`);
}

/** Removes ruled lines from a light-on-dark glyph. @type {(glyph: Plane, trail: Trail) => Plane} */
export function cleanGlyph(glyph, trail) {
  const [cleaned, count] = removeLines(glyph);
  return trail.addChange("lines", glyph, cleaned, `${count} ruled ${count === 1 ? "line" : "lines"} taken out`);
}

/** @type {(glyph: Plane, box: Box, trail: Trail) => Plane} */
export function cropTo(glyph, box, trail) {
  const cropped = crop(glyph, box);
  return trail.addChange("crop", glyph, cropped, `${describeSize(glyph)}, cropped to ${describeSize(cropped)}`);
}

/** Returns the empty image for an empty picture. @type {(side: number, trail: Trail) => Plane} */
export function leaveEmpty(side, trail) {
  return trail.add("empty", makePlane(side, side), "no ink found, so the image is empty");
}
