// What is written down while a picture is prepared: every step, with its picture and a note in words.
import { averageTransparentBlocks } from "convlens/preparation/averaging.js";
import { reduce } from "convlens/preparation/framing.js";
import { findExtremes } from "convlens/preparation/planes.js";
import { describeRange, fixed } from "convlens/preparation/rounding.js";

/** @import { Plane } from "convlens/preparation/planes.js" */

const SAME_FILL = 0.02; // a difference of size that is not worth a word
const KEPT_SIZE = 256; // pixels: steps are kept to be looked at; larger ones are kept averaged down

export class Trail {
  /** @type {string[]} */
  notes = [];
  /** @type {{ name: string, plane: Plane, note: string, size: string }[]} */
  steps = [];

  /** Writes a step down and hands its picture on. @type {(name: string, plane: Plane, ...notes: string[]) => Plane} */
  add(name, plane, ...notes) {
    this.steps.push({ name, plane: keepSmall(plane), note: notes.join("; "), size: describeSize(plane) });
    this.notes.push(...notes);
    return plane;
  }

  // The same for what may have left the very plane it got: then nothing is written down.
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

/** Width×height, as everybody says it. @type {(size: { height: number, width: number }) => string} */
export function describeSize({ height, width }) {
  return `${width}×${height}`;
}

/** From the darkest to the lightest. @type {(plane: Plane) => string} */
export function describeLevels({ data }) {
  return findExtremes(data).join("–");
}

/**
 * Why a glyph was scaled, and to what size; `fill` and the training images' range are shares of the frame's side.
 * @type {(fill: number, low: number, high: number, size: string) => string}
 */
export function describeFilling(fill, low, high, size) {
  if (low - SAME_FILL <= fill && fill <= high + SAME_FILL) return `scaled to ${size}`;
  const usual = describeRange(100 * low, 100 * high, " %");
  return `fills ${fixed(100 * fill)} % of the frame, training images ${usual}, rescaled to ${size}`;
}
