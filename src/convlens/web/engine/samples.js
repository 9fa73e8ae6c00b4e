// The sample images of a payload (src/convlens/exports/page_samples.py): deflated bytes in base64.

import { decodeBytes, decodeFloats, sizeOf } from "convlens/engine/decode.js";

/**
 * The samples as Python writes them: `images` has N·C·H·W bytes, `logits` N·classes numbers.
 * @typedef {{ count: number, images: string, labels: number[], logits: string }} PackedSamples
 */

/**
 * An image C·H·W, the index of its true class, and the model's logits.
 * @typedef {{ pixels: Uint8Array, label: number, logits: Float32Array }} Sample
 */

/**
 * Returns the payload with its samples unpacked; an empty list if it has none.
 * @template {{ input_shape: number[], samples: PackedSamples | null }} Payload
 * @param {Payload} payload
 * @returns {Promise<Omit<Payload, "samples"> & { samples: Sample[] }>}
 */
export async function unpackSamples(payload) {
  const samples = payload.samples ? await unpack(payload.samples, payload.input_shape) : [];
  return { ...payload, samples };
}

/** @param {PackedSamples} packed @param {number[]} shape */
async function unpack({ count, images, labels, logits }, shape) {
  const pixels = await inflate(decodeBytes(images));
  const size = sizeOf(shape);
  if (pixels.length !== count * size) {
    throw new Error(`the samples have ${pixels.length} bytes, not ${count} times ${shape.join("×")}.`);
  }
  const numbers = decodeFloats(logits);
  const classes = numbers.length / count;
  return labels.map((label, number) => ({
    pixels: pixels.subarray(number * size, (number + 1) * size),
    label,
    logits: numbers.subarray(number * classes, (number + 1) * classes),
  }));
}

/** @type {(packed: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>} Unpacks zlib data. */
async function inflate(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new Error("the sample images of this model are damaged. Export or save it again.");
  }
}
