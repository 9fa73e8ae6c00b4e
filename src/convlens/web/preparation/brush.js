// How wide a brush draws strokes as thick as those of the training images.
import { readAppearance } from "convlens/preparation/appearance.js";
import { makeTarget } from "convlens/preparation/glyph_target.js";
import { clamp } from "convlens/preparation/rounding.js";

/** @import { Preprocessing } from "convlens/preparation/appearance.js" */

const DRAWN_SHARE = 0.7; // of the pad's side: so large are most drawings
const USUAL = 1 / 12; // of the pad's side: MNIST's median, for models that know nothing of strokes
const [THINNEST, THICKEST] = [1 / 50, 1 / 6]; // of the pad's side, so that it stays a pen

/**
 * The width of a round brush on a square pad, in the pad's pixels. What is drawn is scaled until it is as large as the
 * training images' objects; with it, its strokes become thicker or thinner. Where sizes are left alone, so are strokes.
 * Photographs have no strokes, so that their measure says nothing.
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
