/**
 * One image in one model: its preparation, the outputs of all layers, and the prediction. This module draws nothing.
 */

import { sizeOf } from "convlens/engine/decode.js";
import { activations, probabilities } from "convlens/engine/network.js";
import { prepare } from "convlens/preparation/prepare.js";
import { whyUnknown } from "convlens/views/look/answer.js";
import { hasKernels } from "convlens/views/look/places.js";

/** @import { Model, Numbers, Source } from "convlens/engine/network.js" */

/**
 * An image and its source.
 * @typedef {object} Shown
 * @property {"nothing" | "drawing" | "picture" | "sample"} source
 * @property {ReturnType<typeof prepare> | null} prepared null without an image, and for test images, which need no
 *   preparation
 * @property {Uint8Array} pixels C·H·W
 * @property {number | null} label the class of a test image
 */

/** @typedef {ReturnType<typeof lookAt>} Session */
/** @typedef {ReturnType<typeof answerOf>} Answered */

/** The session of an empty drawing area. @param {Model} model */
export function lookAtNothing(model) {
  const empty = model.preprocessing.light_on_dark === false ? 255 : 0;
  const pixels = new Uint8Array(sizeOf(model.inputShape)).fill(empty);
  return lookAt(model, { source: "nothing", prepared: null, pixels, label: null });
}

/**
 * The session of a drawn or opened picture; null means that the drawing area is empty.
 * @param {Model} model
 * @param {Parameters<typeof prepare>[1] | null} picture
 * @param {"drawing" | "picture"} kind
 */
export function lookAtPicture(model, picture, kind) {
  if (!picture) return lookAtNothing(model);
  const prepared = prepare(model.preprocessing, picture);
  return lookAt(model, { source: kind, prepared, pixels: prepared.pixels, label: null });
}

/** The session of a test image. @param {Model} model @param {{ pixels: Uint8Array, label: number }} sample */
export function lookAtSample(model, { pixels, label }) {
  return lookAt(model, { source: "sample", prepared: null, pixels, label });
}

/** @param {Model} model @param {Shown} shown */
function lookAt(model, shown) {
  const outputs = activations(model, shown.pixels);
  const shares = probabilities(model, outputs[model.layers.length].data);
  return { ...shown, model, activations: outputs, probabilities: shares, best: placeOfLargest(shares) };
}

/** The prediction. @param {Session} session */
export function answerOf({ model, probabilities: shares, best, label, source, prepared }) {
  const why = whyUnknown(model, prepared?.unlike ?? [], shares[best]);
  return { probabilities: shares, best, label, nothing: source === "nothing", whyUnknown: why };
}

/** @type {(session: Session) => Source} The largest number of the first convolution, or of the last layer. */
export function interestingTarget({ model, activations: outputs }) {
  const found = model.layers.findIndex(hasKernels);
  const layer = found < 0 ? model.layers.length - 1 : found;
  return { layer, place: placeOfLargest(outputs[layer + 1].data) };
}

/** @type {(numbers: Numbers) => number} */
function placeOfLargest(numbers) {
  let best = 0;
  for (let place = 1; place < numbers.length; place += 1) if (numbers[place] > numbers[best]) best = place;
  return best;
}
