// Decode the payload's arrays (base64, little-endian) to typed arrays; convert between flat places and positions.

/** @import { Model } from "convlens/engine/network.js" */

/** @type {(text: string) => Uint8Array<ArrayBuffer>} The bytes of a base64 text. */
export function decodeBytes(text) {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

/** @type {(text: string) => Float32Array<ArrayBuffer>} Works with any byte order of the machine. */
export function decodeFloats(text) {
  const bytes = decodeBytes(text);
  if (bytes.length % 4 !== 0) throw new Error(`${bytes.length} bytes are not a whole number of float32 values.`);
  const view = new DataView(bytes.buffer);
  const values = new Float32Array(bytes.length / 4);
  for (let i = 0; i < values.length; i += 1) values[i] = view.getFloat32(4 * i, true);
  return values;
}

/** @type {(shape: number[]) => number} The number of elements of an array of this shape. */
export function sizeOf(shape) {
  return shape.reduce((product, size) => product * size, 1);
}

/** @type {(shape: number[], place: number) => number[]} The flat place 5 in [2, 2, 2] is [1, 0, 1]. */
export function positionOf(shape, place) {
  const position = new Array(shape.length);
  let rest = place;
  for (let axis = shape.length - 1; axis >= 0; axis -= 1) {
    position[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return position;
}

/** @type {(shape: number[], position: number[]) => number} The inverse of `positionOf`. */
export function placeOf(shape, position) {
  return position.reduce((place, index, axis) => place * shape[axis] + index, 0);
}

/** @type {(model: Model, layer: number) => number[]} The shape of a layer's output; layer −1 is the input. */
export function shapeOf(model, layer) {
  return layer < 0 ? model.inputShape : model.layers[layer].outputShape;
}
