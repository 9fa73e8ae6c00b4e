// Convolution (cross-correlation), which is nearly all the work of a forward pass, in a form that is fast in browsers.
//
// Kernels of any size are summed tap by tap here; 3×3 kernels of many maps use a faster method with the same results,
// in `winograd.js`.

import { fillPadded, MAPS, packedPlace, packedSize, PLACES, sumBlock } from "convlens/engine/blocks.js";
import { convolveTiles, prepareTiles, suitsTiles } from "convlens/engine/winograd.js";

/** @import { Numbers, Pair, Tensor } from "convlens/engine/network.js" */

/**
 * The part of a layer that the convolution of one group uses. `spacing` is the distance between the numbers of its
 * input, 1 except in a backward pass; `padding` below 0 crops the input.
 * @typedef {{
 *   inputShape: number[], outputShape: number[], kernel: Pair, stride: Pair, padding: Pair, dilation: Pair,
 *   spacing?: Pair, weight: Tensor, bias: Tensor,
 * }} ConvLayer
 */

/** @typedef {ReturnType<typeof prepareTaps>} Taps */

/**
 * Caches a function of a layer: the result is kept until the layer gets other weights.
 * @template {{ weight: Tensor }} L
 * @template Made
 * @param {(layer: L) => Made} make
 */
export function onceForWeights(make) {
  /** @type {WeakMap<Tensor, Made>} */
  const known = new WeakMap();
  return (/** @type {L} */ layer) => {
    const made = known.get(layer.weight) ?? make(layer);
    known.set(layer.weight, made);
    return made;
  };
}

const prepare = onceForWeights((/** @type {ConvLayer} */ layer) =>
  suitsTiles(layer) ? { tiles: prepareTiles(layer) } : { taps: prepareTaps(layer) },
);
const turned = onceForWeights(turnRound);

/** @type {(layer: ConvLayer, input: Numbers) => Float32Array<ArrayBuffer>} The layer's maps, with bias. */
export function convolve(layer, input) {
  const { tiles, taps } = prepare(layer);
  fillPadded(layer, tiles ?? taps, input);
  return tiles ? convolveTiles(layer, tiles) : convolveTaps(layer, taps);
}

/** @type {(layer: ConvLayer, slopes: Numbers) => Float32Array<ArrayBuffer>} The gradients of the inputs. */
export function convolveBack(layer, slopes) {
  return convolve(turned(layer), slopes);
}

/** @param {ConvLayer} layer */
function prepareTaps(layer) {
  const [channels] = layer.inputShape;
  const [kernelHeight, kernelWidth] = layer.kernel;
  const [rows, columns] = [0, 1].map((axis) => reachOf(layer, axis));
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
  return { rows, columns, offsets, padded, packed: packKernels(layer, offsets.length) };
}

// The number of rows, or columns, of the padded input that the windows read.
/** @type {(layer: ConvLayer, axis: number) => number} */
function reachOf({ outputShape, kernel, stride, dilation }, axis) {
  return (outputShape[axis + 1] - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1;
}

/** @type {(layer: ConvLayer, taps: number) => Float64Array<ArrayBuffer>} */
function packKernels(layer, taps) {
  const maps = layer.outputShape[0];
  const packed = new Float64Array(packedSize(maps, taps));
  for (let map = 0; map < maps; map += 1) {
    for (let tap = 0; tap < taps; tap += 1) packed[packedPlace(map, tap, taps)] = layer.weight.data[map * taps + tap];
  }
  return packed;
}

/** @type {(layer: ConvLayer, prepared: Taps) => Float32Array<ArrayBuffer>} */
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

// The backward pass of a convolution as another convolution (the transposed one): it takes the gradients of all maps
// and returns those of each channel. Its kernels are the layer's, rotated by 180°. It slides in steps of 1 over the
// gradients, which lie a stride apart.
/** @type {(layer: ConvLayer) => ConvLayer} */
function turnRound({ kernel, stride, padding, dilation, inputShape, outputShape, weight }) {
  const [channels] = inputShape;
  const [maps] = outputShape;
  const size = kernel[0] * kernel[1];
  const weights = new Float32Array(weight.data.length);
  for (let map = 0; map < maps; map += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const last = (map * channels + channel + 1) * size - 1;
      const to = (channel * maps + map) * size;
      for (let tap = 0; tap < size; tap += 1) weights[to + tap] = weight.data[last - tap];
    }
  }
  const edge = (/** @type {0 | 1} */ axis) => (kernel[axis] - 1) * dilation[axis] - padding[axis];
  return {
    ...{ kernel, dilation, stride: [1, 1], spacing: stride, padding: [edge(0), edge(1)] },
    ...{ inputShape: outputShape, outputShape: inputShape },
    weight: { shape: [channels, maps, ...kernel], data: weights },
    bias: { shape: [channels], data: new Float32Array(channels) },
  };
}
