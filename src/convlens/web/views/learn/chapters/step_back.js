// Chapter: one step back, the gradient of each weight of a kernel, and a step against it.

import { element, fill } from "convlens/interface/dom.js";
import * as gradients from "convlens/views/learn/arithmetic/gradients.js";
import { replaceAt } from "convlens/views/learn/arithmetic/kernels.js";
import { LARGEST } from "convlens/views/learn/arithmetic/reading.js";
import { bracketed, equalsSign, shortNumber } from "convlens/views/learn/arithmetic/sentences.js";
import { makeMap } from "convlens/views/learn/arithmetic/tensors.js";
import { squareWindow } from "convlens/views/learn/arithmetic/windows.js";
import { chapterFrame, controls, lineUp } from "convlens/views/learn/chapter.js";
import { button, mistakeLine, numberField, sumLine } from "convlens/views/learn/controls.js";
import { limitOf, matrixView } from "convlens/views/learn/matrices.js";

/** The numbers of docs/operations.md: with this target the slopes are 1, 0, 0 and 10. */
const IMAGE = [
  [1, 2, 0],
  [3, 1, 2],
  [0, 2, 4],
];
const KERNEL = [
  [1, 0],
  [2, 1],
];
const TARGET = [
  [7, 6],
  [5, -1],
];
const SLIDING = squareWindow({ kernel: 2 });
const MOST_LOSSES = 8;

export function stepBack() {
  const state = {
    image: IMAGE,
    kernel: KERNEL,
    target: TARGET,
    rate: 0.01,
    chosen: [0, 0],
    first: KERNEL,
    losses: [],
    drawn: null,
  };
  const parts = buildParts(state, update);

  function update() {
    state.drawn = compute(state);
    parts.mistakes.report("step", null);
    showNumbers(parts, state);
    showWeight(parts, state);
    showStep(parts, state);
  }
  update();
  return { element: frame(parts), update };
}

/** Forward to the loss, back to the gradient, and where a step would lead. */
function compute({ image, kernel, target, rate }) {
  const map = makeMap([image], [kernel], SLIDING);
  const slopes = gradients.slopesOf(map, target);
  const gradient = gradients.kernelGradient(image, slopes, SLIDING.kernel);
  const next = gradients.subtract(kernel, gradient, rate);
  const loss = gradients.halfSquaredDistance(map, target);
  return {
    map,
    slopes,
    gradient,
    next,
    loss,
    lossNext: gradients.halfSquaredDistance(makeMap([image], [next], SLIDING), target),
  };
}

function buildParts(state, update) {
  const mistakes = mistakeLine();
  const edit = (key) => (row, column, value) => {
    state[key] = replaceAt(state[key], row, column, value);
    startAnew(state);
    update();
  };
  const editSlope = (row, column, value) => edit("target")(row, column, state.drawn.map[row][column] - value);
  const choose = (...place) => {
    state.chosen = place;
    update();
  };
  const editable = (name, onChange) => matrixView({ name, mistakes, onChange });
  return {
    mistakes,
    image: editable("input", edit("image")),
    kernel: editable("kernel", edit("kernel")),
    map: matrixView({ name: "map" }),
    target: editable("target", edit("target")),
    slopes: editable("slopes", editSlope),
    gradient: matrixView({ name: "gradient", onPick: choose }),
    met: matrixView({ name: "what it met", caption: "met" }),
    into: matrixView({ name: "slopes of what it went into", caption: "slopes" }),
    products: matrixView({ name: "products" }),
    before: matrixView({ name: "kernel now", caption: "kernel" }),
    downhill: matrixView({ name: "gradient of the kernel", caption: "gradient" }),
    after: matrixView({ name: "kernel after a step", caption: "after a step" }),
    factor: element("span", { class: "sign" }),
    loss: element("p", { class: "formula" }),
    sum: sumLine(),
    change: element("p", { class: "formula" }),
    told: element("p", { class: "formula", "aria-live": "polite" }),
    ...buildControls(state, mistakes, update),
  };
}

function buildControls(state, mistakes, update) {
  const rate = numberField({
    label: "Learning rate",
    value: state.rate,
    mistakes,
    refuse: (value) => (value > 0 ? null : "the learning rate is not above 0; give a number such as 0.01."),
    onChange: (value) => {
      state.rate = value;
      update();
    },
  });
  const step = button("Take a step", () => takeStep(state, mistakes, update), { class: "primary" });
  const again = button("Start again", () => {
    state.kernel = state.first;
    startAnew(state);
    update();
  });
  return { rate, step, again };
}

/** Losses of other numbers say nothing about these. */
function startAnew(state) {
  Object.assign(state, { first: state.kernel, losses: [] });
}

