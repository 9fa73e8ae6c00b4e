// A trained model in the page: opened from its payload (src/convlens/export/page_model.py), then run on pictures.
//
// Python has resolved the network: every layer comes with its kind, shapes and numbers, so no text is parsed here. The names
// of weights are those of PyTorch's state dict.

import { decodeFloats, sizeOf } from "convlens/engine/decode.js";
import { FORWARD } from "convlens/engine/layers.js";

const FORMAT = 1;
const PARTS = { weight: "weight", bias: "bias", running_mean: "runningMean", running_var: "runningVariance" };

/**
 * The model that a payload holds: {name, network, inputShape, classNames, layers, normalisation, temperature, threshold,
 * preprocessing, facts, payload}. A layer has {index, kind, text, inputShape, outputShape, sizeFormula, parameters,
 * parametersFormula, multiplyAdds, receptiveField} and of these what applies: kernel, stride, padding, dilation,
 * negativeSlope, epsilon, and weight, bias, runningMean, runningVariance as {shape, data: Float32Array}.
 */
export function openModel(payload) {
  if (payload.format !== FORMAT) {
    throw new Error(`this page reads models of format ${FORMAT}, and this one has format ${payload.format}.`);
  }
  const model = {
    name: payload.name,
    network: payload.network,
    inputShape: payload.input_shape,
    classNames: payload.class_names,
    layers: payload.layers.map(openLayer),
    normalisation: payload.normalisation,
    temperature: payload.calibration.temperature,
    threshold: payload.calibration.threshold,
    preprocessing: payload.preprocessing,
    facts: payload.facts,
    payload,
  };
  return replaceWeights(model, payload.weights);
}

function openLayer(layer) {
  const { input_shape, output_shape, size_formula, parameters_formula, ...rest } = layer;
  const { multiply_adds, receptive_field, negative_slope, ...same } = rest;
  if (!(layer.kind in FORWARD)) throw new Error(`this page does not know the layer kind ${layer.kind}.`);
  return {
    ...same,
    inputShape: input_shape,
    outputShape: output_shape,
    sizeFormula: size_formula,
    parametersFormula: parameters_formula,
    multiplyAdds: multiply_adds,
    receptiveField: receptive_field,
    negativeSlope: negative_slope,
  };
}

/**
 * Give an open model other weights, {"0.weight": {shape, data}, ...}, where data is base64 or a Float32Array; those that
 * are not named stay. For training that is watched. Returns the same model.
 */
export function replaceWeights(model, weights) {
  for (const [name, tensor] of Object.entries(weights)) {
    const [index, part] = name.split(".");
    const layer = model.layers[Number(index)];
    const wanted = layer && shapesOfWeights(layer)[part];
    if (!wanted) throw new Error(`this network has no place for the weights ${name}.`);
    const [given, needed] = [tensor.shape.join("×"), wanted.join("×")];
    if (given !== needed) throw new Error(`${name} has the shape ${given}, and this network needs ${needed}.`);
    const data = typeof tensor.data === "string" ? decodeFloats(tensor.data) : tensor.data;
    if (data.length !== sizeOf(wanted)) throw new Error(`${name} has ${data.length} numbers, not ${sizeOf(wanted)}.`);
    layer[PARTS[part]] = { shape: wanted, data };
    // What was derived from the old ones.
    layer.prepared = null;
    layer.backward = undefined;
  }
  return model;
}

/** The shapes of a layer's weights, under their names; none for a layer that has none. */
function shapesOfWeights(layer) {
  const [incoming] = layer.inputShape;
  const [outgoing] = layer.outputShape;
  switch (layer.kind) {
    case "conv":
      return { weight: [outgoing, incoming, ...layer.kernel], bias: [outgoing] };
    case "dense":
      return { weight: [outgoing, incoming], bias: [outgoing] };
    case "batchnorm":
      return Object.fromEntries(Object.keys(PARTS).map((part) => [part, [incoming]]));
    default:
      return {};
  }
}

/** The numbers of all weights as they are now, in the order of the payload. */
export function weightsOf(model) {
  return Object.keys(model.payload.weights).map((name) => {
    const [index, part] = name.split(".");
    return model.layers[Number(index)][PARTS[part]].data;
  });
}

/** What the network gets of a picture: (pixels / 255 − mean) / std, channel by channel. Pixels are bytes, C·H·W. */
export function normalise(model, pixels) {
  const [channels, height, width] = model.inputShape;
  const count = height * width;
  if (pixels.length !== channels * count) {
    throw new Error(`a picture of ${pixels.length} numbers: this network takes ${model.inputShape.join("×")}.`);
  }
  const values = new Float32Array(pixels.length);
  for (let channel = 0; channel < channels; channel += 1) {
    const mean = model.normalisation.mean[channel];
    const deviation = model.normalisation.std[channel];
    for (let i = channel * count; i < (channel + 1) * count; i += 1) values[i] = (pixels[i] / 255 - mean) / deviation;
  }
  return values;
}

/**
 * What every layer makes of a picture (Uint8Array, C·H·W): [{shape, data: Float32Array}]. The first is the normalised
 * input, number i + 1 the output of layer i, the last the logits. Read them only: flatten and dropout hand on the array
 * of the layer before.
 */
export function activations(model, pixels) {
  return activationsOfInput(model, normalise(model, pixels));
}

/** The same for numbers that are normalised already. */
export function activationsOfInput(model, input) {
  const outputs = [{ shape: model.inputShape, data: input }];
  for (const layer of model.layers) {
    const data = FORWARD[layer.kind](layer, outputs[outputs.length - 1].data);
    outputs.push({ shape: layer.outputShape, data });
  }
  return outputs;
}

/** The probabilities of logits after the model's temperature; the largest is taken off first, so nothing overflows. */
export function probabilities(model, logits) {
  const scaled = Float64Array.from(logits, (logit) => logit / model.temperature);
  const largest = scaled.reduce((most, value) => Math.max(most, value), -Infinity);
  const exponents = scaled.map((value) => Math.exp(value - largest));
  const sum = exponents.reduce((total, value) => total + value, 0);
  return exponents.map((value) => value / sum);
}
