// Decode weights and run a forward pass in slices, so that neither delays a frame of the page.
//
// A set of weights is decoded and run through the network in pieces; after a few milliseconds the page can draw and
// react. Up to twenty sets arrive each second. While one is processed, only the newest other set waits, so there is no
// queue, and a slow machine skips images instead of showing them late.

import { decodeFloats, sizeOf } from "convlens/engine/decode.js";
import { inputsOf, normalise, replaceWeights } from "convlens/engine/network.js";
import { kindOf } from "convlens/layers/shared/kind.js";

/** @import { Activation, Layer, Model, Numbers, WeightedLayer } from "convlens/engine/network.js" */
/** @import { Weights } from "convlens/views/train/run_state.js" */
/** @typedef {{ model: Model, weights: Weights, pixels: Uint8Array }} Task */

const BUDGET = 5; // milliseconds of a slice; a frame has 16
const MOST_MULTIPLY_ADDS = 1_500_000; // of one piece: about as long as a slice
const LETTERS = 65536; // of base64 at a time, a multiple of 16, so that they hold whole numbers

/**
 * Ends each slice after `budget` milliseconds and lets the page draw and react. Stops while the page is hidden.
 */
class Clock {
  since = performance.now();

  /** @param {number} budget milliseconds */
  constructor(budget) {
    this.budget = budget;
  }

  async rest() {
    if (performance.now() - this.since < this.budget) return;
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    this.since = performance.now();
  }
}

/** Decodes a tensor in pieces. @param {Weights[string]} tensor @param {Clock} clock */
async function decode({ shape, data }, clock) {
  if (typeof data !== "string") return data;
  const numbers = new Float32Array(sizeOf(shape));
  let place = 0;
  for (let start = 0; start < data.length; start += LETTERS) {
    await clock.rest();
    const some = decodeFloats(data.slice(start, start + LETTERS));
    numbers.set(some, place);
    place += some.length;
  }
  return numbers;
}

/** @type {(task: Task, budget?: number) => Promise<Activation[]>} Also sets the model's weights. */
export async function computeInSlices({ model, weights, pixels }, budget = BUDGET) {
  const clock = new Clock(budget);
  /** @type {Weights} */
  const decoded = {};
  for (const [name, tensor] of Object.entries(weights))
    decoded[name] = { shape: tensor.shape, data: await decode(tensor, clock) };
  replaceWeights(model, decoded);
  /** @type {Activation[]} */
  const outputs = [{ shape: model.inputShape, data: normalise(model, pixels) }];
  for (const layer of model.layers) {
    await clock.rest();
    outputs.push({ shape: layer.outputShape, data: await computeLayer(layer, inputsOf(layer, outputs), clock) });
  }
  return outputs;
}

// Computes a layer's output; for a large convolution a few maps at a time, since each map depends on only one kernel.
/** @type {(layer: Layer, inputs: Numbers[], clock: Clock) => Promise<Float32Array<ArrayBufferLike>>} */
async function computeLayer(layer, inputs, clock) {
  const { forward } = kindOf(layer);
  const pieces = Math.ceil(layer.multiplyAdds / MOST_MULTIPLY_ADDS);
  // With groups, a map depends on only a part of the channels, so the maps can't be split like this.
  if (layer.kind !== "conv" || !(pieces > 1) || layer.weight?.shape[1] !== layer.inputShape[0])
    return forward(layer, inputs);
  const [maps, height, width] = layer.outputShape;
  const together = Math.max(4, Math.floor(maps / pieces / 4) * 4); // the engine sums four maps at once
  const output = new Float32Array(maps * height * width);
  for (let first = 0; first < maps; first += together) {
    const piece = someMaps(/** @type {WeightedLayer} */ (layer), first, Math.min(first + together, maps));
    output.set(forward(piece, inputs), first * height * width);
    await clock.rest();
  }
  return output;
}

/**
 * A convolution that computes only some of the maps.
 * @param {WeightedLayer} layer
 * @param {number} first
 * @param {number} end
 */
function someMaps(layer, first, end) {
  const { weight, bias, outputShape } = layer;
  const taps = weight.data.length / outputShape[0];
  const count = end - first;
  return {
    ...layer,
    outputShape: [count, ...outputShape.slice(1)],
    weight: { shape: [count, ...weight.shape.slice(1)], data: weight.data.subarray(first * taps, end * taps) },
    bias: { shape: [count], data: bias.data.subarray(first, end) },
  };
}

/** Works on one task at a time, and keeps only the newest of the tasks that arrive meanwhile. @template {Task} T */
export class Computer {
  /** @type {T | null} */
  waiting = null;
  isWorking = false;

  /** @param {{ onDone: (task: T, outputs: Activation[]) => void, onError: (error: Error) => void }} handlers */
  constructor({ onDone, onError }) {
    this.onDone = onDone;
    this.onError = onError;
  }

  /** Begins a task, or replaces the waiting one. @param {T} task */
  offer(task) {
    this.waiting = task;
    if (!this.isWorking) this.work();
  }

  forget() {
    this.waiting = null;
  }

  async work() {
    this.isWorking = true;
    while (this.waiting) {
      const task = this.waiting;
      this.waiting = null;
      try {
        this.onDone(task, await computeInSlices(task));
      } catch (error) {
        this.onError(/** @type {Error} */ (error));
      }
    }
    this.isWorking = false;
  }
}
