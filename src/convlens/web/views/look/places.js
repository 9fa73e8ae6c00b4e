/** Places of numbers: where one stands in a layer, in words and as map, row and column. Layer −1 is the input. */

import { shapeOf } from "convlens/engine/decode.js";
import { formatShape } from "convlens/interface/format.js";

/** @import { Layer, Model, Source } from "convlens/engine/network.js" */

/**
 * In a vector every number is a map of its own.
 *
 * @typedef {{ map: number, row: number, column: number }} Position
 */

/**
 * The position of a flat place.
 *
 * @param {number[]} shape
 * @param {number} place
 * @returns {Position}
 */
export function positionIn(shape, place) {
  const [, height = 1, width = 1] = shape;
  return { map: Math.floor(place / (height * width)), row: Math.floor(place / width) % height, column: place % width };
}

/**
 * The way back.
 *
 * @param {number[]} shape
 * @param {Position} position
 */
export function placeAt([, height = 1, width = 1], { map, row, column }) {
  return (map * height + row) * width + column;
}

/**
 * What a layer is called: "input", "conv 8 3x3 pad 1", "relu (body)".
 *
 * @param {Model} model
 * @param {number} layer
 */
export function layerName(model, layer) {
  if (layer < 0) return "input";
  const { text, branch } = model.layers[layer];
  return branch ? `${text} (${branch})` : text;
}

/**
 * Which layers it takes, where that is not simply the one before it: "Takes input and relu (body). ".
 *
 * @param {Model} model
 * @param {number} layer
 */
export function describeInputs(model, layer) {
  const inputs = layer < 0 ? [] : model.layers[layer].inputs;
  if (inputs.every((input) => input === layer - 1)) return "";
  return `Takes ${inputs.map((input) => layerName(model, input)).join(" and ")}. `;
}

/**
 * The branches that a layer lies in, the outermost first: of "3.body.1.branches.0.2" these are "3.body", called body, and
 * "3.body.1.branches.0", called branch 0.
 *
 * @param {string} path
 */
export function branchesOf(path) {
  return Array.from(path.matchAll(/(?:body|shortcut|branches\.\d+)(?=\.)/g), (found) => ({
    id: path.slice(0, found.index + found[0].length),
    label: found[0].replace("branches.", "branch "),
  }));
}

/**
 * "map 3, row 5, column 7", "number 12"; counted from 0 as in the arrays, classes by their names.
 *
 * @param {Model} model
 * @param {number} layer
 * @param {number} place
 */
export function placeName(model, layer, place) {
  const shape = shapeOf(model, layer);
  if (isLogits(model, layer)) return `class ${clipName(model.classNames[place])}`;
  if (shape.length === 1) return `number ${place}`;
  const { map, row, column } = positionIn(shape, place);
  return `${layer < 0 ? "channel" : "map"} ${map}, row ${row}, column ${column}`;
}

/**
 * A number in words: "conv 8 3x3 pad 1, map 2, row 5, column 7".
 *
 * @param {Model} model
 * @param {Source} target
 */
export function describeTarget(model, { layer, place }) {
  return `${layerName(model, layer)}, ${placeName(model, layer, place)}`;
}

/**
 * Whether these numbers are the classes' logits.
 *
 * @param {Model} model
 * @param {number} layer
 */
export function isLogits(model, layer) {
  return layer === model.layers.length - 1 && shapeOf(model, layer).length === 1;
}

/**
 * Whether the layer's weights are kernels: maps of their own.
 *
 * @param {Layer} layer
 */
export function hasKernels({ weight }) {
  return weight?.shape.length === 4;
}

/**
 * "8 maps of 28 × 28", "784 numbers"
 *
 * @param {number[]} shape
 * @param {number} layer
 */
export function describeShape(shape, layer) {
  if (shape.length === 1) return `${formatShape(shape)} numbers`;
  const noun = layer < 0 ? "channel" : "map";
  return `${shape[0]} ${noun}${shape[0] === 1 ? "" : "s"} of ${formatShape(shape.slice(1))}`;
}

/**
 * A name that fits into a sentence.
 *
 * @param {unknown} name
 */
export function clipName(name, most = 40) {
  const letters = Array.from(String(name));
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : letters.join("");
}
