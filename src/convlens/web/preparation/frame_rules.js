// The rules that keep a picture whole or fill the frame with it.
//
//   letterbox       grey or colour, polarity of the training images, scaled as a whole, centred
//   garment         grey, light on dark, cropped to the article, its longest side scaled to the frame, centred
import { EMPTY, matchPolarity, reducePicture } from "convlens/preparation/cleaning.js";
import { borderPixels, centreIn, medianOfBorder, scaleInto } from "convlens/preparation/framing.js";
import { findInkBox } from "convlens/preparation/ink.js";
import { median } from "convlens/preparation/order_statistics.js";
import { crop, isSameSize, makePlane, mapLevels } from "convlens/preparation/planes.js";
import { addStep, describeSize } from "convlens/preparation/trail.js";

/** The whole picture, as large as fits, on its own background; grey ones inverted to match the training images. */
export function letterboxPicture(plane, height, width, trail, lightOnDark = null) {
  const matched = plane.channels === 1 ? matchPolarity(plane, lightOnDark, trail) : plane;
  return centre(scale(matched, height, width, trail), height, width, medianOfBorder(matched), trail);
}

/** As Fashion-MNIST was made. */
export function prepareFashion(given, side, trail) {
  let grey = reducePicture(given, trail);
  grey = matchPolarity(grey, true, trail, median(borderPixels(grey)));
  const isFramed = grey.height === side && grey.width === side;
  const background = isFramed ? darkestCorner(grey) : Math.trunc(median(borderPixels(grey)));
  if (background) {
    const subtracted = mapLevels(grey, (level) => Math.max(level, background) - background);
    grey = addStep(trail, "background", subtracted, `background of ${background} subtracted`);
  }
  if (isFramed) return grey;
  const box = findInkBox(grey);
  if (!box) return addStep(trail, "empty", makePlane(side, side), EMPTY);
  const cropped = crop(grey, box);
  if (!isSameSize(cropped, grey)) {
    addStep(trail, "crop", cropped, `${describeSize(grey)}, cropped to ${describeSize(cropped)}`);
  }
  return centre(scale(cropped, side, side, trail), side, side, [0], trail);
}

function darkestCorner({ height, width, data }) {
  return Math.min(data[0], data[width - 1], data[(height - 1) * width], data[height * width - 1]);
}

function scale(plane, boxHeight, boxWidth, trail) {
  const scaled = scaleInto(plane, boxHeight, boxWidth);
  return scaled === plane ? plane : addStep(trail, "box", scaled, `scaled to ${describeSize(scaled)}`);
}

function centre(plane, height, width, background, trail) {
  const centred = centreIn(plane, height, width, background);
  return centred === plane ? plane : addStep(trail, "centred", centred, `padded to ${describeSize(centred)}`);
}
