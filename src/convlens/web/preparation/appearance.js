// The look of the training images, as stored with the model: five numbers per measure, and where objects lie.
import { roundToMillionths } from "convlens/preparation/rounding.js";

/**
 * A measure's minimum, 5th percentile, median, 95th percentile and maximum over the training images; `width` is the
 * distance from the 5th to the 95th percentile.
 * @typedef {{ lowest: number, low: number, middle: number, high: number, highest: number, width: number }} Spread
 */

/**
 * Where objects lie: the centre of their mass or of their box, relative to the frame's centre, as shares of its sides.
 * @typedef {{ by: "mass" | "box", down: number, right: number, distance: number }} Centre
 */

/**
 * @typedef {"fill" | "background" | "contrast" | "ink_share" | "stroke" | "softness"} Measure
 * @typedef {{ images: number, centre: Centre } & Record<Measure, Spread>} Appearance
 * @typedef {{ images: number, centre: Centre } & Record<Measure, number[]>} StoredAppearance
 */

/**
 * A model's stored preprocessing; `rules` is the name of rules that `prepare` knows.
 * @typedef {{
 *   image_shape: number[],
 *   rules: string,
 *   light_on_dark: boolean | null,
 *   appearance?: StoredAppearance | null,
 * }} Preprocessing
 */

/** @type {(stored: StoredAppearance | null | undefined) => Appearance | null} Names the numbers. */
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
