import { added, total } from "convlens/layers/shared/arrays.js";
import { drawAddition } from "convlens/views/look/sums/branches.js";

/** @import { Layer, Source } from "convlens/engine/network.js" */
/** @import { Kind } from "convlens/layers/shared/kind.js" */

/** @typedef {{ terms: { value: number, source: Source }[] }} Addition a term for each branch, in order */

/** @type {Kind<Layer, Addition>} The end of a residual block: the elementwise sum of its branches. */
export default {
  forward: (_layer, inputs) => new Float32Array(added(inputs)),
  backward: (_layer, slopes, inputs) => inputs.map(() => slopes),
  explain(layer, place, inputs) {
    const terms = inputs.map((input, which) => ({
      value: input[place],
      source: { layer: layer.inputs[which], place },
    }));
    return { terms, total: total(terms.map(({ value }) => value)) };
  },
  stepBack: (layer, region) => layer.inputs.map(() => region),
  draw: drawAddition,
  onwards: (_layer, _which, place) => place,
};
