// Glyph preprocessing, for custom images of objects on an even background: new pictures get the properties that the
// training images have in common.
//
// Polarity, levels, size and position are normalised one by one, each only if 90 % of the training images are similar
// in it. If they differ, the difference may be a feature that the network has learned, and normalising would remove it.
// A picture that already resembles the training images in all of these is only scaled as they were.
import { readAppearance } from "convlens/preparation/appearance.js";
import { cleanPicture, matchPolarity } from "convlens/preparation/cleaning.js";
import { letterboxPicture } from "convlens/preparation/frame_rules.js";
import { letterbox } from "convlens/preparation/framing.js";
import { findBackground, findGlyphBox, isDarkOnLight, stretchContrast } from "convlens/preparation/glyph.js";
import { placeGlyph, scaleToTarget } from "convlens/preparation/glyph_placing.js";
import { isAlike, makeTarget } from "convlens/preparation/glyph_target.js";
import { hasEqualPixels, invert, mapLevels } from "convlens/preparation/planes.js";
import { clamp, describeRange, roundHalfEven, toLevel } from "convlens/preparation/rounding.js";
import { describeLevels } from "convlens/preparation/trail.js";

/** @import { Preprocessing } from "convlens/preparation/appearance.js" */
/** @import { Target } from "convlens/preparation/glyph_target.js" */
/** @import { Plane } from "convlens/preparation/planes.js" */
/** @import { Trail } from "convlens/preparation/trail.js" */

/**
 * A light-on-dark picture, whose glyph is lighter than `background`, and `paint`, which converts its pixels to the
 * levels of the training images. If `isStretched`, background and glyph are at 0 and 255.
 * @typedef {{ plane: Plane, background: number, isStretched: boolean, paint: (pixels: Plane) => Plane }} Tones
 */

/** @type {(given: Plane, preprocessing: Preprocessing, trail: Trail) => Plane} Makes it like the training images. */
export function prepareGlyph(given, preprocessing, trail) {
  const [, height, width] = preprocessing.image_shape;
  const lightOnDark = preprocessing.light_on_dark;
  const looks = readAppearance(preprocessing.appearance);
  const target = looks && makeTarget(height, width, lightOnDark, looks);
  if (!target || !(target.size || target.place || target.levels)) {
    return letterboxPicture(given, height, width, trail, lightOnDark);
  }
  if (isAlike(letterbox(given, height, width), target)) return letterboxPicture(given, height, width, trail);
  const grey = matchPolarity(cleanPicture(given, trail), lightOnDark, trail);
  if (isAlike(letterbox(grey, height, width), target)) return letterboxPicture(grey, height, width, trail);
  const isDark = isDarkOnLight(grey);
  const turned = isDark ? invert(grey) : grey;
  const glyph = stretchContrast(turned);
  const box = glyph && findGlyphBox(glyph);
  if (!box) {
    return trail.add("empty", letterbox(grey, height, width), "no ink found, so the picture is only scaled");
  }
  const tones = target.levels
    ? changeLevels(grey, glyph, isDark, target, trail)
    : keepLevels(turned, roundHalfEven(findBackground(turned).level), isDark);
  const painted = tones.paint(tones.plane);
  if (!(target.size || target.place) || isAlike(letterbox(painted, height, width), target)) {
    return letterboxPicture(painted, height, width, trail);
  }
  return placeGlyph(tones, box, scaleToTarget(tones, box, target, trail), target, trail);
}

/** @type {(plane: Plane, background: number, isInverted: boolean) => Tones} */
function keepLevels(plane, background, isInverted) {
  return { plane, background, isStretched: false, paint: (pixels) => (isInverted ? invert(pixels) : pixels) };
}

// Changes background and glyph to the usual levels.
/** @type {(grey: Plane, glyph: Plane, isDark: boolean, target: Target, trail: Trail) => Tones} */
function changeLevels(grey, glyph, isDark, target, trail) {
  const background = target.looks.background.middle;
  const contrast = target.looks.contrast.middle;
  const level = clamp(isDark ? background - contrast : background + contrast, 0, 255);
  const paint = (/** @type {Plane} */ pixels) =>
    mapLevels(pixels, (share) => toLevel(background + share * ((level - background) / 255)));
  const painted = paint(glyph);
  if (!hasEqualPixels(painted, grey)) {
    const levels = describeRange(Math.min(background, level), Math.max(background, level));
    trail.add("contrast", painted, `contrast stretched from ${describeLevels(grey)} to ${levels}`);
  }
  return { plane: glyph, background: 0, isStretched: true, paint };
}
