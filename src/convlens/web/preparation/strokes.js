// Adjust the sharpness and thickness of strokes to those of the training images, at eight times their size.
//
// A network trained on the digits of one pen may misclassify those of another. Changing strokes after scaling would be
// the obvious way, but far too coarse: there a pixel is half of a stroke.
import { fitInto, resize } from "convlens/preparation/framing.js";
import { FOREGROUND_LEVEL, measure } from "convlens/preparation/measuring.js";
import { dilate, erode } from "convlens/preparation/morphology.js";
import { crop, findBox, findExtremes, mapLevels, pad, paste } from "convlens/preparation/planes.js";
import { LANCZOS, resample } from "convlens/preparation/resampling.js";
import { clamp, describeRange, fixed, roundHalfEven, toLevel } from "convlens/preparation/rounding.js";

/** @import { Appearance } from "convlens/preparation/appearance.js" */
/** @import { Pair, Plane } from "convlens/preparation/planes.js" */
/** @typedef {{ wide: Plane, notes: string[] }} Changed */

const LARGEST = 160; // pixels: the side of the box in which strokes are changed
const GAINS = [1.5, 2, 3, 4];
const MIDDLE = 0.4; // of the contrast: sharpening keeps this level, so that strokes keep their thickness
const MOST_VARIED = 3; // the largest ratio of 95 % to 5 %; with more variation, thickness may be a feature of a class
const SOFTEST = 0.25; // training images with more in-between pixels are soft on purpose
const BRIGHT = 250; // a glyph whose brightest pixel reaches this level is not brightened

const single = Math.fround;

/**
 * Scales a light-on-dark glyph into a box ([height, width]), and adjusts its strokes. If it already has that size, it
 * is returned unchanged. Strokes are sharpened if they are softer than in any training image, and made thicker or
 * thinner if their thickness is outside the range of 5 to 95 %.
 * @type {(glyph: Plane, box: Pair, frame: Pair, appearance: Appearance | null) => { scaled: Plane, notes: string[] }}
 */
export function scaleGlyph(glyph, box, frame, appearance) {
  const plain = resize(glyph, ...fitInto(glyph.height, glyph.width, ...box));
  if (plain === glyph || !appearance || findExtremes(plain.data)[1] === 0) return { scaled: plain, notes: [] };
  const sharp = sharpen(enlarge(glyph, box), box, frame, appearance);
  const changed = changeThickness(sharp.wide, box, frame, appearance);
  const notes = [...sharp.notes, ...changed.notes];
  return { scaled: notes.length ? bringDown(changed.wide, box) : plain, notes };
}

/** Scales the brightest pixel to 255; the same plane if it is already bright. @type {(glyph: Plane) => Plane} */
export function brighten(glyph) {
  const peak = Math.max(findExtremes(glyph.data)[1], 1);
  return peak >= BRIGHT ? glyph : mapLevels(glyph, (level) => toLevel(level * (255 / peak)));
}

// Scales to a box several times as large, with an empty rim, so that strokes at the edge have an outline. A small glyph
// needs a good filter: Lanczos gave the fewest staircases and the least blur.
/** @type {(glyph: Plane, box: Pair) => Plane} */
function enlarge(glyph, box) {
  const factor = clamp(Math.floor(LARGEST / Math.max(...box)), 2, 8);
  const rimmed = pad(glyph, 1);
  const [height, width] = fitInto(rimmed.height, rimmed.width, box[0] * factor, box[1] * factor);
  return height <= rimmed.height ? resize(rimmed, height, width) : resample(rimmed, height, width, LANCZOS);
}

// Crops and scales into the box; not cropped if no pixel is bright, as after a large reduction.
/** @type {(wide: Plane, box: Pair) => Plane} */
function bringDown(wide, box) {
  const bright = findBox(wide, FOREGROUND_LEVEL * 255);
  const cropped = bright ? crop(wide, bright) : wide;
  return brighten(resize(cropped, ...fitInto(cropped.height, cropped.width, ...box)));
}

// Measures the result in its frame.
/** @type {(wide: Plane, box: Pair, frame: Pair) => ReturnType<typeof measure>} */
function measureFramed(wide, box, frame) {
  const small = bringDown(wide, box);
  const top = Math.floor((frame[0] - small.height) / 2);
  const left = Math.floor((frame[1] - small.width) / 2);
  return measure(paste(small, top, left, ...frame, [0]));
}

// Steepens the edges of strokes, with the smallest gain that makes them as sharp as the softest training image.
/** @type {(wide: Plane, box: Pair, frame: Pair, appearance: Appearance) => Changed} */
function sharpen(wide, box, frame, { softness }) {
  const isSoft = (/** @type {Plane} */ plane) => measureFramed(plane, box, frame).softness > softness.highest;
  if (softness.highest > SOFTEST || !isSoft(wide)) return { wide, notes: [] };
  let sharp = wide;
  for (const gain of GAINS) {
    sharp = mapLevels(wide, (level) => {
      const share = single(single(single(single(level / 255) - single(MIDDLE)) * gain) + single(MIDDLE));
      return toLevel(single(clamp(share, 0, 1) * 255));
    });
    if (!isSoft(sharp)) break;
  }
  return { wide: sharp, notes: ["blurred, sharpened"] };
}

// Thickens or thins the strokes until their thickness lies between the training images' 5 and 95 %.
/** @type {(given: Plane, box: Pair, frame: Pair, appearance: Appearance) => Changed} */
function changeThickness(given, box, frame, { stroke: { low, high } }) {
  if (low <= 0 || high > MOST_VARIED * low) return { wide: given, notes: [] };
  const side = Math.max(...frame);
  const before = measureFramed(given, box, frame).stroke;
  let [wide, now] = [given, before];
  // A crop that grows is scaled down again, so one attempt is not always enough.
  for (let attempt = 0; attempt < 3; attempt++) {
    const missing = clamp(now, low, high) - now;
    const longest = Math.max(wide.height, wide.width);
    const steps = roundHalfEven((Math.abs(missing) * side * longest) / Math.max(...box) / 2);
    if (steps === 0) break;
    const changed = missing > 0 ? dilate(pad(wide, steps), steps) : erode(wide, steps);
    if (findExtremes(changed.data)[1] < 128) break;
    [wide, now] = [changed, measureFramed(changed, box, frame).stroke];
  }
  if (now === before) return { wide: given, notes: [] };
  const usual = describeRange(low * side, high * side, "", 1);
  const verb = now > before ? "thickened" : "thinned";
  const [from, to] = [before, now].map((thickness) => fixed(thickness * side, 1));
  return { wide, notes: [`strokes ${from} pixels thick, training images ${usual}, ${verb} to ${to}`] };
}
