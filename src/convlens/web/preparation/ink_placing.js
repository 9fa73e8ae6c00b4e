// An object of ink scaled to the size, and put to the place, that objects have among the training images.
import { holds } from "convlens/preparation/appearance.js";
import { centreOfMass, resize } from "convlens/preparation/framing.js";
import { crop, findExtremes, isSameSize, mapLevels, paste } from "convlens/preparation/planes.js";
import { clamp, describeRange, fixed, roundHalfEven } from "convlens/preparation/rounding.js";
import { scaleInk } from "convlens/preparation/strokes.js";
import { addStep, describeFilling, describeSize } from "convlens/preparation/trail.js";

/** The object in its usual size, or in the size that it has when the whole picture is scaled to the frame. */
export function scaleToTarget(tones, box, target, trail) {
  const whole = tones.plane;
  const cropped = crop(whole, box);
  if (!isSameSize(cropped, whole)) {
    addStep(trail, "crop", tones.paint(cropped), `${describeSize(whole)}, cropped to ${describeSize(cropped)}`);
  }
  const scale = Math.min(target.height / whole.height, target.width / whole.width);
  const fill = Math.max((cropped.height * scale) / target.height, (cropped.width * scale) / target.width);
  const { scaled, notes } = target.size
    ? scaleToUsual(tones, cropped, fill, target)
    : scaleAsWhole(cropped, scale, fill, target);
  if (!isSameSize(scaled, cropped)) addStep(trail, "box", tones.paint(scaled), ...notes);
  return scaled;
}

function scaleToUsual(tones, cropped, fill, target) {
  const usual = target.looks.fill;
  const frame = [target.height, target.width];
  const room = frame.map((side) => Math.max(1, roundHalfEven(usual.middle * side)));
  const { scaled, notes } = scaleInk(cropped, room, frame, tones.isStretched ? target.looks : null);
  return { scaled, notes: [describeFilling(fill, usual.low, usual.high, describeSize(scaled)), ...notes] };
}

function scaleAsWhole(cropped, scale, fill, target) {
  const height = Math.max(1, roundHalfEven(cropped.height * scale));
  const width = Math.max(1, roundHalfEven(cropped.width * scale));
  const scaled = resize(cropped, Math.min(height, target.height), Math.min(width, target.width));
  const notes = [`scaled to ${describeSize(scaled)}`];
  const usual = target.looks.fill;
  if (!holds(usual, fill)) {
    const between = describeRange(100 * usual.lowest, 100 * usual.highest, " %");
    notes.push(`fills ${fixed(100 * fill)} % of the frame, training images ${between}, left so: sizes vary`);
  }
  return { scaled, notes };
}

/** Paste the object where objects usually lie, or where it lay in the picture, without cutting anything off. */
export function placeInk(tones, box, scaled, target, trail) {
  const usual = target.looks.centre;
  const ink = mapLevels(scaled, (level) => Math.max(level, tones.background) - tones.background);
  const byMass = target.place && usual.by === "mass" && findExtremes(ink.data)[1] > 0;
  const inside = byMass ? centreOfMass(ink) : [(scaled.height - 1) / 2, (scaled.width - 1) / 2];
  const [frame, sizes] = [
    [target.height, target.width],
    [scaled.height, scaled.width],
  ];
  const wanted = target.place
    ? [(0.5 + usual.down) * frame[0], (0.5 + usual.right) * frame[1]]
    : placeAsWhole(tones.plane, box, frame);
  const corner = wanted.map((middle, axis) =>
    clamp(roundHalfEven(middle - inside[axis] - 0.5), 0, frame[axis] - sizes[axis]),
  );
  const [down, right] = corner.map((start, axis) => start - Math.floor((frame[axis] - sizes[axis] + 1) / 2));
  const notes = byMass && (down || right) ? [`shifted by (${right}, ${down}) to the centre of mass`] : [];
  const framed = paste(scaled, ...corner, ...frame, [tones.background]);
  return addStep(trail, "centred", tones.paint(framed), ...notes);
}

// Where the middle of the object comes to, [down, right], when the whole picture is scaled to the frame.
function placeAsWhole(whole, { top, bottom, left, right }, frame) {
  const scale = Math.min(frame[0] / whole.height, frame[1] / whole.width);
  return [
    frame[0] / 2 + ((top + bottom) / 2 - whole.height / 2) * scale,
    frame[1] / 2 + ((left + right) / 2 - whole.width / 2) * scale,
  ];
}
