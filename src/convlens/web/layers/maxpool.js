import { positionOf, sizeOf } from "convlens/engine/decode.js";
import { cellsOf, slideBack, visitWindows, windowOf } from "convlens/layers/shared/windows.js";
import { drawMaximum } from "convlens/views/look/sums/pooling.js";

/** @import { Numbers } from "convlens/engine/network.js" */
/** @import { Kind } from "convlens/layers/shared/kind.js" */
/** @import { Cell, Window, WindowLayer } from "convlens/layers/shared/windows.js" */

/** @typedef {Cell & { value: number | null }} Candidate padding has no value in a maximum, and is 0 in a mean */

/**
 * `winner` is the number of the candidate that was taken.
 * @typedef {{ window: Window, channel: number, candidates: Candidate[], winner: number }} MaximumSum
 */

/** @type {Kind<WindowLayer, MaximumSum>} */
export default {
  forward: (layer, [input]) => Float32Array.from(winnersOf(layer, input), (place) => input[place]),
  backward(layer, slopes, [input]) {
    const result = new Float64Array(input.length);
    winnersOf(layer, input).forEach((place, from) => {
      result[place] += slopes[from];
    });
    return [result];
  },
  explain(layer, place, [input]) {
    const [channel, row, column] = positionOf(layer.outputShape, place);
    const window = windowOf(layer, row, column);
    const candidates = cellsOf(layer, window, channel).map((cell) => {
      return { ...cell, value: cell.source && input[cell.source.place] };
    });
    const largest = Math.max(...candidates.map(({ value }) => value ?? -Infinity));
    return {
      window,
      channel,
      candidates,
      winner: candidates.findIndex(({ value }) => value === largest),
      total: largest,
    };
  },
  stepBack: (layer, region) => [slideBack(layer, region)],
  draw: drawMaximum,
};

// The place of the largest number under every window, the first of equals; padding takes no part.
/** @type {(layer: WindowLayer, input: Numbers) => Int32Array<ArrayBuffer>} */
function winnersOf(layer, input) {
  const winners = new Int32Array(sizeOf(layer.outputShape)).fill(-1);
  visitWindows(layer, (to, place) => {
    if (winners[to] < 0 || input[place] > input[winners[to]]) winners[to] = place;
  });
  return winners;
}
