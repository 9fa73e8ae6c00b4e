/** Pieces of a sum as text: signed terms, results, and numbers that lead to where they come from. */

import { element } from "convlens/interface/dom.js";
import { formatNumber, formatSigned } from "convlens/interface/format.js";
import { describeTarget } from "convlens/views/look/places.js";

/** @import { Model, Source } from "convlens/engine/network.js" */
/** @import { Children } from "convlens/interface/dom.js" */

/**
 * What every sum has (see `sumBehind`): which number it is of, what the forward pass gave and what the arithmetic
 * gives.
 * @typedef {{
 *   layer: number, kind: string, text: string, place: number, position: number[], shape: number[], value: number,
 *   total: number,
 * }} Sum
 */

/**
 * What a drawing needs besides its sum.
 * @typedef {object} Look
 * @property {Model} model
 * @property {(layer: number) => number} limitOf the size of a layer's largest number
 * @property {(source: Source) => void} onSource called when a number is followed
 */

/** The digits that are shown behind the point, everywhere in a sum, so that what is added up can be added up again. */
export const DIGITS = 3;

/** @type {(value: number) => HTMLSpanElement} A number with its sign told by colour and sign. */
export function signed(value) {
  const sign = value > 0 ? "number plus" : value < 0 ? "number minus" : "number";
  return element("span", { class: sign }, formatSigned(value, DIGITS));
}

/** @type {(value: number, digits?: number) => HTMLSpanElement} A number as it is. */
export function plain(value, digits = DIGITS) {
  return element("span", { class: "number" }, formatNumber(value, digits));
}

/**
 * A number that leads to where it comes from.
 * @param {number} value
 * @param {Source} source
 * @param {Look} look
 * @param {string} [label] where that is, unless it is the layer and place
 */
export function lead(value, source, { model, onSource }, label = describeTarget(model, source)) {
  const text = formatNumber(value, DIGITS);
  const attributes = { type: "button", class: "lead", "aria-label": `${text}: ${label}`, title: label };
  return element("button", { ...attributes, onClick: () => onSource(source) }, text);
}

/**
 * A line of a sum: `equation("ten channels", signed(1), "=", result(2))`.
 * @type {(...parts: (string | Node | null | (string | Node)[])[]) => HTMLParagraphElement}
 */
export function equation(...parts) {
  const signs = parts.flat().map((part) => (typeof part === "string" ? operator(part) : part));
  return element("p", { class: "equation" }, signs);
}

/** @type {(sign: string) => HTMLSpanElement} */
export function operator(sign) {
  return element("span", { class: "operator" }, sign);
}

/** @type {(value: number, digits?: number) => HTMLElement} What comes out. */
export function result(value, digits = DIGITS) {
  return element("strong", { class: "number result" }, formatNumber(value, digits));
}

/** @type {(node: Node, name: Children) => HTMLSpanElement} A term with a name below it: a number over "bias". */
export function named(node, name) {
  return element("span", { class: "named" }, node, element("span", { class: "named-name" }, name));
}
