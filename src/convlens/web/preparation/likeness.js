// Check whether the network's input resembles the training images. A network assigns a class to every picture, often
// with a confidence of 99 %; a comparison with the measures of the training images shows whether the picture is of
// another kind.
import { holds, readAppearance } from "convlens/preparation/appearance.js";
import { NO_CONTRAST, measure } from "convlens/preparation/measuring.js";
import { makePlane } from "convlens/preparation/planes.js";
import { describeRange, fixed } from "convlens/preparation/rounding.js";

/** @import { Preprocessing } from "convlens/preparation/appearance.js" */
/** @import { Plane } from "convlens/preparation/planes.js" */

const TOLERANCE = 0.1; // beyond the extremes of the training images, as a share of the range from 5 to 95 %
const FEW = 50; // divided by the number of training images, it is added: few images underestimate the extremes

/** @type {(plane: Plane, preprocessing: Preprocessing) => string[]} How it differs from the training images. */
export function findUnlike(plane, preprocessing) {
  const appearance = readAppearance(preprocessing.appearance);
  if (!appearance) return [];
  const looks = measure(plane.channels === 1 ? plane : averageChannels(plane));
  if (looks.contrast < NO_CONTRAST && NO_CONTRAST <= appearance.contrast.lowest) return ["there is nothing on it"];
  if (preprocessing.rules === "letterbox") return [];
  const tolerance = TOLERANCE + FEW / appearance.images;
  const measures = [
    { value: looks.foreground, spread: appearance.ink_share, words: ["ink on", "of it"] },
    { value: looks.stroke, spread: appearance.stroke, words: ["strokes", "of its side thick"] },
    { value: looks.softness, spread: appearance.softness, words: ["grey on", "of it"] },
  ];
  return measures
    .filter(({ value, spread }) => !holds(spread, value, tolerance * spread.width))
    .map(({ value, spread: { lowest, highest }, words: [before, after] }) => {
      const usual = describeRange(100 * lowest, 100 * highest, " %");
      return `${before} ${fixed(100 * value)} % ${after}, ${usual} of theirs`;
    });
}

/** @type {(plane: Plane) => Plane} */
function averageChannels({ height, width, data }) {
  const grey = makePlane(height, width);
  for (let place = 0; place < grey.data.length; place++) {
    grey.data[place] = (data[3 * place] + data[3 * place + 1] + data[3 * place + 2]) / 3;
  }
  return grey;
}
