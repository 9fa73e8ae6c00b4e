// From any picture to the network's input, by the rules that the model was trained with, step by step, with notes: the
// same bytes and words as `convlens.preprocessing.prepare` gives, which the tests compare.
//
//   digit       `mnist_rules`: as MNIST was made
//   glyph       `ink_rules`: what a user's own training images agree on
//   letterbox   `frame_rules`: the whole picture, for photographs
//   garment     `frame_rules`: as Fashion-MNIST was made
import { readAppearance } from "convlens/preparation/appearance.js";
import { toColour, toGrey, toPicture } from "convlens/preparation/conversion.js";
import { letterboxPicture, prepareFashion } from "convlens/preparation/frame_rules.js";
import { prepareInk } from "convlens/preparation/ink_rules.js";
import { findUnlike } from "convlens/preparation/likeness.js";
import { prepareDigit } from "convlens/preparation/mnist_rules.js";
import { makePlane } from "convlens/preparation/planes.js";
import { addStep, startTrail } from "convlens/preparation/trail.js";

const KNOWN = "digit, garment, glyph and letterbox are known";

/**
 * `picture` is {width, height, data}: red, green, blue and opacity, a byte each, as `getImageData` gives them. It may
 * say `isGrey`, that its file holds grey and no colours, and bring `notes` on how it was read. With `mend` false it
 * becomes grey or colour as the network wants it, is scaled to the frame as a whole, and nothing else.
 *
 * Returns {pixels: channels × height × width, notes, steps: [{name, note, size, picture}], unlike}, where the pictures
 * of the steps are like `picture`, averaged down where they are large, and `size` says what they were.
 */
export function prepare(preprocessing, picture, mend = true) {
  const [channels] = preprocessing.image_shape;
  const trail = startTrail();
  if (channels === 1 && !picture.isGrey) addStep(trail, "original", look(picture));
  const { plane: read, notes } = channels === 1 ? toGrey(picture) : toColour(picture);
  addStep(trail, trail.steps.length ? "grey" : "original", read, ...notes);
  const plane = addStep(trail, "tensor", applyRules(read, preprocessing, mend, trail));
  return {
    pixels: byChannel(plane),
    notes: trail.notes,
    steps: trail.steps.map(describeStep),
    unlike: findUnlike(plane, preprocessing),
  };
}

// Its picture is made when somebody looks at it: while a pen moves, nobody does.
function describeStep({ plane, ...step }) {
  return {
    ...step,
    get picture() {
      return toPicture(plane);
    },
  };
}

function applyRules(read, preprocessing, mend, trail) {
  const [, height, width] = preprocessing.image_shape;
  if (!mend) return letterboxPicture(read, height, width, trail);
  switch (preprocessing.rules) {
    case "letterbox":
      return letterboxPicture(read, height, width, trail, preprocessing.light_on_dark);
    case "glyph":
      return prepareInk(read, preprocessing, trail);
    case "digit":
      return prepareDigit(read, height, readAppearance(preprocessing.appearance), trail);
    case "garment":
      return prepareFashion(read, height, trail);
    default:
      throw new Error(`Preprocessing rules "${preprocessing.rules}": ${KNOWN}; open the model with a newer page.`);
  }
}

// The original in its colours, with its transparency.
function look({ width, height, data }) {
  return makePlane(height, width, 4, Uint8Array.from(data));
}

function byChannel({ height, width, channels, data }) {
  if (channels === 1) return Uint8Array.from(data);
  const pixels = new Uint8Array(data.length);
  data.forEach((level, place) => {
    pixels[(place % channels) * height * width + Math.floor(place / channels)] = level;
  });
  return pixels;
}
