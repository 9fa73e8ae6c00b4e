// Checks that this page computes the same as Convlens's engine, before it shows a model.
//
// A model comes with images (real ones and noise), the engine's values for them at some places of every layer, and a
// checksum of the weights. The checksum detects damaged weights, even those that no image uses; the values detect
// differences in arithmetic.

import { decodeBytes, decodeFloats, sizeOf } from "convlens/engine/decode.js";
import { activations, weightsOf } from "convlens/engine/network.js";

/** @import { Model, Numbers } from "convlens/engine/network.js" */

/** @typedef {{ worst: number, where: string }} Difference */
/** @typedef {Difference & { agrees: boolean }} Verdict */

/** The largest difference allowed, as a share of the largest value of the layer. */
export const TOLERANCE = 1e-4;

/**
 * Recomputes the check vectors. `worst` is the largest difference found, as a share of the largest value of its layer
 * (Infinity if a value is missing or not a number), and `where` describes it.
 * @type {(model: Model) => Verdict}
 */
export function checkModel(model) {
  const { check } = model.payload;
  if (!check || !(check.count > 0) || check.layers?.length !== model.layers.length + 1) {
    return { agrees: false, worst: Infinity, where: "the model contains no check values" };
  }
  if (fingerprint(model) !== check.weights) {
    return { agrees: false, worst: Infinity, where: "the weights do not match their checksum" };
  }
  const pictures = decodeBytes(check.images);
  const size = sizeOf(model.inputShape);
  const layers = /** @type {{ places: number[], largest: number, values: string }[]} */ (check.layers);
  const expected = layers.map(({ values }) => decodeFloats(values));
  const logits = decodeFloats(check.logits);
  let found = { worst: 0, where: "" };
  for (let picture = 0; picture < check.count; picture += 1) {
    const outputs = activations(model, pictures.subarray(picture * size, (picture + 1) * size));
    layers.forEach(({ places, largest }, number) => {
      const values = places.map((place) => outputs[number].data[place]);
      found = compare(found, values, expected[number], picture, largest, nameOf(model, number));
    });
    const answer = outputs[outputs.length - 1].data;
    found = compare(found, answer, logits, picture, layers[model.layers.length].largest, "the logits");
  }
  return { agrees: found.worst <= TOLERANCE, ...found };
}

/**
 * Returns the largest difference: the one found so far, or a larger one between `values` and those expected.
 * @param {Difference} found
 * @param {number[] | Numbers} values
 * @param {Numbers} expected
 * @param {number} picture
 * @param {number} largest
 * @param {string} name
 */
function compare(found, values, expected, picture, largest, name) {
  let { worst, where } = found;
  for (let i = 0; i < values.length; i += 1) {
    const wanted = expected[picture * values.length + i];
    const difference = Math.abs(values[i] - wanted) / Math.max(largest, 1e-30);
    const off = Number.isNaN(difference) ? Infinity : difference;
    if (off > worst) {
      worst = off;
      where = `${name}, image ${picture}: ${values[i]} here, ${wanted} where the model was written`;
    }
  }
  return { worst, where };
}

/** @type {(model: Model, number: number) => string} */
function nameOf(model, number) {
  if (number === 0) return "the input";
  const { path, text } = model.layers[number - 1];
  return `layer ${path}, ${text}`;
}

/** @type {(model: Model) => number} The CRC-32 of all weights as little-endian float32, in the order of the payload. */
export function fingerprint(model) {
  let remainder = 0xffffffff;
  for (const data of weightsOf(model)) {
    const bytes = new DataView(new ArrayBuffer(4));
    for (let i = 0; i < data.length; i += 1) {
      bytes.setFloat32(0, data[i], true);
      for (let k = 0; k < 4; k += 1) remainder = (remainder >>> 8) ^ TABLE[(remainder ^ bytes.getUint8(k)) & 0xff];
    }
  }
  return (remainder ^ 0xffffffff) >>> 0;
}

/** The table of CRC-32, as in zlib and PNG. */
const TABLE = Uint32Array.from({ length: 256 }, (_nothing, byte) => {
  let remainder = byte;
  for (let bit = 0; bit < 8; bit += 1) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1;
  return remainder;
});