function takeStep(state, mistakes, update) {
  const { next, loss, lossNext } = state.drawn;
  const tooLarge = limitOf(next) > LARGEST;
  mistakes.report(
    "step",
    tooLarge ? "this step leads beyond 1,000,000; give a smaller learning rate, or start again." : null,
  );
  if (tooLarge) return;
  Object.assign(state, { kernel: next, losses: [...(state.losses.length ? state.losses : [loss]), lossNext] });
  update();
}

function showNumbers(parts, { image, kernel, target, chosen, drawn: { map, slopes, loss } }) {
  const one = gradients.meetWeight(image, slopes, chosen);
  parts.image.show(image, { window: one, aside: "" });
  parts.kernel.show(kernel, { limit: limitOf(kernel), chosen, aside: "" });
  const limit = limitOf([map, target]);
  parts.map.show(map, { limit, aside: "" });
  parts.target.show(target, { limit, aside: "" });
  parts.slopes.show(slopes, { limit: limitOf(slopes), aside: "" });
  fill(parts.loss, `Loss: ${gradients.writeLoss(slopes, loss)}`);
}

function showWeight(parts, { image, chosen, drawn: { slopes, gradient } }) {
  const one = gradients.meetWeight(image, slopes, chosen);
  parts.gradient.show(gradient, { limit: limitOf(gradient), chosen, aside: "" });
  parts.met.show(one.met, { classes: () => ["covered"], aside: "" });
  parts.into.show(slopes, { limit: limitOf(slopes), aside: "" });
  parts.products.show(one.products, { limit: limitOf(one.products), aside: "" });
  parts.sum.say(`Gradient of the weight in ${placeOf(chosen)}: ${gradients.writeGradient(one)}`);
}

function showStep(parts, { kernel, rate, chosen: [row, column], losses, drawn: { gradient, next, loss, lossNext } }) {
  const limit = limitOf([kernel, next]);
  const chosen = [row, column];
  parts.before.show(kernel, { limit, chosen, aside: "" });
  fill(parts.factor, `− ${shortNumber(rate)} ×`);
  parts.downhill.show(gradient, { limit: limitOf(gradient), chosen, aside: "" });
  parts.after.show(next, { limit, chosen, aside: "" });
  const [old, slope, changed] = [kernel, gradient, next].map((matrix) => matrix[row][column]);
  const sign = equalsSign(old, rate, slope, changed);
  const sum = `${shortNumber(old)} − ${shortNumber(rate)}·${bracketed(slope)} ${sign} ${shortNumber(changed)}`;
  fill(
    parts.change,
    `The weight in ${placeOf(chosen)} after a step: ${sum}. The loss after a step: ${compare(loss, lossNext)}.`,
  );
  // Only what is new is written, since a screen reader says it again otherwise.
  const told = losses.length ? tellLosses(losses) : "No step was taken yet.";
  if (parts.told.textContent !== told) fill(parts.told, told);
}

function tellLosses(losses) {
  const shown = losses.slice(-MOST_LOSSES).map(shortNumber).join(" → ");
  const [before, after] = losses.slice(-2);
  return `Loss after step ${losses.length - 1}: ${compare(before, after)}. Step by step: ${losses.length > MOST_LOSSES ? "… → " : ""}${shown}`;
}

/** "28.97, smaller by 21.53" */
function compare(before, after) {
  const change = shortNumber(Math.abs(after - before));
  if (after === before) return `${shortNumber(after)}, unchanged`;
  return after < before
    ? `${shortNumber(after)}, smaller by ${change}`
    : `${shortNumber(after)}, larger by ${change}: the step is too long`;
}

function placeOf([row, column]) {
  return `row ${row}, column ${column}`;
}

function frame(parts) {
  return chapterFrame({
    id: "step-back",
    title: "One step back",
    text: [
      "How should a weight change, so that the loss becomes smaller? Here the loss is half the squared distance from the map to a target. How it changes with one number of the map, its slope there, is that number less its target. Type a slope, and the target follows.",
      "A weight meets one value at each placement, and its product goes into one number of the map. So its gradient is the sum, over all placements, of what it met times the slope of the number that it went into. Choose one of the four gradients, and what its weight met lights up.",
      "A step takes a part of its gradient off each weight. The learning rate says how large a part: if it is too large, the loss grows.",
    ],
    bench: [
      lineUp(
        parts.image.element,
        "→",
        parts.kernel.element,
        "→",
        parts.map.element,
        "−",
        parts.target.element,
        "=",
        parts.slopes.element,
      ),
      parts.loss,
      lineUp(parts.gradient.element, "←", parts.met.element, "×", parts.into.element, "=", parts.products.element),
      parts.mistakes.element,
      parts.sum.element,
      controls(parts.rate.element, parts.step, parts.again),
      lineUp(parts.before.element, parts.factor, parts.downhill.element, "=", parts.after.element),
      parts.change,
      parts.told,
      element(
        "p",
        { class: "remark" },
        "All gradients together are cross-correlation again: the slopes slide over the input. Training is this for every weight, a thousand times a second.",
      ),
    ],
  });
}
