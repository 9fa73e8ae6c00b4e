// How the training images look, as it is stored with the model: five numbers a measure, and where objects lie.
import { roundToMillionths } from "convlens/preparation/rounding.js";

/**
 * The extremes of a measure over the training images, 5 %, the median and 95 %; `width` is from 5 to 95 %.
 * @typedef {{ lowest: number, low: number, middle: number, high: number, highest: number, width: number }} Spread
 */

/**
 * Where objects lie: the middle of their mass or of their box, as shares of the frame's sides from its middle.
 * @typedef {{ by: "mass" | "box", down: number, right: number, distance: number }} Centre
 */

/**
 * @typedef {"fill" | "background" | "contrast" | "ink_share" | "stroke" | "softness"} Measure
 * @typedef {{ images: number, centre: Centre } & Record<Measure, Spread>} Appearance
 * @typedef {{ images: number, centre: Centre } & Record<Measure, number[]>} StoredAppearance
 */

/**
 * What is stored with a model on how its pictures are prepared; `rules` names one of those that `prepare` knows.
 * @typedef {{
 *   image_shape: number[],
 *   rules: string,
 *   light_on_dark: boolean | null,
 *   appearance?: StoredAppearance | null,
 * }} Preprocessing
 */

/** @type {(stored: StoredAppearance | null | undefined) => Appearance | null} With named numbers. */
export function readAppearance(stored) {
  if (!stored) return null;
  return {
    images: stored.images,
    centre: stored.centre,
    fill: readSpread(stored.fill),
    background: readSpread(stored.background),
    contrast: readSpread(stored.contrast),
    ink_share: readSpread(stored.ink_share),
    stroke: readSpread(stored.stroke),
    softness: readSpread(stored.softness),
  };
}

/** @type {(numbers: number[]) => Spread} */
function readSpread([lowest, low, middle, high, highest]) {
  return { lowest, low, middle, high, highest, width: roundToMillionths(high - low) };
}

/** @type {(spread: Spread, value: number, tolerance?: number) => boolean} */
export function holds({ lowest, highest }, value, tolerance = 0) {
  return lowest - tolerance <= value && value <= highest + tolerance;
}
