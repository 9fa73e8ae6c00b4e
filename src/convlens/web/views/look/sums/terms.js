/** Pieces of a sum as text: signed terms, results, and numbers that lead to where they come from. */

import { element } from "convlens/interface/dom.js";
import { formatNumber, formatSigned } from "convlens/interface/format.js";

/** The digits that are shown behind the point, everywhere in a sum, so that what is added up can be added up again. */
export const DIGITS = 3;

/** A number with its sign told by colour and sign. */
export function signed(value, digits = DIGITS) {
  return element(
    "span",
    { class: value > 0 ? "number plus" : value < 0 ? "number minus" : "number" },
    formatSigned(value, digits),
  );
}

/** A number as it is. */
export function plain(value, digits = DIGITS) {
  return element("span", { class: "number" }, formatNumber(value, digits));
}

/** A number that leads to where it comes from. */
export function lead(value, source, onSource, label, digits = DIGITS) {
  if (!source) return plain(value, digits);
  return element(
    "button",
    {
      type: "button",
      class: "lead",
      "aria-label": `${formatNumber(value, digits)}: ${label}`,
      title: label,
      onClick: () => onSource(source),
    },
    formatNumber(value, digits),
  );
}

/** A line of a sum: `equation("ten channels", signed(1), "=", result(2))`. */
export function equation(...parts) {
  return element(
    "p",
    { class: "equation" },
    parts.flat().map((part) => (typeof part === "string" ? element("span", { class: "operator" }, part) : part)),
  );
}

/** What comes out. */
export function result(value, digits = DIGITS) {
  return element("strong", { class: "number result" }, formatNumber(value, digits));
}

/** A term with a name below it: a number over "bias". */
export function named(node, name) {
  return element("span", { class: "named" }, node, element("span", { class: "named-name" }, name));
}
