// Whether what the network gets looks like anything that it was trained on. A network answers every picture with a
// class, and often with 99 %; the measures of the training images tell whether the picture is of their kind at all.
import { holds, readAppearance } from "convlens/preparation/appearance.js";
import { NO_INK, measure } from "convlens/preparation/measuring.js";
import { makePlane } from "convlens/preparation/planes.js";
import { describeRange, fixed } from "convlens/preparation/rounding.js";

const TOLERANCE = 0.1; // beyond the extremes of the training images, as a share of the range from 5 to 95 % of them
const FEW = 50; // and this divided by their number: the extremes of fifty are not those of all
const MEASURES = [
  ["ink_share", "inkShare", (share) => `ink on ${share} of it`],
  ["stroke", "stroke", (share) => `strokes ${share} of its side thick`],
  ["softness", "softness", (share) => `grey on ${share} of it`],
];

/** Reasons why an image is of another kind than the training images; none if it is not. */
export function findUnlike(plane, preprocessing) {
  const appearance = readAppearance(preprocessing.appearance);
  if (!appearance) return [];
  const looks = measure(plane.channels === 1 ? plane : averageChannels(plane));
  if (looks.contrast < NO_INK && NO_INK <= appearance.contrast.lowest) return ["there is nothing on it"];
  if (preprocessing.rules === "letterbox") return [];
  const tolerance = TOLERANCE + FEW / appearance.images;
  return MEASURES.filter(([stored, name]) => {
    const spread = appearance[stored];
    return !holds(spread, looks[name], tolerance * spread.width);
  }).map(([stored, name, describe]) => {
    const { lowest, highest } = appearance[stored];
    const usual = describeRange(100 * lowest, 100 * highest, " %");
    return `${describe(`${fixed(100 * looks[name])} %`)}, ${usual} of theirs`;
  });
}

function averageChannels({ height, width, data }) {
  const grey = makePlane(height, width);
  for (let place = 0; place < grey.data.length; place++) {
    grey.data[place] = (data[3 * place] + data[3 * place + 1] + data[3 * place + 2]) / 3;
  }
  return grey;
}
