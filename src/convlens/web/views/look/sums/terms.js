/** Parts of a sum as text: signed terms, results, and numbers that link to their sources. */

import { element } from "convlens/interface/dom.js";
import { formatNumber, formatSigned } from "convlens/interface/format.js";
import { describeTarget } from "convlens/views/look/places.js";

/** @import { Model, Source } from "convlens/engine/network.js" */
/** @import { Children } from "convlens/interface/dom.js" */

/**
 * The common part of all sums (see `sumBehind`): the number's place, its `value` in the forward pass, and the `total`
 * of the sum.
 * @typedef {{
 *   layer: number, kind: string, text: string, place: number, position: number[], shape: number[], value: number,
 *   total: number,
 * }} Sum
 */

/**
 * The context for drawing a sum.
 * @typedef {object} Look
 * @property {Model} model
 * @property {(layer: number) => number} limitOf the largest absolute value of a layer
 * @property {(source: Source) => void} onSource called when a person follows a number to its source
 */

/** The digits after the point, the same everywhere in a sum, so that a person can add up the terms. */
export const DIGITS = 3;

/** @type {(value: number) => HTMLSpanElement} A number with a sign, coloured by its sign. */
export function signed(value) {
  const sign = value > 0 ? "number plus" : value < 0 ? "number minus" : "number";
  return element("span", { class: sign }, formatSigned(value, DIGITS));
}

/** @type {(value: number, digits?: number) => HTMLSpanElement} A number without a plus or a colour. */
export function plain(value, digits = DIGITS) {
  return element("span", { class: "number" }, formatNumber(value, digits));
}

/**
 * A number that links to its source.
 * @param {number} value
 * @param {Source} source
 * @param {Look} look
 * @param {string} [label] the name of the source; by default its layer and place
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

/** @type {(value: number, digits?: number) => HTMLElement} The result of a sum. */
export function result(value, digits = DIGITS) {
  return element("strong", { class: "number result" }, formatNumber(value, digits));
}

/** @type {(node: Node, name: Children) => HTMLSpanElement} A term with a name below it: a number over "bias". */
export function named(node, name) {
  return element("span", { class: "named" }, node, element("span", { class: "named-name" }, name));
}
