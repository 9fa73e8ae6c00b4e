// From any picture to the network's input, by the rules that the model was trained with, step by step, with notes: the
// same bytes and words as `convlens.preprocessing.prepare` gives, which the tests compare.
//
//   digit       `digit_rules`: as MNIST was made
//   glyph       `glyph_rules`: what a user's own training images agree on
//   letterbox   `frame_rules`: the whole picture, for photographs
//   garment     `frame_rules`: as Fashion-MNIST was made
import { readAppearance } from "convlens/preparation/appearance.js";
import { toColour, toGrey, toPicture } from "convlens/preparation/conversion.js";
import { prepareDigit } from "convlens/preparation/digit_rules.js";
import { letterboxPicture, prepareGarment } from "convlens/preparation/frame_rules.js";
import { prepareGlyph } from "convlens/preparation/glyph_rules.js";
import { findUnlike } from "convlens/preparation/likeness.js";
import { makePlane } from "convlens/preparation/planes.js";
import { Trail } from "convlens/preparation/trail.js";

/** @import { Preprocessing } from "convlens/preparation/appearance.js" */
/** @import { Picture, Pixels } from "convlens/preparation/conversion.js" */
/** @import { Plane } from "convlens/preparation/planes.js" */

/**
 * A step's name, its note, the picture after it, averaged down where it is large, and what size it has in truth.
 * @typedef {{ name: string, note: string, size: string, readonly picture: Pixels }} Step
 */

/**
 * What the network gets (C·H·W), how it came about, and the reasons why it is unlike the training images.
 * @typedef {{ pixels: Uint8Array, notes: string[], steps: Step[], unlike: string[] }} Prepared
 */

const KNOWN = "digit, garment, glyph and letterbox are known";

/**
 * With `repair` false the picture becomes grey or colour as the network wants it, is scaled to the frame as a whole,
 * and nothing else.
 * @type {(preprocessing: Preprocessing, picture: Picture, repair?: boolean) => Prepared}
 */
export function prepare(preprocessing, picture, repair = true) {
  const [channels] = preprocessing.image_shape;
  const trail = new Trail();
  if (channels === 1 && !picture.isGrey) trail.add("original", asItIs(picture));
  const { plane: read, notes } = channels === 1 ? toGrey(picture) : toColour(picture);
  trail.add(trail.steps.length ? "grey" : "original", read, ...notes);
  const plane = trail.add("tensor", applyRules(read, preprocessing, repair, trail));
  return {
    pixels: byChannel(plane),
    notes: trail.notes,
    steps: trail.steps.map(describeStep),
    unlike: findUnlike(plane, preprocessing),
  };
}

// Its picture is made only when it is shown, not while a pen moves.
/** @type {(step: Trail["steps"][number]) => Step} */
function describeStep({ plane, ...step }) {
  return {
    ...step,
    get picture() {
      return toPicture(plane);
    },
  };
}

/** @type {(read: Plane, preprocessing: Preprocessing, repair: boolean, trail: Trail) => Plane} */
function applyRules(read, preprocessing, repair, trail) {
  const [, height, width] = preprocessing.image_shape;
  if (!repair) return letterboxPicture(read, height, width, trail);
  switch (preprocessing.rules) {
    case "letterbox":
      return letterboxPicture(read, height, width, trail, preprocessing.light_on_dark);
    case "glyph":
      return prepareGlyph(read, preprocessing, trail);
    case "digit":
      return prepareDigit(read, height, readAppearance(preprocessing.appearance), trail);
    case "garment":
      return prepareGarment(read, height, trail);
    default:
      throw new Error(`Preprocessing rules "${preprocessing.rules}": ${KNOWN}; open the model with a newer page.`);
  }
}

// In its colours, with its transparency.
/** @type {(picture: Picture) => Plane} */
function asItIs({ width, height, data }) {
  return makePlane(height, width, 4, Uint8Array.from(data));
}

/** @type {(plane: Plane) => Uint8Array} */
function byChannel({ height, width, channels, data }) {
  if (channels === 1) return Uint8Array.from(data);
  const pixels = new Uint8Array(data.length);
  data.forEach((level, place) => {
    pixels[(place % channels) * height * width + Math.floor(place / channels)] = level;
  });
  return pixels;
}
