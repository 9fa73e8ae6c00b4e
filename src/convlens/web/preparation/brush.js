// The brush width that gives strokes as thick as those of the training images.
import { readAppearance } from "convlens/preparation/appearance.js";
import { makeTarget } from "convlens/preparation/glyph_target.js";
import { clamp } from "convlens/preparation/rounding.js";

/** @import { Preprocessing } from "convlens/preparation/appearance.js" */

const DRAWN_SHARE = 0.7; // of the pad's side: the usual size of a drawing
const USUAL = 1 / 12; // of the pad's side: MNIST's median, for models without a measure of strokes
const [THINNEST, THICKEST] = [1 / 50, 1 / 6]; // of the pad's side, so that it can draw

/**
 * Returns the width of a round brush on a square pad, in the pad's pixels. If the preprocessing scales drawings to the
 * size of the training images' objects, it scales the strokes, too, so the width allows for that. Photographs have no
 * strokes, so models of photographs get the usual width.
 * @type {(preprocessing: Preprocessing, padSide: number) => number}
 */
export function brushWidth(preprocessing, padSide) {
  const looks = readAppearance(preprocessing.appearance);
  if (!looks || preprocessing.rules === "letterbox") return USUAL * padSide;
  const [, height, width] = preprocessing.image_shape;
  const isScaled = preprocessing.rules !== "glyph" || makeTarget(height, width, null, looks).size;
  const scale = isScaled ? DRAWN_SHARE / looks.fill.middle : 1;
  return clamp(looks.stroke.middle * scale, THINNEST, THICKEST) * padSide;
}
