/** The end of a block: the values of all branches added up, or the maps of the branches concatenated. */

import { element } from "convlens/interface/dom.js";
import { layerName } from "convlens/views/look/places.js";
import { equation, lead, named, result } from "convlens/views/look/sums/terms.js";

/** @import { Addition } from "convlens/layers/add.js" */
/** @import { Joining } from "convlens/layers/concat.js" */
/** @import { Look, Sum } from "convlens/views/look/sums/terms.js" */

/** @type {(sum: Sum & Addition, look: Look) => HTMLParagraphElement[]} Every term links to its branch. */
export function drawAddition({ terms, total }, look) {
  const pieces = terms.map(({ value, source }) =>
    named(lead(value, source, look), layerName(look.model, source.layer)),
  );
  const joined = pieces.flatMap((piece, which) => (which > 0 ? ["+", piece] : [piece]));
  return [
    element("p", {}, "The values of all branches at this position are added up."),
    equation(joined, "=", result(total)),
  ];
}

/** @type {(sum: Sum & Joining, look: Look) => HTMLParagraphElement[]} */
export function drawJoining({ which, input, place, shape, total }, look) {
  const { text } = look.model.layers[input.source.layer] ?? { text: "input" };
  const what = shape.length === 1 ? "numbers" : "maps";
  const mine = shape.length === 1 ? `number ${place}` : `map ${Math.floor(place / (shape[1] * shape[2]))}`;
  return [
    element("p", {}, `This layer computes nothing: it concatenates the ${what} of the branches.`),
    equation(named(lead(input.value, input.source, look), `branch ${which}: ${text}`), "→", named(result(total), mine)),
  ];
}
