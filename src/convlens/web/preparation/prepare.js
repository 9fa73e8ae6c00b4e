// Convert any picture to the network's input, by the rules of the model's training, with a note on each step. Pixels
// and notes are the same as those of `convlens.preprocessing.prepare`; the tests compare them.
//
//   digit       `digit_rules`: as MNIST was made
//   glyph       `glyph_rules`: the properties that custom training images have in common
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
 * A step's name, its note, the picture after it (averaged down if it is large), and its true size.
 * @typedef {{ name: string, note: string, size: string, readonly picture: Pixels }} Step
 */

/**
 * The network's input (C·H·W), the notes and steps that led to it, and how it differs from the training images.
 * @typedef {{ pixels: Uint8Array, notes: string[], steps: Step[], unlike: string[] }} Prepared
 */

const KNOWN = "digit, garment, glyph and letterbox are known";

/**
 * Prepares a picture. With `repair` false, it is only converted to grey or colour, and scaled as a whole to the frame.
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

// The picture is made only when it is shown, to save time while a person draws.
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

// With colours and transparency.
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
