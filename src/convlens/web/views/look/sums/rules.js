/** Layers that make one number of one number: activations, normalisation, flatten, and the input itself. */

import { element } from "convlens/interface/dom.js";
import { MINUS, TIMES, formatNumber } from "convlens/interface/format.js";
import { layerName, placeName } from "convlens/views/look/places.js";
import { equation, lead, named, plain, result } from "convlens/views/look/sums/terms.js";

/** relu, leaky_relu, tanh, sigmoid, dropout, flatten. */
export function drawRule(sum, look) {
  const moved = sum.kind === "flatten";
  return [
    element(
      "p",
      {},
      moved
        ? "Nothing is computed here: the maps are written out in a row, map after map, row after row."
        : sum.kind === "dropout"
          ? "Dropout does nothing while predicting."
          : `The rule is ${sum.rule}.`,
    ),
    equation(
      named(lead(sum.input.value, sum.input.source, look.onSource, describeSource(look.model, sum.input.source)), "x"),
      "→",
      named(result(sum.total), moved ? `number ${sum.place}` : sum.kind.replace("_", " ")),
    ),
  ];
}

/** Batch normalisation: less the mean, over the deviation, times the scale, plus the shift. */
export function drawNormalisation(sum, look) {
  return [
    element(
      "p",
      {},
      "The mean and the variance are those that training has seen in this map; the scale and the shift were learned.",
    ),
    equation(
      "(",
      named(lead(sum.input.value, sum.input.source, look.onSource, describeSource(look.model, sum.input.source)), "x"),
      MINUS,
      named(plain(sum.mean), "mean"),
      ")",
      "/",
      named(plain(sum.deviation), "√(variance + ε)"),
      "=",
      named(plain(sum.normalised), "normalised"),
    ),
    equation(
      named(plain(sum.normalised), "normalised"),
      TIMES,
      named(plain(sum.scale), "scale"),
      "+",
      named(plain(sum.shift), "shift"),
      "=",
      result(sum.total),
    ),
    element(
      "p",
      { class: "small soft" },
      `variance ${formatNumber(sum.variance, 4)}, ε = ${formatNumber(sum.epsilon, 6)}`,
    ),
  ];
}

/** The input: a byte of the picture, normalised. Here the way back ends. */
export function drawInput(sum) {
  const changed = sum.mean !== 0 || sum.deviation !== 1;
  return [
    element(
      "p",
      {},
      "This is the picture itself; behind it there is no sum. A pixel is a byte from 0 to 255, and the network gets it as a fraction",
      changed ? ", less the mean of the training images, over their deviation." : ".",
    ),
    changed
      ? equation(
          "(",
          named(plain(sum.pixel, 0), "pixel"),
          "/",
          plain(255, 0),
          MINUS,
          named(plain(sum.mean, 4), "mean"),
          ")",
          "/",
          named(plain(sum.deviation, 4), "deviation"),
          "=",
          result(sum.total),
        )
      : equation(named(plain(sum.pixel, 0), "pixel"), "/", plain(255, 0), "=", result(sum.total)),
  ];
}

function describeSource(model, { layer, place }) {
  return `${layerName(model, layer)}, ${placeName(model, layer, place)}`;
}
