// The picture that is watched while a network learns: the one drawn in "Look inside", a test image, or one of ten digits.

import { drawPicture } from "convlens/interface/maps.js";
import { element, fill } from "convlens/interface/dom.js";
import { prepare } from "convlens/preparation/prepare.js";
import { drawDigit } from "convlens/views/train/drawn_digits.js";

const MOST_SAMPLES = 10;
const SIZE = 34; // CSS pixels of a small picture

/**
 * The chooser. `offer(model, {drawing, samples})` says for which model; `pixels()` is the chosen picture as the network
 * takes it. `onChoice()` is called when another one is chosen.
 */
export function createPictureChooser({ onChoice }) {
  const list = element("div", { class: "train-pictures", role: "group", "aria-label": "The picture that is watched" });
  const chooser = { list, choices: [], chosen: "7", shape: "", onChoice };
  return {
    element: list,
    offer: (model, sources) => offer(chooser, model, sources),
    pixels: () => chooser.choices.find(({ key }) => key === chooser.chosen)?.pixels ?? null,
  };
}

function offer(chooser, model, { drawing, samples }) {
  const choices = choicesFor(model, drawing, samples);
  chooser.choices = choices;
  // Samples have the key of their class, so that whoever watched a drawn 7 goes on with a handwritten 7.
  if (!choices.some(({ key }) => key === chooser.chosen)) chooser.chosen = choices[0].key;
  if (drawing && !chooser.wasDrawn) chooser.chosen = "drawing";
  chooser.wasDrawn = Boolean(drawing);
  fill(
    chooser.list,
    choices.map((choice) => pictureButton(chooser, choice, model.inputShape)),
  );
}

function pictureButton(chooser, { key, name, pixels }, shape) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  drawPicture(canvas, pixels, shape, SIZE / Math.max(shape[1], shape[2]));
  const button = element(
    "button",
    {
      type: "button",
      class: "train-picture",
      "aria-pressed": String(key === chooser.chosen),
      "aria-label": name,
      title: name,
      onClick: () => {
        chooser.chosen = key;
        for (const other of chooser.list.children) other.setAttribute("aria-pressed", String(other === button));
        chooser.onChoice();
      },
    },
    canvas,
  );
  return button;
}

/** What there is to watch: [{key, name, pixels}]; never empty. */
export function choicesFor(model, drawing, samples) {
  const fits = (shape) => shape.join() === model.inputShape.join();
  const choices = [];
  if (drawing && fits(drawing.shape)) choices.push({ key: "drawing", name: "your drawing", pixels: drawing.pixels });
  if (samples && fits(samples.input_shape) && samples.class_names.join("\n") === model.classNames.join("\n")) {
    oneOfEach(samples.samples).forEach(({ pixels, label }) => {
      choices.push({ key: String(label), name: `a test image: ${samples.class_names[label]}`, pixels });
    });
    if (choices.length > 1) return choices;
  }
  for (let digit = 0; digit < 10; digit += 1) {
    choices.push({
      key: String(digit),
      name: `a drawn ${digit}`,
      pixels: prepare(model.preprocessing, drawDigit(digit)).pixels,
    });
  }
  return choices;
}

function oneOfEach(samples) {
  const seen = new Set();
  return samples
    .filter(({ label }) => !seen.has(label) && seen.add(label))
    .slice(0, MOST_SAMPLES)
    .sort((first, second) => first.label - second.label);
}
