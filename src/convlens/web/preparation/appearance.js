// How the training images look, as it is stored with the model: five numbers a measure, and where objects lie.
import { roundToMillionths } from "convlens/preparation/rounding.js";

const MEASURES = ["fill", "background", "contrast", "ink_share", "stroke", "softness"];

/** The stored `preprocessing.appearance` with named numbers; null where there is none. */
export function readAppearance(stored) {
  if (!stored) return null;
  const spreads = MEASURES.map((name) => [name, readSpread(stored[name])]);
  return { images: stored.images, centre: stored.centre, ...Object.fromEntries(spreads) };
}

// The extremes of a measure over the training images, 5 %, the median and 95 %.
function readSpread([lowest, low, middle, high, highest]) {
  return { lowest, low, middle, high, highest, width: roundToMillionths(high - low) };
}

/** Whether a value lies within the extremes, or at most `tolerance` beyond. */
export function holds({ lowest, highest }, value, tolerance = 0) {
  return lowest - tolerance <= value && value <= highest + tolerance;
}
