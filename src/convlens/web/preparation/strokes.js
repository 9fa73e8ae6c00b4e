// Sharpness and thickness of strokes: brought to what the training images have, at eight times their size.
//
// A network that has learned from one pen takes another pen's digits for other digits. Changing strokes after scaling
// would be the obvious way, and far too coarse: a whole pixel is half of a stroke there.
import { fitInto, resize } from "convlens/preparation/framing.js";
import { INK_LEVEL, measure } from "convlens/preparation/measuring.js";
import { dilate, erode } from "convlens/preparation/morphology.js";
import { crop, findExtremes, mapLevels, pad, paste } from "convlens/preparation/planes.js";
import { LANCZOS, resample } from "convlens/preparation/resampling.js";
import { clamp, describeRange, fixed, roundHalfEven, toLevel } from "convlens/preparation/rounding.js";

const LARGEST = 160; // pixels: the side of the box that strokes are changed in
const GAINS = [1.5, 2, 3, 4];
const MIDDLE = 0.4; // of the ink: the level that sharpening leaves alone; strokes keep their thickness
const MOST_VARIED = 3; // times from 5 to 95 %; where training images differ more, thickness says something
const SOFTEST = 0.25; // training images with more in-between pixels are soft on purpose

const single = Math.fround;

/**
 * {scaled, notes}: light-on-dark ink scaled into a box ([height, width]), with the training images' kind of strokes.
 * Ink that has the size already is given back as it is. Strokes are sharpened where they are softer than in any
 * training image, and made thicker or thinner where they lie outside of 90 % of them.
 */
export function scaleInk(ink, box, frame, appearance) {
  const [height, width] = fitInto(ink.height, ink.width, ...box);
  if (height === ink.height && width === ink.width) return { scaled: ink, notes: [] };
  const plain = resize(ink, height, width);
  if (!appearance || findExtremes(plain.data)[1] === 0) return { scaled: plain, notes: [] };
  const sharp = sharpen(enlarge(ink, box), box, frame, appearance);
  const changed = changeThickness(sharp.wide, box, frame, appearance);
  const notes = [...sharp.notes, ...changed.notes];
  return { scaled: notes.length ? bringDown(changed.wide, box) : plain, notes };
}

// In a box several times as large, with an empty rim, so that its edges are edges. Small ink needs a good filter:
// Lanczos's made the least of stairs and blur.
function enlarge(ink, box) {
  const factor = clamp(Math.floor(LARGEST / Math.max(...box)), 2, 8);
  const rimmed = pad(ink, 1);
  const [height, width] = fitInto(rimmed.height, rimmed.width, box[0] * factor, box[1] * factor);
  return height <= rimmed.height ? resize(rimmed, height, width) : resample(rimmed, height, width, LANCZOS);
}

// Cropped to its ink and scaled into the box, with the brightest at 255.
function bringDown(wide, box) {
  const cropped = crop(wide, findBright(wide));
  const small = resize(cropped, ...fitInto(cropped.height, cropped.width, ...box));
  const peak = Math.max(findExtremes(small.data)[1], 1);
  return peak >= 250 ? small : mapLevels(small, (level) => toLevel(level * (255 / peak)));
}

// The box around all ink; the whole picture where a stroke that was reduced much is fainter than that everywhere.
function findBright({ height, width, data }) {
  let [top, bottom, left, right] = [-1, 0, width, 0];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (data[row * width + column] < INK_LEVEL * 255) continue;
      if (top < 0) top = row;
      bottom = row + 1;
      if (column < left) left = column;
      if (column >= right) right = column + 1;
    }
  }
  return top < 0 ? { top: 0, bottom: height, left: 0, right: width } : { top, bottom, left, right };
}

// The looks of what would come out, in its frame.
function measureFramed(wide, box, frame) {
  const small = bringDown(wide, box);
  const top = Math.floor((frame[0] - small.height) / 2);
  const left = Math.floor((frame[1] - small.width) / 2);
  return measure(paste(small, top, left, ...frame, [0]));
}

// A steeper way from background to ink, the gentlest that makes it as sharp as the softest training image.
function sharpen(wide, box, frame, { softness }) {
  const isSoft = (plane) => measureFramed(plane, box, frame).softness > softness.highest;
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

// Grow or shrink the ink until its thickness lies between 5 and 95 % of the training images'.
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
