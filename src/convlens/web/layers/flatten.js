import { isEmpty, placeRegion, wholeRegion } from "convlens/engine/regions.js";
import { unchanged } from "convlens/layers/shared/elementwise.js";
import { drawRule } from "convlens/views/look/sums/rules.js";

/** @import { Layer } from "convlens/engine/network.js" */
/** @import { Region } from "convlens/engine/regions.js" */
/** @import { RuleSum } from "convlens/layers/shared/elementwise.js" */
/** @import { Kind } from "convlens/layers/shared/kind.js" */

const WORDS = "Nothing is computed here: the maps are written out in a row, map after map, row after row.";

/** @type {Kind<Layer, RuleSum>} */
export default {
  ...unchanged(WORDS),
  stepBack: (layer, region) => [unflatten(layer.inputShape, region)],
  draw: (sum, look) => drawRule(sum, look, WORDS, `number ${sum.place}`),
  onwards: undefined,
};

// Numbers of a row as a region of the maps they were: one place, or where there are more of them everything.
/** @type {(shape: number[], region: Region) => Region} */
function unflatten(shape, region) {
  const [first, end] = region.channels;
  if (end - first > 1) return wholeRegion(shape, region);
  const place = placeRegion(shape, first);
  return isEmpty(region) ? { ...place, rows: [], columns: [] } : place;
}
