// Kinds that take the mean of a window; padding counts as 0.

import { positionOf, sizeOf } from "convlens/engine/decode.js";
import { total } from "convlens/layers/shared/arrays.js";
import { cellsOf, slideBack, visitWindows, windowOf } from "convlens/layers/shared/windows.js";
import { drawMean } from "convlens/views/look/sums/pooling.js";

/** @import { Layer, Numbers } from "convlens/engine/network.js" */
/** @import { Candidate } from "convlens/layers/maxpool.js" */
/** @import { Kind } from "convlens/layers/shared/kind.js" */
/** @import { Window, WindowLayer } from "convlens/layers/shared/windows.js" */

/** @typedef {{ window: Window, channel: number, candidates: Candidate[], sum: number, divisor: number }} MeanSum */

/**
 * @template {Layer} L
 * @param {(layer: L) => WindowLayer} windowed the layer as one with a window
 * @returns {Kind<L, MeanSum>}
 */
export function averaging(windowed) {
  return {
    forward: (layer, [input]) => means(windowed(layer), input),
    backward(layer, slopes, [input]) {
      const result = new Float64Array(input.length);
      const divisor = sizeOf(windowed(layer).kernel);
      visitWindows(windowed(layer), (from, place) => {
        result[place] += slopes[from] / divisor;
      });
      return [result];
    },
    explain(layer, place, [input]) {
      const sliding = windowed(layer);
      const [channel, row, column] = positionOf(layer.outputShape, place);
      const window = windowOf(sliding, row, column);
      const candidates = cellsOf(sliding, window, channel).map((cell) => {
        return { ...cell, value: cell.source ? input[cell.source.place] : 0 };
      });
      const [sum, divisor] = [total(candidates.map(({ value }) => value)), candidates.length];
      return { window, channel, candidates, sum, divisor, total: sum / divisor };
    },
    stepBack: (layer, region) => [slideBack(windowed(layer), region)],
    draw: drawMean,
  };
}

/** @type {(layer: WindowLayer, input: Numbers) => Float32Array<ArrayBuffer>} */
function means(layer, input) {
  const sums = new Float64Array(sizeOf(layer.outputShape));
  visitWindows(layer, (to, place) => {
    sums[to] += input[place];
  });
  const output = new Float32Array(sums.length);
  const divisor = sizeOf(layer.kernel);
  for (let to = 0; to < output.length; to += 1) output[to] = sums[to] / divisor;
  return output;
}
