/** Places of numbers: where one stands in a layer, in words and as map, row and column. Layer −1 is the input. */

import { formatShape } from "convlens/interface/format.js";

/** The shape of what layer `layer` gives. */
export function shapeOf(model, layer) {
  return layer < 0 ? model.inputShape : model.layers[layer].outputShape;
}

/** `{ map, row, column }` of a flat place; in a vector every number is a map of its own. */
export function positionIn(shape, place) {
  if (shape.length === 1) return { map: place, row: 0, column: 0 };
  const [, height, width] = shape;
  return { map: Math.floor(place / (height * width)), row: Math.floor(place / width) % height, column: place % width };
}

/** The way back. */
export function placeAt(shape, { map, row, column }) {
  return shape.length === 1 ? map : (map * shape[1] + row) * shape[2] + column;
}

/** What a layer is called: "input", "conv 8 3x3 pad 1". */
export function layerName(model, layer) {
  return layer < 0 ? "input" : model.layers[layer].text;
}

/** "map 3, row 5, column 7", "number 12"; counted from 0 as in the arrays, classes by their names. */
export function placeName(model, layer, place) {
  const shape = shapeOf(model, layer);
  if (shape.length === 1)
    return isLogits(model, layer) ? `class ${clipName(model.classNames[place])}` : `number ${place}`;
  const { map, row, column } = positionIn(shape, place);
  return `${layer < 0 ? "channel" : "map"} ${map}, row ${row}, column ${column}`;
}

/** Whether these numbers are the classes' logits. */
export function isLogits(model, layer) {
  return layer === model.layers.length - 1 && shapeOf(model, layer).length === 1;
}

/** "8 maps of 28 × 28", "784 numbers" */
export function describeShape(shape, layer) {
  if (shape.length === 1) return `${formatShape(shape)} numbers`;
  const noun = layer < 0 ? "channel" : "map";
  return `${shape[0]} ${noun}${shape[0] === 1 ? "" : "s"} of ${formatShape(shape.slice(1))}`;
}

/** A name that fits into a sentence. */
export function clipName(name, most = 40) {
  const letters = Array.from(String(name));
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : letters.join("");
}
