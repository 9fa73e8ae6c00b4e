import { positionOf } from "convlens/engine/decode.js";
import { cellsOf, slideBack, windowOf } from "convlens/layers/shared/windows.js";
import { drawMaximum } from "convlens/views/look/sums/pooling.js";

/** @import { Numbers } from "convlens/engine/network.js" */
/** @import { Kind } from "convlens/layers/shared/kind.js" */
/** @import { Cell, Window, WindowLayer } from "convlens/layers/shared/windows.js" */

/** @typedef {Cell & { value: number | null }} Candidate for padding, null in a maximum, 0 in a mean */

/**
 * `winner` is the index of the largest candidate.
 * @typedef {{ window: Window, channel: number, candidates: Candidate[], winner: number }} MaximumSum
 */

/** @type {Kind<WindowLayer, MaximumSum>} */
export default {
  forward(layer, [input]) {
    const winners = winnersOf(layer, input);
    const output = new Float32Array(winners.length);
    for (let i = 0; i < output.length; i += 1) output[i] = input[winners[i]];
    return output;
  },
  backward(layer, slopes, [input]) {
    const result = new Float64Array(input.length);
    const winners = winnersOf(layer, input);
    for (let from = 0; from < winners.length; from += 1) result[winners[from]] += slopes[from];
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

// The place of the largest number in every window, the first one among equals; padding is ignored. The loops are
// written out, since a function call per number took as long as the convolution before it.
/** @type {(layer: WindowLayer, input: Numbers) => Int32Array<ArrayBuffer>} */
function winnersOf(layer, input) {
  const [channels, height, width] = layer.inputShape;
  const [, rows, columns] = layer.outputShape;
  const winners = new Int32Array(channels * rows * columns);
  let to = 0;
  for (let channel = 0; channel < channels; channel += 1) {
    for (let row = 0; row < rows; row += 1) {
      const top = row * layer.stride[0] - layer.padding[0];
      const [firstRow, endRow] = [Math.max(top, 0), Math.min(top + layer.kernel[0], height)];
      for (let column = 0; column < columns; column += 1, to += 1) {
        const left = column * layer.stride[1] - layer.padding[1];
        const [first, end] = [Math.max(left, 0), Math.min(left + layer.kernel[1], width)];
        let winner = (channel * height + firstRow) * width + first;
        for (let i = firstRow; i < endRow; i += 1) {
          const start = (channel * height + i) * width;
          for (let place = start + first; place < start + end; place += 1) {
            if (input[place] > input[winner]) winner = place;
          }
        }
        winners[to] = winner;
      }
    }
  }
  return winners;
}
