// What spoke for and against a class: each input number's part in a logit, by a backward pass through every layer kind.
//
// Gradient × (input − baseline). The baseline is a picture with nothing on it: black where the training pictures are light on
// dark, white where they are dark on light, and the mean (0 after normalisation) where they are mixed; so the empty ground
// of a drawing speaks neither for nor against. In a network without bends (no activation, no maxpool) the parts add up to
// what the logit gains over that of the baseline, and in one with relu and maxpool alone they do if nothing is added anywhere.
// In others one gradient is the slope at this picture only; `steps` averages it over the straight way from the baseline to
// the picture (integrated gradients, Sundararajan et al. 2017), which adds up in any network as the steps get many.

import { convolve } from "convlens/engine/convolution.js";
import { sizeOf } from "convlens/engine/decode.js";
import { insideTaps, scaleOf } from "convlens/engine/layers.js";
import { activationsOfInput, normalise } from "convlens/engine/network.js";

const BACKWARD = {
  conv: spreadOverKernels,
  maxpool: giveToWinners,
  avgpool: (layer, slopes) => spreadOverWindows(layer, slopes),
  globalavgpool: spreadOverMaps,
  batchnorm: scaleSlopes,
  dropout: (_layer, slopes) => slopes,
  relu: (_layer, slopes, input) => slopes.map((slope, i) => (input[i] > 0 ? slope : 0)),
  leaky_relu: (layer, slopes, input) => slopes.map((slope, i) => (input[i] > 0 ? slope : slope * layer.negativeSlope)),
  tanh: (_layer, slopes, _input, output) => slopes.map((slope, i) => slope * (1 - output[i] * output[i])),
  sigmoid: (_layer, slopes, _input, output) => slopes.map((slope, i) => slope * output[i] * (1 - output[i])),
  flatten: (_layer, slopes) => slopes,
  dense: spreadOverWeights,
};

/**
 * What each number of the input did for the logit of a class: {shape, data, baseline}, C·H·W numbers; positive ones spoke
 * for the class. `activations` are those of the picture. With `steps` above 1 gradients are averaged along the way from the
 * baseline, and `activations` serve for the last step alone.
 */
export function attribution(model, activations, classNumber, { steps = 1 } = {}) {
  const classes = model.classNames.length;
  if (!(classNumber >= 0 && classNumber < classes)) {
    throw new Error(`there is no class ${classNumber}; this model has ${classes}, numbered from 0.`);
  }
  const input = activations[0].data;
  const baseline = baselineOf(model);
  const slopes = new Float64Array(input.length);
  for (let step = 1; step <= steps; step += 1) {
    // In the middle of each step, which errs least; one step alone looks at the picture itself.
    const share = steps === 1 ? 1 : (step - 0.5) / steps;
    const between = input.map((value, i) => baseline[i] + share * (value - baseline[i]));
    const outputs = share === 1 ? activations : activationsOfInput(model, between);
    gradient(model, outputs, classNumber).forEach((slope, i) => {
      slopes[i] += slope / steps;
    });
  }
  const data = Float32Array.from(input, (value, i) => slopes[i] * (value - baseline[i]));
  return { shape: model.inputShape, data, baseline };
}

/** How the logit of a class grows with each number of the input, C·H·W. */
export function gradient(model, activations, classNumber) {
  let slopes = new Float64Array(model.classNames.length);
  slopes[classNumber] = 1;
  for (let index = model.layers.length - 1; index >= 0; index -= 1) {
    const layer = model.layers[index];
    slopes = BACKWARD[layer.kind](layer, slopes, activations[index].data, activations[index + 1].data);
  }
  return slopes;
}

/** A picture with nothing on it, as the network gets it. */
export function baselineOf(model) {
  const { light_on_dark: lightOnDark } = model.preprocessing;
  const size = sizeOf(model.inputShape);
  if (lightOnDark === null) return new Float32Array(size);
  return normalise(model, new Uint8Array(size).fill(lightOnDark ? 0 : 255));
}

/** Every output's slope to each input number that it met, times the weight it met it with. */
function spreadOverKernels(layer, slopes) {
  layer.backward ??= turnRound(layer);
  return layer.backward ? convolve(layer.backward, slopes) : spreadTapByTap(layer, slopes);
}

/**
 * The layer that brings slopes back: what a kernel spreads, the kernel turned by 180° collects, from all maps into each
 * channel. Null where it would need a stride of less than one, or padding of less than none.
 */
