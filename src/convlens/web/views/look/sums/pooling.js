/** What a pooling layer took of its window: the candidates, and the winner or the mean. */

import { element } from "convlens/interface/dom.js";
import { formatCount } from "convlens/interface/format.js";
import { inputRange } from "convlens/views/look/sums/convolution.js";
import { numberGrid } from "convlens/views/look/sums/number_grid.js";
import { equation, named, result, signed } from "convlens/views/look/sums/terms.js";

/** The drawing of `sum`; `look` as for a convolution. */
export function drawPooling(sum, look) {
  const { candidates, winner, window } = sum;
  const grid = numberGrid(
    candidates.map(({ value }) => value),
    window.columns,
    {
      label: "candidates",
      limit: look.limitOf(sum.layer - 1),
      grey: sum.layer === 0 ? inputRange(look.model)[sum.channel] : null,
      padding: candidates.map(({ padding }) => padding),
      sources: candidates.map(({ source }) => source),
      onSource: look.onSource,
      chosen: winner ?? -1,
    },
  );
  const words =
    winner === null
      ? `The mean of ${formatCount(candidates.length)} numbers.`
      : `The largest of ${formatCount(candidates.filter(({ padding }) => !padding).length)} candidates goes on; the others are forgotten.`;
  return [
    element("p", {}, words),
    element(
      "div",
      { class: "product scroll" },
      grid,
      element("span", { class: "operator" }, "→"),
      winner === null
        ? null
        : named(result(sum.total), `row ${candidates[winner].row}, column ${candidates[winner].column}`),
    ),
    winner === null
      ? equation(
          named(signed(sum.sum), "sum"),
          "/",
          named(element("span", { class: "number" }, formatCount(sum.divisor)), "numbers"),
          "=",
          result(sum.total),
        )
      : null,
  ];
}
