// The rules that scale a whole picture, or an article of clothing, to the frame.
//
//   letterbox       grey or colour, polarity of the training images, scaled as a whole, centred
//   garment         grey, light on dark, cropped to the article, its longest side scaled to the frame, centred
import { cropTo, leaveEmpty, matchPolarity, reducePicture } from "convlens/preparation/cleaning.js";
import { borderPixels, centreIn, medianOfBorder, scaleInto } from "convlens/preparation/framing.js";
import { findGlyphBox } from "convlens/preparation/glyph.js";
import { median } from "convlens/preparation/order_statistics.js";
import { mapLevels } from "convlens/preparation/planes.js";
import { describeSize } from "convlens/preparation/trail.js";

/** @import { Plane } from "convlens/preparation/planes.js" */
/** @import { Trail } from "convlens/preparation/trail.js" */

/**
 * Scales the whole picture to fit the frame, on its own background; inverts grey ones to match the training images.
 * @type {(plane: Plane, height: number, width: number, trail: Trail, lightOnDark?: boolean | null) => Plane}
 */
export function letterboxPicture(plane, height, width, trail, lightOnDark = null) {
  const matched = plane.channels === 1 ? matchPolarity(plane, lightOnDark, trail) : plane;
  return fitToFrame(matched, height, width, medianOfBorder(matched), trail);
}

/** Prepares a picture as Fashion-MNIST was made. @type {(given: Plane, side: number, trail: Trail) => Plane} */
export function prepareGarment(given, side, trail) {
  let grey = reducePicture(given, trail);
  grey = matchPolarity(grey, true, trail, median(borderPixels(grey)));
  const isFramed = grey.height === side && grey.width === side;
  const background = isFramed ? darkestCorner(grey) : Math.trunc(median(borderPixels(grey)));
  if (background) {
    const subtracted = mapLevels(grey, (level) => Math.max(level, background) - background);
    grey = trail.add("background", subtracted, `background of ${background} subtracted`);
  }
  if (isFramed) return grey;
  const box = findGlyphBox(grey);
  return box ? fitToFrame(cropTo(grey, box, trail), side, side, [0], trail) : leaveEmpty(side, trail);
}

/** @type {(grey: Plane) => number} */
function darkestCorner({ height, width, data }) {
  return Math.min(data[0], data[width - 1], data[(height - 1) * width], data[height * width - 1]);
}

/** @type {(plane: Plane, height: number, width: number, background: number[], trail: Trail) => Plane} */
function fitToFrame(plane, height, width, background, trail) {
  const scaled = scaleInto(plane, height, width);
  trail.addChange("box", plane, scaled, `scaled to ${describeSize(scaled)}`);
  const centred = centreIn(scaled, height, width, background);
  return trail.addChange("centred", scaled, centred, `padded to ${describeSize(centred)}`);
}
