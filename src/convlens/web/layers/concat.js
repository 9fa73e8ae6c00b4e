import { sizeOf } from "convlens/engine/decode.js";
import { joined, total } from "convlens/layers/shared/arrays.js";
import { drawJoining } from "convlens/views/look/sums/branches.js";

/** @import { Layer, Source } from "convlens/engine/network.js" */
/** @import { Extent, Region } from "convlens/engine/regions.js" */
/** @import { Kind } from "convlens/layers/shared/kind.js" */

/** @typedef {{ which: number, input: { value: number, source: Source } }} Joining `which` branch a number comes from */

/** @type {Kind<Layer, Joining>} The end of a concatenation block: the maps, or features, of its branches in order. */
export default {
  forward: (_layer, inputs) => joined(inputs),
  backward(_layer, slopes, inputs) {
    const starts = startsOf(inputs.map(({ length }) => length));
    return inputs.map(({ length }, which) => slopes.subarray(starts[which], starts[which] + length));
  },
  explain(layer, place, inputs) {
    const starts = startsOf(inputs.map(({ length }) => length));
    const which = starts.findLastIndex((start) => start <= place);
    const source = { layer: layer.inputs[which], place: place - starts[which] };
    const value = inputs[which][source.place];
    return { which, input: { value, source }, total: value };
  },
  stepBack(layer, region) {
    const sizes = layer.inputShapes.map(([channels]) => channels);
    return startsOf(sizes).map((start, which) => partOf(region, start, sizes[which]));
  },
  draw: drawJoining,
  onwards: (layer, which, place) => startsOf(layer.inputShapes.map(sizeOf))[which] + place,
};

/** @type {(sizes: number[]) => number[]} The place where each part begins. */
function startsOf(sizes) {
  return sizes.map((_size, which) => total(sizes.slice(0, which)));
}

// The part of a region in the channels of one branch; null if there is none.
/** @type {(region: Region, start: number, size: number) => Region | null} */
function partOf(region, start, size) {
  /** @type {Extent} */
  const channels = [Math.max(region.channels[0] - start, 0), Math.min(region.channels[1] - start, size)];
  return channels[0] < channels[1] ? { ...region, channels } : null;
}
