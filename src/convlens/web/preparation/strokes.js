// Sharpness and thickness of strokes: brought to what the training images have, at eight times their size.
//
// A network that has learned from one pen takes another pen's digits for other digits. Changing strokes after scaling
// would be the obvious way, and far too coarse: a whole pixel is half of a stroke there.
import { fitInto, resize } from "convlens/preparation/framing.js";
import { FOREGROUND_LEVEL, measure } from "convlens/preparation/measuring.js";
import { dilate, erode } from "convlens/preparation/morphology.js";
import { crop, findBox, findExtremes, mapLevels, pad, paste } from "convlens/preparation/planes.js";
import { LANCZOS, resample } from "convlens/preparation/resampling.js";
import { clamp, describeRange, fixed, roundHalfEven, toLevel } from "convlens/preparation/rounding.js";

/** @import { Appearance } from "convlens/preparation/appearance.js" */
/** @import { Pair, Plane } from "convlens/preparation/planes.js" */
/** @typedef {{ wide: Plane, notes: string[] }} Changed */

const LARGEST = 160; // pixels: the side of the box that strokes are changed in
const GAINS = [1.5, 2, 3, 4];
const MIDDLE = 0.4; // of the contrast: the level that sharpening leaves alone; strokes keep their thickness
const MOST_VARIED = 3; // times from 5 to 95 %; where training images differ more, thickness says something
const SOFTEST = 0.25; // training images with more in-between pixels are soft on purpose
const BRIGHT = 250; // a glyph whose brightest pixel has this level is as bright as it can be

const single = Math.fround;

/**
 * A light-on-dark glyph scaled into a box ([height, width]), with the training images' kind of strokes. One that has
 * the size already is given back as it is. Strokes are sharpened where they are softer than in any training image, and
 * made thicker or thinner where they lie outside of 90 % of them.
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

/** With its brightest pixel at 255; the same plane where it is bright already. @type {(glyph: Plane) => Plane} */
export function brighten(glyph) {
  const peak = Math.max(findExtremes(glyph.data)[1], 1);
  return peak >= BRIGHT ? glyph : mapLevels(glyph, (level) => toLevel(level * (255 / peak)));
}

// In a box several times as large, with an empty rim, so that its edges are edges. A small glyph needs a good filter:
// Lanczos's made the least of stairs and blur.
/** @type {(glyph: Plane, box: Pair) => Plane} */
function enlarge(glyph, box) {
  const factor = clamp(Math.floor(LARGEST / Math.max(...box)), 2, 8);
  const rimmed = pad(glyph, 1);
  const [height, width] = fitInto(rimmed.height, rimmed.width, box[0] * factor, box[1] * factor);
  return height <= rimmed.height ? resize(rimmed, height, width) : resample(rimmed, height, width, LANCZOS);
}

// Cropped and scaled into the box; not cropped where a stroke that was reduced much is faint everywhere.
/** @type {(wide: Plane, box: Pair) => Plane} */
function bringDown(wide, box) {
  const bright = findBox(wide, FOREGROUND_LEVEL * 255);
  const cropped = bright ? crop(wide, bright) : wide;
  return brighten(resize(cropped, ...fitInto(cropped.height, cropped.width, ...box)));
}

// The looks of what would come out, in its frame.
/** @type {(wide: Plane, box: Pair, frame: Pair) => ReturnType<typeof measure>} */
function measureFramed(wide, box, frame) {
  const small = bringDown(wide, box);
  const top = Math.floor((frame[0] - small.height) / 2);
  const left = Math.floor((frame[1] - small.width) / 2);
  return measure(paste(small, top, left, ...frame, [0]));
}

// A steeper way from background to stroke, the gentlest that makes it as sharp as the softest training image.
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

// Grow or shrink the strokes until their thickness lies between 5 and 95 % of the training images'.
/** @type {(given: Plane, box: Pair, frame: Pair, appearance: Appearance) => Changed} */
function changeThickness(given, box, frame, { stroke: { low, high } }) {
  if (low <= 0 || high > MOST_VARIED * low) return { wide: given, notes: [] };
  const side = Math.max(...frame);
  const before = measureFramed(given, box, frame).stroke;
  let [wide, now] = [given, before];
  // A crop that grows is scaled down again, so once is not always enough.
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
