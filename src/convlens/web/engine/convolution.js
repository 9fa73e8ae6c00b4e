// Convolution (cross-correlation), which is nearly all the work of a forward pass, in a form that a browser runs fast.
//
// Any kernel can be summed tap by tap, here; 3×3 kernels of many maps go by a shorter way that gives the same numbers, in
// `winograd.js`.

import { fillPadded, MAPS, packedPlace, packedSize, PLACES, sumBlock } from "convlens/engine/blocks.js";
import { prepareTiles, suitsTiles } from "convlens/engine/winograd.js";

/** What a layer's convolution needs besides its input, made once for its weights: see `convolve`. */
function prepareConvolution(layer) {
  if (suitsTiles(layer)) return prepareTiles(layer);
  const [channels, height, width] = layer.inputShape;
  const [kernelHeight, kernelWidth] = layer.kernel;
  const [rows, columns] = [height + 2 * layer.padding[0], width + 2 * layer.padding[1]];
  const offsets = new Int32Array(channels * kernelHeight * kernelWidth);
  let tap = 0;
  for (let channel = 0; channel < channels; channel += 1) {
    for (let row = 0; row < kernelHeight; row += 1) {
      for (let column = 0; column < kernelWidth; column += 1) {
        offsets[tap] = (channel * rows + row * layer.dilation[0]) * columns + column * layer.dilation[1];
        tap += 1;
      }
    }
  }
  // The last pair of columns may reach one stride beyond the end.
  const padded = new Float64Array(channels * rows * columns + (PLACES - 1) * layer.stride[1]);
  return { run: convolveTaps, rows, columns, offsets, padded, packed: packKernels(layer, offsets.length) };
}

function packKernels(layer, taps) {
  const maps = layer.outputShape[0];
  const packed = new Float64Array(packedSize(maps, taps));
  for (let map = 0; map < maps; map += 1) {
    for (let tap = 0; tap < taps; tap += 1) packed[packedPlace(map, tap, taps)] = layer.weight.data[map * taps + tap];
  }
  return packed;
}

/** The maps of a convolutional layer from C·H·W numbers, bias added. */
export function convolve(layer, input) {
  layer.prepared ??= prepareConvolution(layer);
  fillPadded(layer, layer.prepared, input);
  return layer.prepared.run(layer, layer.prepared);
}

function convolveTaps(layer, prepared) {
  const [maps, height, width] = layer.outputShape;
  const output = new Float32Array(maps * height * width);
  const sums = new Float64Array(MAPS * PLACES);
  const taps = prepared.offsets.length;
  const [strideRows, stride] = layer.stride;
  for (let map = 0; map < maps; map += MAPS) {
    const here = Math.min(MAPS, maps - map);
    for (let row = 0; row < height; row += 1) {
      for (let column = 0; column < width; column += PLACES) {
        const start = row * strideRows * prepared.columns + column * stride;
        sumBlock(prepared.padded, start, stride, prepared.offsets, taps, prepared.packed, map * taps, sums);
        const both = column + 1 < width;
        for (let k = 0; k < here; k += 1) {
          const to = ((map + k) * height + row) * width + column;
          const bias = layer.bias.data[map + k];
          output[to] = sums[k] + bias;
          if (both) output[to + 1] = sums[MAPS + k] + bias;
        }
      }
    }
  }
  return output;
}
