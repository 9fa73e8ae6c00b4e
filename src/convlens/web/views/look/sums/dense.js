/** The sum of a dense layer: its largest contributions one by one, the rest in one number. */

import { positionOf } from "convlens/engine/decode.js";
import { element } from "convlens/interface/dom.js";
import { formatCount, TIMES } from "convlens/interface/format.js";
import { placeName } from "convlens/views/look/places.js";
import { equation, lead, named, result, signed } from "convlens/views/look/sums/terms.js";

/** @import { Model, Source } from "convlens/engine/network.js" */
/** @import { Contribution, DenseSum } from "convlens/layers/dense.js" */
/** @import { Look, Sum } from "convlens/views/look/sums/terms.js" */

/** @type {(sum: Sum & DenseSum, look: Look) => HTMLDivElement[]} */
export function drawDense({ contributions, rest, bias, total }, look) {
  const largest = Math.max(...contributions.map(({ product }) => Math.abs(product)), 1e-12);
  const shown = contributions.reduce((all, { product }) => all + product, 0);
  const [few, all] = [contributions.length, contributions.length + rest.count].map(formatCount);
  const table = element(
    "table",
    { class: "contributions" },
    element("caption", {}, `The ${few} largest of ${all} contributions`),
    tableHead(),
    element(
      "tbody",
      {},
      contributions.map((term) => drawTerm(term, largest, look)),
    ),
  );
  return [
    element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "The largest contributions" }, table),
    equation(
      named(signed(shown), `these ${few}`),
      rest.count > 0 ? named(signed(rest.sum), `${formatCount(rest.count)} others`) : [],
      named(signed(bias), "bias"),
      "=",
      result(total),
    ),
  ];
}

function tableHead() {
  const titles = ["from", "value", TIMES, "weight", "=", "contribution"].map((title, index) =>
    element("th", { scope: "col", class: index === 0 ? null : "number" }, title),
  );
  const bars = element("th", { scope: "col" }, element("span", { class: "unseen" }, "as a bar"));
  return element("thead", {}, element("tr", {}, titles, bars));
}

/** @type {(term: Contribution, largest: number, look: Look) => HTMLTableRowElement} */
function drawTerm({ value, weight, product, source }, largest, look) {
  const name = whereFrom(look.model, source);
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, name),
    element("td", { class: "number" }, lead(value, source, look, name)),
    element("td", { class: "number soft" }, TIMES),
    element("td", { class: "number" }, signed(weight)),
    element("td", { class: "number soft" }, "="),
    element("td", { class: "number" }, signed(product)),
    element("td", {}, signedBar(product / largest)),
  );
}

/** @type {(share: number) => HTMLSpanElement} A bar from the middle: to the right above zero, to the left below. */
function signedBar(share) {
  return element("span", {
    class: share < 0 ? "signed-bar below" : "signed-bar",
    "aria-hidden": "true",
    style: { "--share": Math.abs(share).toFixed(3) },
  });
}

/** @type {(model: Model, source: Source) => string} A number of a row of maps by the map it was in. */
function whereFrom(model, { layer, place }) {
  if (layer < 0) return placeName(model, layer, place);
  const { inputShape, outputShape } = model.layers[layer];
  if (inputShape.length !== 3 || outputShape.length !== 1) return `number ${place}`;
  const [map, row, column] = positionOf(inputShape, place);
  return `map ${map}, row ${row}, column ${column}`;
}
