/** Positions of values in a layer, in words and as map, row and column. Layer −1 is the input. */

import { shapeOf } from "convlens/engine/decode.js";
import { formatShape } from "convlens/interface/format.js";

/** @import { Layer, Model, Source } from "convlens/engine/network.js" */

/**
 * In a vector, every number counts as a map.
 * @typedef {{ map: number, row: number, column: number }} Position
 */

/** @type {(shape: number[], place: number) => Position} The position of a flat place. */
export function positionIn(shape, place) {
  const [, height = 1, width = 1] = shape;
  return { map: Math.floor(place / (height * width)), row: Math.floor(place / width) % height, column: place % width };
}

/** @type {(shape: number[], position: Position) => number} The inverse of `positionIn`. */
export function placeAt([, height = 1, width = 1], { map, row, column }) {
  return (map * height + row) * width + column;
}

/** @type {(model: Model, layer: number) => string} "input", "conv 8 3x3 pad 1" or "relu (body)". */
export function layerName(model, layer) {
  if (layer < 0) return "input";
  const { text, branch } = model.layers[layer];
  return branch ? `${text} (${branch})` : text;
}

/** @type {(model: Model, layer: number) => string} "Inputs: input and relu (body). "; "" if it is the layer before. */
export function describeInputs(model, layer) {
  const inputs = layer < 0 ? [] : model.layers[layer].inputs;
  if (inputs.every((input) => input === layer - 1)) return "";
  return `Inputs: ${inputs.map((input) => layerName(model, input)).join(" and ")}. `;
}

/**
 * The branches around a layer, the outermost first. For "3.body.1.branches.0.2" they are "3.body", labelled "body", and
 * "3.body.1.branches.0", labelled "branch 0".
 * @param {string} path
 */
export function branchesOf(path) {
  return Array.from(path.matchAll(/(?:body|shortcut|branches\.\d+)(?=\.)/g), (found) => ({
    id: path.slice(0, found.index + found[0].length),
    label: found[0].replace("branches.", "branch "),
  }));
}

/** @type {(model: Model, layer: number, place: number) => string} "map 3, row 5, column 7", "number 12", "class 7". */
export function placeName(model, layer, place) {
  const shape = shapeOf(model, layer);
  if (isLogits(model, layer)) return `class ${clipName(model.classNames[place])}`;
  if (shape.length === 1) return `number ${place}`;
  const { map, row, column } = positionIn(shape, place);
  return `${layer < 0 ? "channel" : "map"} ${map}, row ${row}, column ${column}`;
}

/** @type {(model: Model, target: Source) => string} For example "conv 8 3x3 pad 1, map 2, row 5, column 7". */
export function describeTarget(model, { layer, place }) {
  return `${layerName(model, layer)}, ${placeName(model, layer, place)}`;
}

/** @type {(model: Model, layer: number) => boolean} Whether the layer's outputs are the logits. */
export function isLogits(model, layer) {
  return layer === model.layers.length - 1 && shapeOf(model, layer).length === 1;
}

/** @type {(layer: Layer) => boolean} Whether the layer's weights are kernels. */
export function hasKernels({ weight }) {
  return weight?.shape.length === 4;
}

/** @type {(shape: number[], layer: number) => string} "8 maps of 28 × 28", "784 numbers" */
export function describeShape(shape, layer) {
  if (shape.length === 1) return `${formatShape(shape)} numbers`;
  const noun = layer < 0 ? "channel" : "map";
  return `${shape[0]} ${noun}${shape[0] === 1 ? "" : "s"} of ${formatShape(shape.slice(1))}`;
}

/** @type {(name: unknown, most?: number) => string} Shortens a long name. */
export function clipName(name, most = 40) {
  const letters = Array.from(String(name));
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : letters.join("");
}
