// The rules for one's own ink on an even background: what the training images agree on, new pictures are given too.
//
// Polarity, levels, size and place are mended one by one, each only where 90 % of the training images lie close
// together. Where they differ, they differ on purpose, and mending would take away what the network has learned to look
// at. A picture that already looks like the training images in all that could be mended is only scaled as they were.
import { readAppearance } from "convlens/preparation/appearance.js";
import { cleanPicture, matchPolarity } from "convlens/preparation/cleaning.js";
import { letterboxPicture } from "convlens/preparation/frame_rules.js";
import { letterbox } from "convlens/preparation/framing.js";
import { findBackground, findInkBox, isDarkOnLight, stretchInk } from "convlens/preparation/ink.js";
import { isAlike, makeTarget } from "convlens/preparation/ink_target.js";
import { placeInk, scaleToTarget } from "convlens/preparation/ink_placing.js";
import { hasEqualPixels, invert, mapLevels } from "convlens/preparation/planes.js";
import { clamp, describeRange, roundHalfEven, toLevel } from "convlens/preparation/rounding.js";
import { addStep, describeLevels } from "convlens/preparation/trail.js";

/** A picture of ink as an image like the training images. */
export function prepareInk(given, preprocessing, trail) {
  const [, height, width] = preprocessing.image_shape;
  const lightOnDark = preprocessing.light_on_dark;
  const target = makeTarget(height, width, lightOnDark, readAppearance(preprocessing.appearance));
  if (!target || !(target.size || target.place || target.levels)) {
    return letterboxPicture(given, height, width, trail, lightOnDark);
  }
  if (isAlike(letterbox(given, height, width), target)) return letterboxPicture(given, height, width, trail);
  const grey = matchPolarity(cleanPicture(given, trail), lightOnDark, trail);
  if (isAlike(letterbox(grey, height, width), target)) return letterboxPicture(grey, height, width, trail);
  const darkInk = isDarkOnLight(grey);
  const turned = darkInk ? invert(grey) : grey;
  const ink = stretchInk(turned);
  const box = ink && findInkBox(ink);
  if (!box) {
    return addStep(trail, "empty", letterbox(grey, height, width), "no ink found, so the picture is only scaled");
  }
  let tones = makeTones(turned, roundHalfEven(findBackground(turned).level), darkInk, null);
  if (target.levels) tones = changeLevels(grey, ink, darkInk, target, trail);
  const painted = tones.paint(tones.plane);
  if (!(target.size || target.place) || isAlike(letterbox(painted, height, width), target)) {
    return letterboxPicture(painted, height, width, trail);
  }
  return placeInk(tones, box, scaleToTarget(tones, box, target, trail), target, trail);
}

// A picture turned to light on dark, so that ink is above `background`, and `paint`, the way back to how such pixels
// look among the training images; `stretched` holds the levels of background and ink that 0 and 255 stand for, or is
// null.
function makeTones(plane, background, inverted, stretched) {
  const unchanged = (pixels) => (inverted ? invert(pixels) : pixels);
  const between = (pixels) => {
    const [paper, ink] = stretched;
    return mapLevels(pixels, (level) => toLevel(paper + level * ((ink - paper) / 255)));
  };
  return { plane, background, isStretched: stretched !== null, paint: stretched ? between : unchanged };
}

// Background and ink as light or dark as they usually are.
function changeLevels(grey, ink, darkInk, target, trail) {
  const background = target.looks.background.middle;
  const contrast = target.looks.contrast.middle;
  const level = clamp(darkInk ? background - contrast : background + contrast, 0, 255);
  const tones = makeTones(ink, 0, darkInk, [background, level]);
  const painted = tones.paint(ink);
  if (hasEqualPixels(painted, grey)) return tones;
  const levels = describeRange(Math.min(background, level), Math.max(background, level));
  addStep(trail, "contrast", painted, `contrast stretched from ${describeLevels(grey)} to ${levels}`);
  return tones;
}
