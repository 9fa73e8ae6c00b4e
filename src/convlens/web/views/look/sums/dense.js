/** The sum of a dense layer: its largest contributions one by one, the rest in one number. */

import { element } from "convlens/interface/dom.js";
import { formatCount, TIMES } from "convlens/interface/format.js";
import { placeName, positionIn } from "convlens/views/look/places.js";
import { equation, lead, named, result, signed } from "convlens/views/look/sums/terms.js";

/** The drawing of `sum`; `look` as for a convolution. */
export function drawDense(sum, look) {
  const { contributions, rest, bias, total } = sum;
  const largest = Math.max(...contributions.map(({ product }) => Math.abs(product)), 1e-12);
  const shown = contributions.reduce((all, { product }) => all + product, 0);
  return [
    element(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "The largest contributions" },
      element(
        "table",
        { class: "contributions" },
        element(
          "caption",
          {},
          `The ${formatCount(contributions.length)} largest of ${formatCount(contributions.length + rest.count)} contributions`,
        ),
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            ["from", "value", TIMES, "weight", "=", "contribution", ""].map((title, index) =>
              element(
                "th",
                { scope: "col", class: index === 0 ? null : "number" },
                title || element("span", { class: "unseen" }, "as a bar"),
              ),
            ),
          ),
        ),
        element(
          "tbody",
          {},
          contributions.map((term) => drawTerm(term, largest, look)),
        ),
      ),
    ),
    equation(
      named(signed(shown), `these ${formatCount(contributions.length)}`),
      rest.count > 0 ? named(signed(rest.sum), `${formatCount(rest.count)} others`) : [],
      named(signed(bias), "bias"),
      "=",
      result(total),
    ),
  ];
}

function drawTerm({ value, weight, product, source }, largest, look) {
  const name = whereFrom(look.model, source);
  return element(
    "tr",
    {},
    element("th", { scope: "row" }, name),
    element("td", { class: "number" }, lead(value, source, look.onSource, name)),
    element("td", { class: "number soft" }, TIMES),
    element("td", { class: "number" }, signed(weight)),
    element("td", { class: "number soft" }, "="),
    element("td", { class: "number" }, signed(product)),
    element("td", {}, signedBar(product / largest)),
  );
}

/** A bar from the middle: to the right above zero, to the left below. */
export function signedBar(share) {
  return element("span", {
    class: share < 0 ? "signed-bar below" : "signed-bar",
    "aria-hidden": "true",
    style: { "--share": Math.abs(share).toFixed(3) },
  });
}

/** A number of a flattened layer by the map it was in. */
function whereFrom(model, { layer, place }) {
  const description = model.layers[layer];
  if (description?.kind !== "flatten" || description.inputShape.length !== 3)
    return layer < 0 ? placeName(model, layer, place) : `number ${place}`;
  const { map, row, column } = positionIn(description.inputShape, place);
  return `map ${map}, row ${row}, column ${column}`;
}
