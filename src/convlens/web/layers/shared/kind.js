// The interface of a kind of layer. Each kind has one file, layers/WORD.js.

import { KINDS } from "convlens/layers/kinds.js";

/** @import { Layer, Numbers } from "convlens/engine/network.js" */
/** @import { Region } from "convlens/engine/regions.js" */
/** @import { Children } from "convlens/interface/dom.js" */
/** @import { Look, Sum } from "convlens/views/look/sums/terms.js" */

/**
 * Inputs are arrays in the order of `layer.inputs`; slopes are gradients of a class's logit.
 * @template {Layer} [L=any]
 * @template {object} [E=any] what `explain` finds and `draw` draws
 * @typedef {object} Kind
 * @property {(layer: L, inputs: Numbers[]) => Float32Array} forward the numbers of the output
 * @property {(layer: L, slopes: Numbers, inputs: Numbers[], output: Numbers) => Numbers[]} backward
 *   the slopes of each input, from those of the output
 * @property {(layer: L, place: number, inputs: Numbers[], most: number) => E & { total: number }} explain
 *   the sum behind the number at a place, recomputed; at most `most` terms of a long list, and the rest as one number
 * @property {(layer: L, region: Region) => (Region | null)[]} stepBack
 *   the region of each input that a region of the output depends on
 * @property {(sum: Sum & E, look: Look) => Children} draw draws the result of `explain`
 * @property {(layer: L) => Record<string, number[]>} [weights] the shapes of the weights, under PyTorch's names
 * @property {(x: number, layer: L) => number} [value] the function of an elementwise kind
 * @property {(layer: L, which: number, place: number) => number} [onwards]
 *   the place in the output of the number at a place of input `which`; absent if the kind mixes the numbers of an input
 */

/** @type {Record<string, Kind>} */
const kinds = KINDS;

/** @type {(layer: { kind: string }) => Kind} The kind of a layer. */
export function kindOf({ kind }) {
  if (!Object.hasOwn(kinds, kind)) throw new Error(`this page does not know the layer kind ${kind}.`);
  return kinds[kind];
}
