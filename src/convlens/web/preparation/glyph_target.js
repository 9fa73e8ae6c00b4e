// The target of the normalisation of a glyph: the properties that the training images have in common.
import { holds } from "convlens/preparation/appearance.js";
import { NO_CONTRAST, measure } from "convlens/preparation/measuring.js";

/** @import { Appearance } from "convlens/preparation/appearance.js" */
/** @import { Plane } from "convlens/preparation/planes.js" */

/**
 * The frame, the look of the training images, and whether they agree on the object's size in the frame (`size`), on its
 * position (`place`), and on the grey levels of background and object (`levels`).
 * @typedef {{
 *   height: number, width: number, lightOnDark: boolean | null, looks: Appearance,
 *   size: boolean, place: boolean, levels: boolean,
 * }} Target
 */

const [SAME_FILL, SAME_PLACE] = [0.2, 0.05]; // from 5 to 95 % of the training images, as shares of the frame's side
const SAME_LEVELS = 40; // grey levels
const [TOLERANCE, LEVELS_TOLERANCE] = [0.04, 20]; // changes caused by scaling, rounding and file formats

/** @type {(height: number, width: number, lightOnDark: boolean | null, looks: Appearance) => Target} */
export function makeTarget(height, width, lightOnDark, looks) {
  return {
    height,
    width,
    lightOnDark,
    looks,
    size: looks.fill.width <= SAME_FILL,
    place: looks.centre.distance <= Math.max(SAME_PLACE, 1 / Math.min(height, width)),
    levels: Math.max(looks.background.width, looks.contrast.width) <= SAME_LEVELS,
  };
}

/** @type {(framed: Plane, target: Target) => boolean} Whether nothing needs to be normalised. */
export function isAlike(framed, target) {
  const looks = measure(framed);
  const { fill, centre, background, contrast } = target.looks;
  if (looks.contrast < NO_CONTRAST || !looks.isEven) return false;
  if (target.lightOnDark !== null && looks.isDark === target.lightOnDark) return false;
  const beyond = Math.max(TOLERANCE, fill.width);
  if (target.size && !(fill.low - beyond <= looks.fill && looks.fill <= fill.high + beyond)) return false;
  const [down, right] = centre.by === "mass" ? looks.centre.mass : looks.centre.box;
  const distance = Math.max(Math.abs(down - centre.down), Math.abs(right - centre.right));
  if (target.place && distance > 1.5 * centre.distance + TOLERANCE) return false;
  if (!target.levels) return true;
  return holds(background, looks.background, LEVELS_TOLERANCE) && holds(contrast, looks.contrast, LEVELS_TOLERANCE);
}
