// The image to watch during training: the drawing in "Look inside", a test image, or one of ten digits.

import { drawPicture } from "convlens/interface/maps.js";
import { element, fill } from "convlens/interface/dom.js";
import { prepare } from "convlens/preparation/prepare.js";
import { drawDigit } from "convlens/views/train/drawn_digits.js";
import { button } from "convlens/interface/parts.js";

/** @import { Model } from "convlens/engine/network.js" */
/** @typedef {{ pixels: Uint8Array, shape: number[] }} Drawing */
/**
 * @typedef {{ samples: { pixels: Uint8Array, label: number }[], input_shape: number[], class_names: string[] }} Samples
 */
/** @typedef {{ drawing: Drawing | null, samples: Samples | null }} Sources */
/** @typedef {{ key: string, name: string, pixels: Uint8Array }} Choice */

const MOST_SAMPLES = 10;
const SIZE = 34; // CSS pixels of a small image

export class PictureChooser {
  root = element("div", { class: "train-pictures", role: "group", "aria-label": "Image to watch" });
  /** @type {Choice[]} */
  choices = [];
  chosen = "7";
  wasDrawn = false;

  /** @param {{ onChoice: () => void }} handlers */
  constructor({ onChoice }) {
    this.onChoice = onChoice;
  }

  /** The chosen image, as the network's input. */
  get pixels() {
    return this.choices.find(({ key }) => key === this.chosen)?.pixels ?? null;
  }

  /** @type {(model: Model, sources: Sources) => void} Offers the images that fit a model. */
  offer(model, { drawing, samples }) {
    this.choices = choicesFor(model, drawing, samples);
    // Samples have the key of their class, so a person who watched the drawn 7 now sees a handwritten 7.
    if (!this.choices.some(({ key }) => key === this.chosen)) this.chosen = this.choices[0].key;
    if (drawing && !this.wasDrawn) this.chosen = "drawing";
    this.wasDrawn = Boolean(drawing);
    const pictures = this.choices.map((choice) => this.picture(choice, model.inputShape));
    fill(this.root, pictures);
  }

  /** @type {(choice: Choice, shape: number[]) => HTMLButtonElement} */
  picture({ key, name, pixels }, shape) {
    const canvas = element("canvas", { "aria-hidden": "true" });
    drawPicture(canvas, pixels, shape, SIZE / Math.max(shape[1], shape[2]));
    const attributes = {
      class: "train-picture",
      "aria-pressed": String(key === this.chosen),
      "aria-label": name,
      title: name,
    };
    const picture = button(canvas, () => this.choose(key, picture), attributes);
    return picture;
  }

  /** @type {(key: string, picture: HTMLButtonElement) => void} */
  choose(key, picture) {
    this.chosen = key;
    for (const other of this.root.children) other.setAttribute("aria-pressed", String(other === picture));
    this.onChoice();
  }
}

/** @type {(model: Model, drawing: Drawing | null, samples: Samples | null) => Choice[]} Never empty. */
export function choicesFor(model, drawing, samples) {
  /** @param {number[]} shape */
  const fits = (shape) => shape.join() === model.inputShape.join();
  /** @type {Choice[]} */
  const choices = [];
  if (drawing && fits(drawing.shape)) choices.push({ key: "drawing", name: "your drawing", pixels: drawing.pixels });
  const drawn = choices.length;
  if (samples && fits(samples.input_shape) && samples.class_names.join("\n") === model.classNames.join("\n")) {
    for (const { pixels, label } of oneOfEach(samples.samples))
      choices.push({ key: String(label), name: `a test image: ${samples.class_names[label]}`, pixels });
  }
  if (choices.length > drawn) return choices;
  for (let digit = 0; digit < 10; digit += 1) {
    const { pixels } = prepare(model.preprocessing, drawDigit(digit));
    choices.push({ key: String(digit), name: `a drawn ${digit}`, pixels });
  }
  return choices;
}

/** One sample of each class. @param {Samples["samples"]} samples */
function oneOfEach(samples) {
  const byLabel = new Map(samples.toReversed().map((sample) => [sample.label, sample]));
  return [...byLabel.values()].sort((first, second) => first.label - second.label).slice(0, MOST_SAMPLES);
}
