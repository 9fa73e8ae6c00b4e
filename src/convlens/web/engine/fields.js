// Receptive fields: the part of earlier layers, and of the image, that one number depends on.
//
// The textbook recursion gives the size far from the edges of an image. Here a field reaches from the first to the last
// row that is really read, as in Python (convlens.network.receptive_field); `unclipped` is the textbook's field. If
// several paths lead back to a layer, the field contains what any of them reads.

import { shapeOf } from "convlens/engine/decode.js";
import { hull, isEmpty, placeRegion, unite } from "convlens/engine/regions.js";
import { kindOf } from "convlens/layers/shared/kind.js";

/** @import { Model } from "convlens/engine/network.js" */
/** @import { Region } from "convlens/engine/regions.js" */

/** @typedef {{ top: number, left: number, bottom: number, right: number }} Box bottom and right are outside */
/** @typedef {Box & { firstChannel: number, endChannel: number, unclipped: Box }} Field endChannel is outside */

/**
 * Returns the receptive fields of the number at `place` in layer `layer`: entry 0 in the input, entry k + 1 in layer k.
 * An entry is null if its layer does not lead to the number. The fields of a number that depends only on padding are
 * empty.
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

/** @type {(model: Model, layer: number, place: number, upTo?: number) => Field | null} The one in layer `upTo`. */
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
