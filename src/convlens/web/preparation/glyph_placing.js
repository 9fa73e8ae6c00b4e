// Give a glyph the size and the position that objects have in the training images.
import { holds } from "convlens/preparation/appearance.js";
import { centreOfMass, resize } from "convlens/preparation/framing.js";
import { crop, findExtremes, mapLevels, paste } from "convlens/preparation/planes.js";
import { clamp, describeRange, fixed, roundHalfEven } from "convlens/preparation/rounding.js";
import { scaleGlyph } from "convlens/preparation/strokes.js";
import { describeFilling, describeSize } from "convlens/preparation/trail.js";

/** @import { Tones } from "convlens/preparation/glyph_rules.js" */
/** @import { Target } from "convlens/preparation/glyph_target.js" */
/** @import { Box, Pair, Plane } from "convlens/preparation/planes.js" */
/** @import { Trail } from "convlens/preparation/trail.js" */
/** @typedef {{ scaled: Plane, notes: string[] }} Scaled */

/**
 * Scales the glyph to the usual size, or by the factor that scales the whole picture to the frame.
 * @type {(tones: Tones, box: Box, target: Target, trail: Trail) => Plane}
 */
export function scaleToTarget(tones, box, target, trail) {
  const whole = tones.plane;
  const cropped = crop(whole, box);
  if (cropped !== whole) {
    trail.add("crop", tones.paint(cropped), `${describeSize(whole)}, cropped to ${describeSize(cropped)}`);
  }
  const scale = Math.min(target.height / whole.height, target.width / whole.width);
  const fill = Math.max((cropped.height * scale) / target.height, (cropped.width * scale) / target.width);
  const { scaled, notes } = target.size
    ? scaleToUsual(tones, cropped, fill, target)
    : scaleAsWhole(cropped, scale, fill, target);
  if (scaled !== cropped) trail.add("box", tones.paint(scaled), ...notes);
  return scaled;
}

/** @type {(tones: Tones, cropped: Plane, fill: number, target: Target) => Scaled} */
function scaleToUsual(tones, cropped, fill, { height, width, looks }) {
  const { low, middle, high } = looks.fill;
  const usualSide = (/** @type {number} */ side) => Math.max(1, roundHalfEven(middle * side));
  const known = tones.isStretched ? looks : null;
  const { scaled, notes } = scaleGlyph(cropped, [usualSide(height), usualSide(width)], [height, width], known);
  return { scaled, notes: [describeFilling(fill, low, high, describeSize(scaled)), ...notes] };
}

/** @type {(cropped: Plane, scale: number, fill: number, target: Target) => Scaled} */
function scaleAsWhole(cropped, scale, fill, target) {
  const height = Math.max(1, roundHalfEven(cropped.height * scale));
  const width = Math.max(1, roundHalfEven(cropped.width * scale));
  const scaled = resize(cropped, Math.min(height, target.height), Math.min(width, target.width));
  const notes = [`scaled to ${describeSize(scaled)}`];
  const usual = target.looks.fill;
  if (!holds(usual, fill)) {
    const between = describeRange(100 * usual.lowest, 100 * usual.highest, " %");
    notes.push(`fills ${fixed(100 * fill)} % of the frame, training images ${between}, kept, because sizes vary`);
  }
  return { scaled, notes };
}

/**
 * Pastes the glyph where objects usually lie, or where it was in the picture, without cutting anything off.
 * @type {(tones: Tones, box: Box, scaled: Plane, target: Target, trail: Trail) => Plane}
 */
export function placeGlyph(tones, box, scaled, target, trail) {
  const { height, width, looks } = target;
  const usual = looks.centre;
  const above = mapLevels(scaled, (level) => Math.max(level, tones.background) - tones.background);
  const byMass = target.place && usual.by === "mass" && findExtremes(above.data)[1] > 0;
  const inside = byMass ? centreOfMass(above) : [(scaled.height - 1) / 2, (scaled.width - 1) / 2];
  const wanted = target.place
    ? [(0.5 + usual.down) * height, (0.5 + usual.right) * width]
    : placeAsWhole(tones.plane, box, [height, width]);
  const [top, left] = [
    clamp(roundHalfEven(wanted[0] - inside[0] - 0.5), 0, height - scaled.height),
    clamp(roundHalfEven(wanted[1] - inside[1] - 0.5), 0, width - scaled.width),
  ];
  const notes = byMass ? describeShift(scaled, top, left, height, width) : [];
  return trail.add("centred", tones.paint(paste(scaled, top, left, height, width, [tones.background])), ...notes);
}

/**
 * A note, in a list, on how far a glyph at (top, left) is from the middle of its frame; empty if it is there.
 * @type {(glyph: Plane, top: number, left: number, height: number, width: number) => string[]}
 */
export function describeShift(glyph, top, left, height, width) {
  const down = top - Math.floor((height - glyph.height + 1) / 2);
  const right = left - Math.floor((width - glyph.width + 1) / 2);
  return down || right ? [`shifted by (${right}, ${down}) to the centre of mass`] : [];
}

// The middle of the glyph, [down, right], after the whole picture is scaled to the frame.
/** @type {(whole: Plane, box: Box, frame: Pair) => Pair} */
function placeAsWhole(whole, { top, bottom, left, right }, frame) {
  const scale = Math.min(frame[0] / whole.height, frame[1] / whole.width);
  return [
    frame[0] / 2 + ((top + bottom) / 2 - whole.height / 2) * scale,
    frame[1] / 2 + ((left + right) / 2 - whole.width / 2) * scale,
  ];
}
