/** How a pooling layer computes a value: the numbers in its window, and the largest or the mean. */

import { element } from "convlens/interface/dom.js";
import { formatCount } from "convlens/interface/format.js";
import { div } from "convlens/interface/parts.js";
import { greyOf } from "convlens/views/look/sums/convolution.js";
import { numberGrid } from "convlens/views/look/sums/number_grid.js";
import { equation, named, operator, plain, result, signed } from "convlens/views/look/sums/terms.js";

/** @import { Candidate, MaximumSum } from "convlens/layers/maxpool.js" */
/** @import { MeanSum } from "convlens/layers/shared/averaging.js" */
/** @import { Window } from "convlens/layers/shared/windows.js" */
/** @import { Look, Sum } from "convlens/views/look/sums/terms.js" */

/** @type {(sum: Sum & MaximumSum, look: Look) => HTMLDivElement[]} */
export function drawMaximum(sum, look) {
  const count = sum.candidates.filter(({ padding }) => !padding).length;
  const { row, column } = sum.candidates[sum.winner];
  return [
    element("p", {}, `The output is the largest of the ${formatCount(count)} numbers in the window.`),
    drawCandidates(sum, look, sum.winner, named(result(sum.total), `row ${row}, column ${column}`)),
  ];
}

/** @type {(sum: Sum & MeanSum, look: Look) => HTMLDivElement[]} */
export function drawMean(sum, look) {
  return [
    element("p", {}, `The output is the mean of the ${formatCount(sum.candidates.length)} numbers in the window.`),
    drawCandidates(sum, look, -1, null),
    equation(named(signed(sum.sum), "sum"), "/", named(plain(sum.divisor, 0), "numbers"), "=", result(sum.total)),
  ];
}

/**
 * @type {(sum: Sum & { window: Window, channel: number, candidates: Candidate[] }, look: Look,
 *   chosen: number, outcome: Node | null) => HTMLDivElement}
 */
function drawCandidates({ layer, window, channel, candidates }, look, chosen, outcome) {
  const [before] = look.model.layers[layer].inputs;
  const [values, padding, sources] = [
    candidates.map(({ value }) => value),
    candidates.map(({ padding }) => padding),
    candidates.map(({ source }) => source),
  ];
  const colours = { limit: look.limitOf(before), grey: greyOf(look.model, before, channel) };
  const options = { label: "candidates", ...colours, padding, sources, onSource: look.onSource, chosen };
  const grid = numberGrid(values, window.columns, options);
  return div("product scroll", grid, operator("→"), outcome);
}
