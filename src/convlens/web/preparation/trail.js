// What is written down while a picture is prepared: every step, with its picture and a note in words.
import { averageTransparentBlocks } from "convlens/preparation/averaging.js";
import { reduce } from "convlens/preparation/framing.js";
import { findExtremes } from "convlens/preparation/planes.js";
import { describeRange, fixed } from "convlens/preparation/rounding.js";

const SAME_FILL = 0.02; // a difference of size that is not worth a word
const KEPT_SIZE = 256; // pixels: steps are kept to be looked at; larger ones are kept averaged down

export function startTrail() {
  return { notes: [], steps: [] };
}

/** Write a step down and hand its picture on. */
export function addStep(trail, name, plane, ...notes) {
  trail.steps.push({ name, plane: keepSmall(plane), note: notes.join("; "), size: describeSize(plane) });
  trail.notes.push(...notes);
  return plane;
}

function keepSmall(plane) {
  if (plane.channels !== 4) return reduce(plane, KEPT_SIZE);
  const factor = Math.floor(Math.max(plane.height, plane.width) / KEPT_SIZE);
  return factor < 2 ? plane : averageTransparentBlocks(plane, factor);
}

/** Width×height, as everybody says it. */
export function describeSize({ height, width }) {
  return `${width}×${height}`;
}

/** From the darkest to the lightest. */
export function describeLevels({ data }) {
  return findExtremes(data).join("–");
}

/** Why ink was scaled, and to what size; `fill` and the training images' range are shares of the frame's side. */
export function describeFilling(fill, low, high, size) {
  if (low - SAME_FILL <= fill && fill <= high + SAME_FILL) return `scaled to ${size}`;
  const usual = describeRange(100 * low, 100 * high, " %");
  return `fills ${fixed(100 * fill)} % of the frame, training images ${usual}, rescaled to ${size}`;
}
