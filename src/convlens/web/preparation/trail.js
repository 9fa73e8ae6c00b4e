// The record of a picture's preparation: every step with its picture and a note.
import { averageTransparentBlocks } from "convlens/preparation/averaging.js";
import { reduce } from "convlens/preparation/framing.js";
import { findExtremes } from "convlens/preparation/planes.js";
import { describeRange, fixed } from "convlens/preparation/rounding.js";

/** @import { Plane } from "convlens/preparation/planes.js" */

const SAME_FILL = 0.02; // a smaller difference in size is not mentioned
const KEPT_SIZE = 256; // pixels: the pictures of steps are only for display, so larger ones are averaged down

export class Trail {
  /** @type {string[]} */
  notes = [];
  /** @type {{ name: string, plane: Plane, note: string, size: string }[]} */
  steps = [];

  /** Records a step and returns its picture. @type {(name: string, plane: Plane, ...notes: string[]) => Plane} */
  add(name, plane, ...notes) {
    this.steps.push({ name, plane: keepSmall(plane), note: notes.join("; "), size: describeSize(plane) });
    this.notes.push(...notes);
    return plane;
  }

  // The same, but records nothing if the plane did not change.
  /** @type {(name: string, before: Plane, after: Plane, ...notes: string[]) => Plane} */
  addChange(name, before, after, ...notes) {
    return after === before ? before : this.add(name, after, ...notes);
  }
}

/** @type {(plane: Plane) => Plane} */
function keepSmall(plane) {
  if (plane.channels !== 4) return reduce(plane, KEPT_SIZE);
  const factor = Math.floor(Math.max(plane.height, plane.width) / KEPT_SIZE);
  return factor < 2 ? plane : averageTransparentBlocks(plane, factor);
}

/** Width×height. @type {(size: { height: number, width: number }) => string} */
export function describeSize({ height, width }) {
  return `${width}×${height}`;
}

/** From the darkest to the lightest. @type {(plane: Plane) => string} */
export function describeLevels({ data }) {
  return findExtremes(data).join("–");
}

/**
 * The note on scaling a glyph; `fill` and the training images' range, `low` to `high`, are shares of the frame's side.
 * @type {(fill: number, low: number, high: number, size: string) => string}
 */
export function describeFilling(fill, low, high, size) {
  if (low - SAME_FILL <= fill && fill <= high + SAME_FILL) return `scaled to ${size}`;
  const usual = describeRange(100 * low, 100 * high, " %");
  return `fills ${fixed(100 * fill)} % of the frame, training images ${usual}, rescaled to ${size}`;
}
