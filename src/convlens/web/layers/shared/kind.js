// Everything that the page knows about a kind of layer is in one file, layers/WORD.js; this is its interface.

import { KINDS } from "convlens/layers/kinds.js";

/** @import { Layer, Numbers } from "convlens/engine/network.js" */
/** @import { Region } from "convlens/engine/regions.js" */
/** @import { Children } from "convlens/interface/dom.js" */
/** @import { Look, Sum } from "convlens/views/look/sums/terms.js" */

/**
 * Inputs come as arrays in the order of `layer.inputs`; slopes are those of a class's logit.
 * @template {Layer} [L=any]
 * @template {object} [E=any] what `explain` finds and `draw` draws
 * @typedef {object} Kind
 * @property {(layer: L, inputs: Numbers[]) => Float32Array} forward the numbers of the output
 * @property {(layer: L, slopes: Numbers, inputs: Numbers[], output: Numbers) => Numbers[]} backward
 *   from the slopes of the output those of each input
 * @property {(layer: L, place: number, inputs: Numbers[], most: number) => E & { total: number }} explain
 *   everything behind the number at a place, worked out anew; of long lists `most` terms one by one
 * @property {(layer: L, region: Region) => (Region | null)[]} stepBack
 *   what of each input a region of the output depends on
 * @property {(sum: Sum & E, look: Look) => Children} draw the drawing of what `explain` found
 * @property {(layer: L) => Record<string, number[]>} [weights] the shapes of the weights, under PyTorch's names
 * @property {(x: number, layer: L) => number} [value] the rule of a kind that makes one number of one number
 * @property {(layer: L, which: number, place: number) => number} [onwards]
 *   where the number at a place of input `which` goes on by itself; absent where it is mixed with others of its layer
 */

/** @type {Record<string, Kind>} */
const kinds = KINDS;

/** @type {(layer: { kind: string }) => Kind} What there is to know of a layer's kind. */
export function kindOf({ kind }) {
  if (!Object.hasOwn(kinds, kind)) throw new Error(`this page does not know the layer kind ${kind}.`);
  return kinds[kind];
}
