// Prepare digits as MNIST was made: light on dark, full contrast, cropped to the digit, scaled into a box of 20 of 28
// pixels, centred by the centre of mass. MNIST's images stay unchanged to the pixel.
import { cleanGlyph, cleanPicture, cropTo, leaveEmpty, matchPolarity } from "convlens/preparation/cleaning.js";
import { centreOfMass } from "convlens/preparation/framing.js";
import { findGlyphBox, stretchContrast } from "convlens/preparation/glyph.js";
import { describeShift } from "convlens/preparation/glyph_placing.js";
import { findBox, findExtremes, paste } from "convlens/preparation/planes.js";
import { clamp, roundHalfEven } from "convlens/preparation/rounding.js";
import { brighten, scaleGlyph } from "convlens/preparation/strokes.js";
import { describeFilling, describeLevels, describeSize } from "convlens/preparation/trail.js";

/** @import { Appearance } from "convlens/preparation/appearance.js" */
/** @import { Plane } from "convlens/preparation/planes.js" */
/** @import { Trail } from "convlens/preparation/trail.js" */

const FILL = 20 / 28;
const FAINT = 25; // grey levels; the noise of a JPEG file reaches up to this

/**
 * Converts a picture of a digit to a square image like MNIST's; all zeros if there is no digit.
 * @type {(given: Plane, side: number, appearance: Appearance | null, trail: Trail) => Plane}
 */
export function prepareDigit(given, side, appearance, trail) {
  const boxSide = roundHalfEven(side * FILL);
  const grey = matchPolarity(cleanPicture(given, trail), true, trail);
  const stretched = stretchContrast(grey);
  if (!stretched) return leaveEmpty(side, trail);
  trail.addChange("contrast", grey, stretched, `contrast stretched from ${describeLevels(grey)} to 0–255`);
  const digit = cleanGlyph(stretched, trail);
  const box = findGlyphBox(digit, boxSide);
  if (!box) return leaveEmpty(side, trail);
  if (isAsMnistMakesThem(digit, side, boxSide)) return digit;
  const cropped = cropTo(digit, box, trail);
  const fill = Math.max(cropped.height, cropped.width) / Math.max(digit.height, digit.width);
  const { scaled, notes } = scaleGlyph(cropped, [boxSide, boxSide], [side, side], appearance);
  trail.addChange("box", cropped, scaled, describeFilling(fill, FILL, FILL, describeSize(scaled)), ...notes);
  const peak = findExtremes(scaled.data)[1];
  if (peak === 0) return leaveEmpty(side, trail);
  const bright = trail.addChange("bright", scaled, brighten(scaled), `thin ink, brightened from ${peak} to 255`);
  return centreByMass(bright, side, trail);
}

// Whether a digit already has MNIST's size and position, dust included. Scaling it again would only blur it.
/** @type {(digit: Plane, side: number, boxSide: number) => boolean} */
function isAsMnistMakesThem(digit, side, boxSide) {
  if (digit.height !== side || digit.width !== side) return false;
  const box = findBox(digit, FAINT + 1);
  if (!box) return false;
  const longest = Math.max(box.bottom - box.top, box.right - box.left);
  const distance = Math.max(...centreOfMass(digit).map((position) => Math.abs(position - side / 2)));
  return boxSide - 2 <= longest && longest <= boxSide && distance <= 0.55;
}

// Pastes the digit with its centre of mass as near to the middle as possible without cutting anything off.
/** @type {(digit: Plane, side: number, trail: Trail) => Plane} */
function centreByMass(digit, side, trail) {
  const [down, right] = centreOfMass(digit);
  const top = clamp(roundHalfEven(side / 2 - down), 0, side - digit.height);
  const left = clamp(roundHalfEven(side / 2 - right), 0, side - digit.width);
  const notes = describeShift(digit, top, left, side, side);
  return trail.add("centred", paste(digit, top, left, side, side, [0]), ...notes);
}
