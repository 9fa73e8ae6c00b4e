/** The sum of a dense layer: its largest contributions, and the sum of the rest. */

import { positionOf } from "convlens/engine/decode.js";
import { element } from "convlens/interface/dom.js";
import { formatCount, TIMES } from "convlens/interface/format.js";
import { numberCells, scrollingTable, tableRow } from "convlens/interface/parts.js";
import { placeName } from "convlens/views/look/places.js";
import { equation, lead, named, result, signed } from "convlens/views/look/sums/terms.js";

/** @import { Model, Source } from "convlens/engine/network.js" */
/** @import { Cell } from "convlens/interface/parts.js" */
/** @import { Contribution, DenseSum } from "convlens/layers/dense.js" */
/** @import { Look, Sum } from "convlens/views/look/sums/terms.js" */

/** @type {(sum: Sum & DenseSum, look: Look) => HTMLDivElement[]} */
export function drawDense({ contributions, rest, bias, total }, look) {
  const largest = Math.max(...contributions.map(({ product }) => Math.abs(product)), 1e-12);
  const shown = contributions.reduce((all, { product }) => all + product, 0);
  const [few, all] = [contributions.length, contributions.length + rest.count].map(formatCount);
  const rows = contributions.map((term) => drawTerm(term, largest, look));
  const caption = `The ${few} largest of ${all} contributions`;
  const attributes = { class: "contributions" };
  const bars = element("span", { class: "unseen" }, "as a bar");
  /** @type {Cell[]} */
  const headings = [["from"], ...numberCells("value", TIMES, "weight", "=", "contribution"), [bars]];
  return [
    scrollingTable("The largest contributions", headings, rows, { attributes, caption }),
    equation(
      named(signed(shown), `these ${few}`),
      rest.count > 0 ? named(signed(rest.sum), `${formatCount(rest.count)} others`) : [],
      named(signed(bias), "bias"),
      "=",
      result(total),
    ),
  ];
}

/** @type {(term: Contribution, largest: number, look: Look) => HTMLTableRowElement} */
function drawTerm({ value, weight, product, source }, largest, look) {
  const name = whereFrom(look.model, source);
  const [times, equals] = [TIMES, "="].map((sign) => element("span", { class: "soft" }, sign));
  const numbers = numberCells(lead(value, source, look, name), times, signed(weight), equals, signed(product));
  return tableRow(name, [...numbers, [signedBar(product / largest)]]);
}

/** @type {(share: number) => HTMLSpanElement} A bar from the middle: positive to the right, negative to the left. */
function signedBar(share) {
  return element("span", {
    class: share < 0 ? "signed-bar below" : "signed-bar",
    "aria-hidden": "true",
    style: { "--share": Math.abs(share).toFixed(3) },
  });
}

/** @type {(model: Model, source: Source) => string} A number after flatten is named by its map, row and column. */
function whereFrom(model, { layer, place }) {
  if (layer < 0) return placeName(model, layer, place);
  const { inputShape, outputShape } = model.layers[layer];
  if (inputShape.length !== 3 || outputShape.length !== 1) return `number ${place}`;
  const [map, row, column] = positionOf(inputShape, place);
  return `map ${map}, row ${row}, column ${column}`;
}
