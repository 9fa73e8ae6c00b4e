// Decoding of weights and a forward pass in slices, so that no frame of the page waits for either.
//
// A set of weights is taken apart and run through the network a piece at a time; after a few milliseconds the page gets its
// turn. Up to twenty sets come each second. One that comes while another is in work waits alone: the next one takes its place,
// so nothing ever queues up, and a slow machine shows fewer pictures instead of late ones.

import { decodeFloats } from "convlens/engine/decode.js";
import { FORWARD } from "convlens/engine/layers.js";
import { normalise, replaceWeights } from "convlens/engine/network.js";

const BUDGET = 5; // milliseconds of a slice; a frame has 16
const MOST_MULTIPLY_ADDS = 1_500_000; // of one piece: about as long as a slice
const CHUNK = 65536; // letters of base64, a multiple of 16, so that each chunk holds whole numbers

/** Lets the page draw a frame and listen, then goes on: one slice a frame. Nothing is computed while nobody looks. */
function turn() {
  return new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
}

/** A clock that says when a slice is used up: `await clock.rest()` waits only then. */
function startClock(budget, wait = turn) {
  let since = performance.now();
  return {
    async rest() {
      if (performance.now() - since < budget) return;
      await wait();
      since = performance.now();
    },
  };
}

/** Base64 or numbers to numbers, in chunks. */
export async function decodeInSlices(tensor, clock) {
  if (typeof tensor.data !== "string") return tensor;
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  if (tensor.data.length <= CHUNK) {
    await clock.rest();
    return { shape: tensor.shape, data: decodeFloats(tensor.data) };
  }
  const data = new Float32Array(count);
  let place = 0;
  for (let start = 0; start < tensor.data.length; start += CHUNK) {
    const numbers = decodeFloats(tensor.data.slice(start, start + CHUNK));
    data.set(numbers, place);
    place += numbers.length;
    await clock.rest();
  }
  return { shape: tensor.shape, data };
}

/** The weights decoded, and what every layer makes of the pixels with them, as `activations` gives it. */
export async function computeInSlices(model, weights, pixels, budget = BUDGET) {
  const clock = startClock(budget);
  const decoded = {};
  for (const [name, tensor] of Object.entries(weights)) decoded[name] = await decodeInSlices(tensor, clock);
  replaceWeights(model, decoded);
  const outputs = [{ shape: model.inputShape, data: normalise(model, pixels) }];
  for (const layer of model.layers) {
    await clock.rest();
    outputs.push({ shape: layer.outputShape, data: await computeLayer(layer, outputs.at(-1).data, clock) });
  }
  return { decoded, outputs };
}

/** A layer's output; that of a large convolution a few maps at a time, since each map comes of its own kernel alone. */
async function computeLayer(layer, input, clock) {
  const pieces = layer.kind === "conv" ? Math.ceil(layer.multiplyAdds / MOST_MULTIPLY_ADDS) : 1;
  if (!(pieces > 1)) return FORWARD[layer.kind](layer, input);
  const [maps, height, width] = layer.outputShape;
  const together = Math.max(4, Math.floor(maps / pieces / 4) * 4); // the engine sums four maps at once
  const taps = layer.weight.data.length / maps;
  const output = new Float32Array(maps * height * width);
  for (let first = 0; first < maps; first += together) {
    const end = Math.min(first + together, maps);
    const piece = { ...layer, outputShape: [end - first, height, width], prepared: null };
    piece.weight = {
      shape: [end - first, ...layer.weight.shape.slice(1)],
      data: layer.weight.data.subarray(first * taps, end * taps),
    };
    piece.bias = { shape: [end - first], data: layer.bias.data.subarray(first, end) };
    output.set(FORWARD.conv(piece, input), first * height * width);
    await clock.rest();
  }
  return output;
}

/**
 * A worker of one: `offer(task)` begins it, or lets it wait in place of the one that waits. A task is
 * `{model, weights, pixels}`; `onDone(task, {decoded, outputs})` and `onError(error)` are called when it is done.
 */
export function createComputer({ onDone, onError }) {
  let waiting = null;
  let isWorking = false;
  const work = async () => {
    isWorking = true;
    while (waiting) {
      const task = waiting;
      waiting = null;
      try {
        onDone(task, await computeInSlices(task.model, task.weights, task.pixels));
      } catch (error) {
        onError(error);
      }
    }
    isWorking = false;
  };
  return {
    offer(task) {
      waiting = task;
      if (!isWorking) work();
    },
    forget() {
      waiting = null;
    },
  };
}
