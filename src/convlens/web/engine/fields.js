// Receptive fields: which part of earlier layers, and of the picture, one number depends on.
//
// The textbook's recursion gives the size in the middle of a boundless picture. Real maps end, so a field reaches from
// the first to the last row that is really read, as in Python (convlens.network.receptive_field); the boundless one
// comes along as `unclipped`. Where several ways lead back to a layer, the field holds what any of them reaches.

import { shapeOf } from "convlens/engine/decode.js";
import { hull, isEmpty, placeRegion, unite } from "convlens/engine/regions.js";
import { kindOf } from "convlens/layers/shared/kind.js";

/** @import { Model } from "convlens/engine/network.js" */
/** @import { Region } from "convlens/engine/regions.js" */

/** @typedef {{ top: number, left: number, bottom: number, right: number }} Box bottom and right are outside */
/** @typedef {Box & { firstChannel: number, endChannel: number, unclipped: Box }} Field endChannel is outside */

/**
 * What the number at `place` of layer `layer` depends on, in the input and in every layer up to its own, so that entry
 * k + 1 is that of layer k: null in a layer that does not lead to it. A number that sees nothing but padding has fields
 * of no size.
 * @type {(model: Model, layer: number, place: number) => (Field | null)[]}
 */
export function receptiveFields(model, layer, place) {
  /** @type {(Region | null)[]} */
  const regions = new Array(layer + 2).fill(null);
  regions[layer + 1] = placeRegion(shapeOf(model, layer), place);
  for (let index = layer; index >= 0; index -= 1) {
    const [node, region] = [model.layers[index], regions[index + 1]];
    if (!region) continue;
    kindOf(node)
      .stepBack(node, region)
      .forEach((part, which) => {
        const before = node.inputs[which] + 1;
        regions[before] = unite(regions[before], part);
      });
  }
  return regions.map((region) => region && fieldOf(region));
}

/** @type {(model: Model, layer: number, place: number, upTo?: number) => Field | null} In one layer's output. */
export function receptiveField(model, layer, place, upTo = -1) {
  if (upTo > layer) throw new Error(`layer ${upTo} comes after layer ${layer}; give an earlier one.`);
  return receptiveFields(model, layer, place)[upTo + 1];
}

/** @type {(region: Region) => Field} */
function fieldOf(region) {
  const { channels, rows, columns, freeRows, freeColumns } = region;
  const [vertical, horizontal] = isEmpty(region) ? [[0, 0], [0, 0]] : [hull(rows), hull(columns)]; // prettier-ignore
  return {
    ...{ top: vertical[0], left: horizontal[0], bottom: vertical[1], right: horizontal[1] },
    ...{ firstChannel: channels[0], endChannel: channels[1] },
    unclipped: { top: freeRows[0], left: freeColumns[0], bottom: freeRows[1], right: freeColumns[1] },
  };
}
