// A trained model in the page: opened from its payload (src/convlens/exports/page_model.py), then run on images.
//
// Python has resolved the network: every layer comes with its kind, inputs, shapes and numbers, so no text is parsed
// here. Each layer comes after its inputs. Weights have the names of PyTorch's state dict.

import { decodeFloats, sizeOf } from "convlens/engine/decode.js";
import { kindOf } from "convlens/layers/shared/kind.js";

const FORMAT = 2;

/** @typedef {Float32Array | Float64Array} Numbers */
/** @typedef {[number, number]} Pair one number for rows, one for columns */
/** @typedef {{ shape: number[], data: Float32Array }} Tensor */
/**
 * @typedef {{ layer: number, place: number }} Source the origin of a number: its layer (−1: the input) and its place in
 * the flat array
 */
/** @typedef {{ mean: number[], std: number[] }} Normalisation one number per channel */
/** @typedef {{ shape: number[], data: string | Float32Array }} GivenTensor data may be base64 */
/** @typedef {Record<string, any>} Payload the model as `page_model` wrote it */

/**
 * A layer has these properties, those of its kind (kernel, slope, epsilon …), and its weights under PyTorch's names.
 * @typedef {object} Layer
 * @property {number} index
 * @property {string} path its module path in PyTorch: "3", "3.body.0"
 * @property {string} kind
 * @property {string} text
 * @property {number[]} inputs the layers whose outputs it takes; −1 is the network's input
 * @property {number} depth the number of blocks around it
 * @property {string} branch its branch of the innermost block: "", "body", "shortcut", "branch 1"
 * @property {number[]} inputShape of the first input
 * @property {number[][]} inputShapes
 * @property {number[]} outputShape
 * @property {string} sizeFormula
 * @property {number} parameters
 * @property {string} parametersFormula
 * @property {number} multiplyAdds
 * @property {number[]} receptiveField
 * @property {Tensor} [weight]
 * @property {Tensor} [bias]
 */

/** @typedef {Layer & { weight: Tensor, bias: Tensor }} WeightedLayer */

/**
 * @typedef {{
 *   name: string, network: string, inputShape: number[], classNames: string[], layers: Layer[],
 *   normalisation: Normalisation, temperature: number, threshold: number | null, preprocessing: any,
 *   facts: Record<string, any>, payload: Payload,
 * }} Model
 */

/** @typedef {{ shape: number[], data: Numbers }} Activation */

/** @type {(payload: Payload) => Model} Opens the model of a payload. */
export function openModel(payload) {
  if (payload.format !== FORMAT) {
    throw new Error(`this page reads models of format ${FORMAT}, but this model has format ${payload.format}.`);
  }
  const model = {
    name: payload.name,
    network: payload.network,
    inputShape: payload.input_shape,
    classNames: payload.class_names,
    layers: openLayers(payload),
    normalisation: payload.normalisation,
    temperature: payload.calibration.temperature,
    threshold: payload.calibration.threshold,
    preprocessing: payload.preprocessing,
    facts: payload.facts,
    payload,
  };
  return replaceWeights(model, payload.weights);
}

/** @type {(payload: Payload) => Layer[]} */
function openLayers({ layers, input_shape: shape }) {
  return layers.map((/** @type {Record<string, any>} */ layer) => {
    kindOf(/** @type {Layer} */ (layer)); // throws if the kind is unknown
    const named = Object.entries(layer).map(([name, value]) => [
      name.replace(/_[a-z]/g, (letters) => letters[1].toUpperCase()),
      value,
    ]);
    const inputShapes = layer.inputs.map((/** @type {number} */ input) => layers[input]?.output_shape ?? shape);
    return { ...Object.fromEntries(named), inputShapes };
  });
}

/**
 * Replaces weights of an open model, {"0.weight": {shape, data}, ...}, for example during training; all others stay.
 * Returns the same model.
 * @type {(model: Model, weights: Record<string, GivenTensor>) => Model}
 */
export function replaceWeights(model, weights) {
  const layers = new Map(model.layers.map((layer) => [layer.path, layer]));
  for (const [name, tensor] of Object.entries(weights)) {
    const [path, part] = splitName(name);
    const layer = layers.get(path);
    const wanted = layer && kindOf(layer).weights?.(layer)[part];
    if (!wanted) throw new Error(`this network has no weights named ${name}.`);
    const [given, needed] = [tensor.shape.join("×"), wanted.join("×")];
    if (given !== needed) throw new Error(`${name} has the shape ${given}, but this network needs ${needed}.`);
    const data = typeof tensor.data === "string" ? decodeFloats(tensor.data) : tensor.data;
    if (data.length !== sizeOf(wanted)) throw new Error(`${name} has ${data.length} numbers, not ${sizeOf(wanted)}.`);
    Object.assign(layer, { [part]: { shape: wanted, data } });
  }
  return model;
}

/** @type {(name: string) => string[]} "3.body.0.weight" to "3.body.0" and "weight". */
function splitName(name) {
  const dot = name.lastIndexOf(".");
  return [name.slice(0, dot), name.slice(dot + 1)];
}

/** @type {(model: Model) => Float32Array[]} The numbers of all weights as they are now, in the order of the payload. */
export function weightsOf(model) {
  /** @type {Map<string, any>} */
  const layers = new Map(model.layers.map((layer) => [layer.path, layer]));
  return Object.keys(model.payload.weights).map((name) => {
    const [path, part] = splitName(name);
    return layers.get(path)[part].data;
  });
}

/**
 * Normalises an image for the network: (pixels / 255 − mean) / std, channel by channel.
 * @param {Model} model
 * @param {Uint8Array} pixels C·H·W
 */
export function normalise(model, pixels) {
  const [channels, height, width] = model.inputShape;
  const count = height * width;
  if (pixels.length !== channels * count) {
    throw new Error(`the image has ${pixels.length} numbers, but this network takes ${model.inputShape.join("×")}.`);
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
 * Returns the outputs of all layers for an image: entry 0 is the normalised input, entry k + 1 the output of layer k,
 * and the last entry the logits. Don't change them: flatten and dropout return the array of their input.
 * @param {Model} model
 * @param {Uint8Array} pixels C·H·W
 */
export function activations(model, pixels) {
  return activationsOfInput(model, normalise(model, pixels));
}

/** @type {(model: Model, input: Numbers) => Activation[]} The same for an input that is already normalised. */
export function activationsOfInput(model, input) {
  /** @type {Activation[]} */
  const outputs = [{ shape: model.inputShape, data: input }];
  for (const layer of model.layers) {
    outputs.push({ shape: layer.outputShape, data: kindOf(layer).forward(layer, inputsOf(layer, outputs)) });
  }
  return outputs;
}

/**
 * Returns the inputs of a layer, from the outputs computed so far.
 * @param {Layer} layer
 * @param {Activation[]} outputs as `activations` gives them
 */
export function inputsOf(layer, outputs) {
  return layer.inputs.map((input) => outputs[input + 1].data);
}

/** @type {(model: Model, logits: Numbers) => Float64Array<ArrayBuffer>} The softmax of logits / temperature. */
export function probabilities(model, logits) {
  const scaled = Float64Array.from(logits, (logit) => logit / model.temperature);
  const largest = scaled.reduce((most, value) => Math.max(most, value), -Infinity);
  const exponents = scaled.map((value) => Math.exp(value - largest));
  const sum = exponents.reduce((all, value) => all + value, 0);
  return exponents.map((value) => value / sum);
}
