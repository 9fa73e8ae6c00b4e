/**
 * Runs the code before the first stroke: browsers compile a loop only after it has run a few times. Without this, the
 * first point after loading took 54 ms instead of 16.
 */

import { lookAtPicture } from "convlens/views/look/session.js";
import { Strokes } from "convlens/views/look/strokes.js";

/** @import { Model } from "convlens/engine/network.js" */
/** @import { Point } from "convlens/views/look/strokes.js" */

const TIMES = 24;
/**
 * @type {Point[][]} A 7, a 1 and a 0, from thin to thick relative to their size, to run thickening and thinning, too.
 */
const DRAWINGS = [
  [
    [0.25, 0.25],
    [0.75, 0.25],
    [0.45, 0.8],
  ],
  [
    [0.5, 0.45],
    [0.5, 0.6],
  ],
  [
    [0.5, 0.1],
    [0.85, 0.5],
    [0.5, 0.9],
    [0.15, 0.5],
    [0.5, 0.1],
  ],
];
const later = globalThis.requestIdleCallback ?? ((/** @type {() => void} */ run) => setTimeout(run, 50));

/**
 * Prepares and classifies drawings while the page is idle, as long as `isWanted()` is true.
 * @param {Model} model
 * @param {{ size: number, width: number, dark: boolean }} brush see `Strokes`
 * @param {() => boolean} isWanted
 */
export function warmUp(model, { size, width, dark }, isWanted) {
  const strokes = new Strokes(document.createElement("canvas"), [1, size], width, dark);
  let times = 0;
  const practise = () => {
    if (!isWanted()) return;
    const [first, ...others] = DRAWINGS[times % DRAWINGS.length];
    strokes.clear();
    strokes.begin(first);
    strokes.extend(others);
    lookAtPicture(model, { ...strokes.picture(), isGrey: true }, "drawing");
    times += 1;
    if (times < TIMES) later(practise);
  };
  later(practise);
}
