/** From logits to probabilities: division by the temperature, exponentials, and each exponential's share of the sum. */

import { element, fill, nameOf } from "convlens/interface/dom.js";
import { formatNumber, formatPercent } from "convlens/interface/format.js";
import { button, numberCells, scrollingTable, tableRow } from "convlens/interface/parts.js";
import { likeliest } from "convlens/views/look/answer.js";
import { clipName } from "convlens/views/look/places.js";
import { equation, lead, named, plain, result } from "convlens/views/look/sums/terms.js";

/** @import { Softmax } from "convlens/engine/sums.js" */
/** @import { Look } from "convlens/views/look/sums/terms.js" */

const MOST = 12;
const DIVIDED = "Every logit is divided by the temperature, ";
const FITTED = ", which was fitted so that confidence matches accuracy";
const RAISED =
  ". The largest result is subtracted from all, which prevents overflow, and e is raised to each difference. The probability of a class is its share of the sum.";
const TITLES = ["logit", "scaled", "minus the largest", "exponential", "probability"];

/** Draws the softmax for the class `place`. @param {Softmax} softmax @param {number} place @param {Look} look */
export function drawSoftmax(softmax, place, look) {
  const { temperature, scaled, largest, exponents, sum, probabilities } = softmax;
  const fitted = temperature === 1 ? ", which changes nothing here" : FITTED;
  return [
    element("p", {}, DIVIDED, element("strong", { class: "number" }, formatNumber(temperature, 3)), fitted, RAISED),
    drawTable(softmax, place, look),
    equation(
      named(plain(exponents[place], 4), `e^(${formatNumber(scaled[place] - largest, 3)})`),
      "/",
      named(plain(sum, 4), "sum"),
      "=",
      named(result(probabilities[place], 4), formatPercent(probabilities[place], 2)),
    ),
  ];
}

// All classes; if there are very many, the most likely ones, the chosen one, and a button for the others.
/** @type {(softmax: Softmax, place: number, look: Look) => (HTMLDivElement | HTMLButtonElement | null)[]} */
function drawTable(softmax, place, look) {
  const order = likeliest(softmax.probabilities);
  const isLong = order.length > MOST;
  const body = element("tbody");
  const rowOf = (/** @type {number} */ number) => drawRow(softmax, number, place, look);
  const draw = (/** @type {number[]} */ places) => fill(body, places.map(rowOf));
  draw(isLong ? [...new Set([...order.slice(0, MOST), place])] : [...order.keys()]);
  const showAll = () => {
    draw(order);
    all.remove();
  };
  const all = button(`Show all ${order.length} classes`, showAll, { class: "quiet small" });
  return [
    scrollingTable("The softmax, class by class", [["class"], ...numberCells(...TITLES)], body),
    isLong ? all : null,
  ];
}

/** @type {(softmax: Softmax, number: number, place: number, look: Look) => HTMLTableRowElement} */
function drawRow({ logits, scaled, largest, exponents, probabilities, sources }, number, place, look) {
  const name = clipName(look.model.classNames[number]);
  const cells = numberCells(
    lead(logits[number], sources[number], look, `the logit of ${name}`),
    formatNumber(scaled[number], 3),
    formatNumber(scaled[number] - largest, 3),
    formatNumber(exponents[number], 4),
    formatPercent(probabilities[number], 2),
  );
  return tableRow(nameOf(name), cells, { class: number === place ? "chosen" : null });
}
