import { isEmpty, placeRegion, wholeRegion } from "convlens/engine/regions.js";
import { unchanged } from "convlens/layers/shared/elementwise.js";
import { drawRule } from "convlens/views/look/sums/rules.js";

/** @import { Layer } from "convlens/engine/network.js" */
/** @import { Region } from "convlens/engine/regions.js" */
/** @import { RuleSum } from "convlens/layers/shared/elementwise.js" */
/** @import { Kind } from "convlens/layers/shared/kind.js" */

const WORDS = "Flatten computes nothing: it puts all maps into one vector, map by map and row by row.";

/** @type {Kind<Layer, RuleSum>} */
export default {
  ...unchanged(WORDS),
  stepBack: (layer, region) => [unflatten(layer.inputShape, region)],
  draw: (sum, look) => drawRule(sum, look, WORDS, `number ${sum.place}`),
  onwards: undefined,
};

// A region of the vector as a region of the maps: one place for a single number, all places for several numbers.
/** @type {(shape: number[], region: Region) => Region} */
function unflatten(shape, region) {
  const [first, end] = region.channels;
  if (end - first > 1) return wholeRegion(shape, region);
  const place = placeRegion(shape, first);
  return isEmpty(region) ? { ...place, rows: [], columns: [] } : place;
}
