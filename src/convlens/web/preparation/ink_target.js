// What a picture of ink is mended to, and in what: only in that which the training images agree on.
import { holds } from "convlens/preparation/appearance.js";
import { NO_INK, measure } from "convlens/preparation/measuring.js";

const [SAME_FILL, SAME_PLACE] = [0.2, 0.05]; // from 5 to 95 % of the training images, as shares of the frame's side
const SAME_LEVELS = 40; // grey levels
const [TOLERANCE, LEVELS_TOLERANCE] = [0.04, 20]; // what scaling, rounding and a file format change by themselves

/**
 * `size`, `place` and `levels` say whether the training images agree on how much of the frame the object fills, on
 * where it lies, and on how light background and ink are. Null where they were not measured.
 */
export function makeTarget(height, width, lightOnDark, looks) {
  if (!looks) return null;
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

/** Whether a letterboxed picture needs none of what could be mended. */
export function isAlike(framed, target) {
  const looks = measure(framed);
  const { fill, centre, background, contrast } = target.looks;
  if (looks.contrast < NO_INK || !looks.isEven) return false;
  if (target.lightOnDark !== null && looks.darkInk === target.lightOnDark) return false;
  const beyond = Math.max(TOLERANCE, fill.width);
  if (target.size && !(fill.low - beyond <= looks.fill && looks.fill <= fill.high + beyond)) return false;
  const [down, right] = centre.by === "mass" ? looks.massCentre : looks.boxCentre;
  const distance = Math.max(Math.abs(down - centre.down), Math.abs(right - centre.right));
  if (target.place && distance > 1.5 * centre.distance + TOLERANCE) return false;
  if (!target.levels) return true;
  return holds(background, looks.background, LEVELS_TOLERANCE) && holds(contrast, looks.contrast, LEVELS_TOLERANCE);
}
