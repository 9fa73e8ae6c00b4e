/** From logits to probabilities: over the temperature, exponentials, and each one's share in their sum. */

import { element, fill, nameOf } from "convlens/interface/dom.js";
import { formatNumber, formatPercent } from "convlens/interface/format.js";
import { likeliest } from "convlens/views/look/answer.js";
import { clipName } from "convlens/views/look/places.js";
import { equation, lead, named, plain, result } from "convlens/views/look/sums/terms.js";

const MOST = 12;

/** The drawing of `softmax` (of `softmaxOf`) for the class `place`. */
export function drawSoftmax(softmax, place, look) {
  const order = likeliest(softmax.probabilities);
  const some = order.slice(0, MOST);
  if (!some.includes(place)) some.push(place);
  const body = element("tbody", {});
  const draw = (places) =>
    fill(
      body,
      places.map((number) => drawRow(softmax, number, place, look)),
    );
  draw(order.length <= MOST ? [...order.keys()] : some);
  const all =
    order.length > MOST
      ? element(
          "button",
          {
            type: "button",
            class: "quiet small",
            onClick: () => {
              draw(order);
              all.remove();
            },
          },
          `Show all ${order.length} classes`,
        )
      : null;
  const { temperature, largest, exponents, sum, probabilities } = softmax;
  return [
    element(
      "p",
      {},
      "Every logit is divided by the temperature, ",
      element("strong", { class: "number" }, formatNumber(temperature, 3)),
      temperature === 1
        ? ", which changes nothing here"
        : ", which was fitted so that the network is as sure as it is right",
      `; the largest is taken off, so that nothing overflows; then e is raised to it. A probability is a class’s share in the sum of all.`,
    ),
    element(
      "div",
      { class: "scroll", tabindex: 0, role: "region", "aria-label": "The softmax, class by class" },
      element(
        "table",
        {},
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            ["class", "logit", "scaled", "less the largest", "exponential", "probability"].map((title, index) =>
              element("th", { scope: "col", class: index ? "number" : null }, title),
            ),
          ),
        ),
        body,
      ),
    ),
    all,
    equation(
      named(plain(exponents[place], 4), `e^(${formatNumber(softmax.scaled[place] - largest, 3)})`),
      "/",
      named(plain(sum, 4), "sum of all"),
      "=",
      named(result(probabilities[place], 4), formatPercent(probabilities[place], 2)),
    ),
  ];
}

function drawRow({ logits, scaled, largest, exponents, probabilities, sources }, number, place, look) {
  const name = look.model.classNames[number];
  return element(
    "tr",
    { class: number === place ? "chosen" : null },
    element("th", { scope: "row" }, nameOf(clipName(name))),
    element(
      "td",
      { class: "number" },
      lead(logits[number], sources[number], look.onSource, `the logit of ${clipName(name)}`),
    ),
    element("td", { class: "number" }, formatNumber(scaled[number], 3)),
    element("td", { class: "number" }, formatNumber(scaled[number] - largest, 3)),
    element("td", { class: "number" }, formatNumber(exponents[number], 4)),
    element("td", { class: "number" }, formatPercent(probabilities[number], 2)),
  );
}