function turnRound(layer) {
  const [channels] = layer.inputShape;
  const [maps] = layer.outputShape;
  const padding = layer.padding.map((pad, axis) => (layer.kernel[axis] - 1) * layer.dilation[axis] - pad);
  if (Math.max(...layer.stride) > 1 || Math.min(...padding) < 0) return null;
  const size = layer.kernel[0] * layer.kernel[1];
  const weights = new Float32Array(layer.weight.data.length);
  for (let map = 0; map < maps; map += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      const kernel = layer.weight.data.slice((map * channels + channel) * size, (map * channels + channel + 1) * size);
      weights.set(kernel.reverse(), (channel * maps + map) * size);
    }
  }
  return {
    ...{ kernel: layer.kernel, stride: layer.stride, dilation: layer.dilation, padding },
    inputShape: layer.outputShape,
    outputShape: layer.inputShape,
    weight: { data: weights },
    bias: { data: new Float32Array(channels) },
  };
}

function spreadTapByTap(layer, slopes) {
  const [channels, height, width] = layer.inputShape;
  const [maps] = layer.outputShape;
  const [kernelHeight, kernelWidth] = layer.kernel;
  const result = new Float64Array(channels * height * width);
  for (let map = 0; map < maps; map += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      for (let tap = 0; tap < kernelHeight * kernelWidth; tap += 1) {
        const weight = layer.weight.data[(map * channels + channel) * kernelHeight * kernelWidth + tap];
        addTap(layer, slopes, map, weight, Math.floor(tap / kernelWidth), tap % kernelWidth, channel, result);
      }
    }
  }
  return result;
}

/** One weight of one kernel, everywhere it was used. */
function addTap(layer, slopes, map, weight, tapRow, tapColumn, channel, result) {
  const [, height, width] = layer.inputShape;
  const [, rows, columns] = layer.outputShape;
  const [strideRows, stride] = layer.stride;
  const down = tapRow * layer.dilation[0] - layer.padding[0];
  const right = tapColumn * layer.dilation[1] - layer.padding[1];
  const [firstRow, endRow] = placesInside(down, strideRows, rows, height);
  const [firstColumn, endColumn] = placesInside(right, stride, columns, width);
  for (let row = firstRow; row < endRow; row += 1) {
    let to = (channel * height + row * strideRows + down) * width + firstColumn * stride + right;
    let from = (map * rows + row) * columns + firstColumn;
    for (const end = from + endColumn - firstColumn; from < end; from += 1, to += stride)
      result[to] += weight * slopes[from];
  }
}

/** From which position up to which a tap that lies `shift` from the window's start is inside the input. */
function placesInside(shift, stride, positions, size) {
  const first = Math.max(0, Math.ceil(-shift / stride));
  return [first, Math.max(first, Math.min(positions, Math.floor((size - 1 - shift) / stride) + 1))];
}

/** Call `visit(from, place, tap)` for each output of a pooling layer and each input number under its window. */
function visitWindows(layer, visit) {
  const [channels, height, width] = layer.inputShape;
  const [, rows, columns] = layer.outputShape;
  for (let from = 0; from < channels * rows * columns; from += 1) {
    const top = (Math.floor(from / columns) % rows) * layer.stride[0] - layer.padding[0];
    const left = (from % columns) * layer.stride[1] - layer.padding[1];
    const channel = Math.floor(from / (rows * columns));
    const [firstRow, endRow] = insideTaps(top, layer.kernel[0], height);
    const [firstColumn, endColumn] = insideTaps(left, layer.kernel[1], width);
    for (let i = firstRow; i < endRow; i += 1) {
      const start = (channel * height + top + i) * width + left;
      for (let j = firstColumn; j < endColumn; j += 1) visit(from, start + j);
    }
  }
}

/** A maximum hands its slope to the number that won; the first of equals. */
function giveToWinners(layer, slopes, input) {
  const winners = new Int32Array(slopes.length).fill(-1);
  visitWindows(layer, (from, place) => {
    if (winners[from] < 0 || input[place] > input[winners[from]]) winners[from] = place;
  });
  const result = new Float64Array(input.length);
  winners.forEach((place, from) => {
    result[place] += slopes[from];
  });
  return result;
}

function spreadOverWindows(layer, slopes) {
  const result = new Float64Array(sizeOf(layer.inputShape));
  const count = layer.kernel[0] * layer.kernel[1];
  visitWindows(layer, (from, place) => {
    result[place] += slopes[from] / count;
  });
  return result;
}

function spreadOverMaps(layer, slopes) {
  const count = layer.inputShape[1] * layer.inputShape[2];
  return Float64Array.from({ length: slopes.length * count }, (_nothing, i) => slopes[Math.floor(i / count)] / count);
}

function scaleSlopes(layer, slopes) {
  const count = slopes.length / layer.inputShape[0];
  return slopes.map((slope, i) => slope * scaleOf(layer, Math.floor(i / count)));
}

function spreadOverWeights(layer, slopes) {
  const inputs = layer.inputShape[0];
  const result = new Float64Array(inputs);
  slopes.forEach((slope, from) => {
    if (slope === 0) return;
    for (let i = 0; i < inputs; i += 1) result[i] += slope * layer.weight.data[from * inputs + i];
  });
  return result;
}
