// Chapter: the backward pass: the gradient of each weight of a kernel, and a step of gradient descent.

import { element, fill } from "convlens/interface/dom.js";
import { button, div } from "convlens/interface/parts.js";
import * as gradients from "convlens/views/learn/arithmetic/gradients.js";
import { LARGEST } from "convlens/views/learn/arithmetic/reading.js";
import { bracketed, equalsSign, shortNumber, writeKernelSum } from "convlens/views/learn/arithmetic/sentences.js";
import { makeMap, replaceAt } from "convlens/views/learn/arithmetic/tensors.js";
import { Chapter, lineUp, paragraph } from "convlens/views/learn/chapter.js";
import { numberField } from "convlens/views/learn/controls.js";
import { limitOf } from "convlens/views/learn/matrices.js";
import { EXAMPLES } from "convlens/views/learn/operations.js";

/** @import { OnChange, OnPick } from "convlens/views/learn/matrices.js" */

const { smallMatrix: IMAGE, kernel: KERNEL, slopes: SLOPES } = EXAMPLES;
const STATE = {
  image: IMAGE,
  kernel: KERNEL,
  /** This target gives the slopes of the example. */
  target: gradients.subtract(makeMap(IMAGE, KERNEL), SLOPES),
  rate: 0.01,
  chosen: /** @type {[row: number, column: number]} */ ([0, 0]),
  /** The kernel before the first step, and the loss before and after each. */
  first: KERNEL,
  losses: /** @type {number[]} */ ([]),
};
const MOST_LOSSES = 8;

/** @extends {Chapter<typeof STATE>} */
export class StepBackChapter extends Chapter {
  constructor() {
    super({ id: "step-back", operations: ["gradient"], state: { ...STATE } });
    this.drawn = this.#compute();
    this.views = this.#buildViews();
    this.rate = numberField({
      label: "Learning rate",
      value: this.state.rate,
      mistakes: this.mistakes,
      refuse: (value) => (value > 0 ? null : "the learning rate is not above 0; give a number such as 0.01."),
      onChange: this.set("rate"),
    });
    const step = button("Take a step", () => this.#takeStep(), { class: "primary" });
    const again = button("Start again", () => this.#startWith({ kernel: this.state.first }));
    this.factor = element("span", { class: "sign" });
    this.loss = paragraph("formula");
    this.change = paragraph("formula");
    this.told = element("p", { class: "formula", "aria-live": "polite" });
    const { image, kernel, map, target, slopes, gradient, met, into, products, before, downhill, after } = this.views;
    this.build(
      [
        "How should a weight change, so that the loss becomes smaller? Here the loss is half the squared distance from the map to a target. Its slope, how it changes with one number of the map, is that number minus its target. If you type a slope, the target changes to match.",
        "Choose one of the four gradients to highlight the input numbers that its weight was multiplied by. Together, the gradients are again a cross-correlation: the slopes slide over the input.",
        "A step subtracts the learning rate times its gradient from each weight. If the learning rate is too large, the loss grows. Training repeats this for all weights, a thousand times a second.",
      ],
      lineUp(image, "→", kernel, "→", map, "−", target, "=", slopes),
      this.loss,
      lineUp(gradient, "←", met, "×", into, "=", products),
      this.mistakes,
      this.sum,
      div("controls", this.rate, step, again),
      lineUp(before, this.factor, downhill, "=", after),
      this.change,
      this.told,
    );
  }

  #buildViews() {
    /** @type {(key: "image" | "kernel" | "target") => OnChange} */
    const edit = (key) => (row, column, value) =>
      this.#startWith({ [key]: replaceAt(this.state[key], row, column, value) });
    /** @type {OnChange} */
    const editSlope = (row, column, value) => edit("target")(row, column, this.drawn.map[row][column] - value);
    /** @type {OnPick} */
    const onPick = (row, column) => this.set("chosen")([row, column]);
    const coloured = true;
    return {
      image: this.matrix("input", { onChange: edit("image") }),
      kernel: this.matrix("kernel", { coloured, onChange: edit("kernel") }),
      map: this.matrix("map", { coloured }),
      target: this.matrix("target", { coloured, onChange: edit("target") }),
      slopes: this.matrix("slopes", { coloured, onChange: editSlope }),
      gradient: this.matrix("gradient", { coloured, onPick }),
      met: this.matrix("inputs of the weight", { caption: "inputs" }),
      into: this.matrix("slopes of its outputs", { caption: "slopes", coloured }),
      products: this.matrix("products", { coloured }),
      before: this.matrix("kernel now", { caption: "kernel", coloured }),
      downhill: this.matrix("gradient of the kernel", { caption: "gradient", coloured }),
      after: this.matrix("kernel after a step", { caption: "after a step", coloured }),
    };
  }

  /** Computes the loss, the gradient, and the result of a step. */
  #compute() {
    const { image, kernel, target, rate } = this.state;
    const map = makeMap(image, kernel);
    const slopes = gradients.subtract(map, target);
    const gradient = gradients.kernelGradient(image, slopes);
    const next = gradients.subtract(kernel, gradient, rate);
    const lossNext = gradients.lossOf(gradients.subtract(makeMap(image, next), target));
    return { map, slopes, gradient, next, loss: gradients.lossOf(slopes), lossNext };
  }

  /** Starts with changed numbers, and without the losses of the old ones. @param {Partial<typeof STATE>} changes */
  #startWith(changes) {
    Object.assign(this.state, changes);
    Object.assign(this.state, { first: this.state.kernel, losses: [] });
    this.update();
  }

  #takeStep() {
    const { next, loss, lossNext } = this.drawn;
    const tooLarge = limitOf(next) > LARGEST;
    const mistake = "this step makes a weight exceed 1,000,000; give a smaller learning rate, or start again.";
    this.mistakes.report("step", tooLarge ? mistake : null);
    if (tooLarge) return;
    const losses = this.state.losses.length ? this.state.losses : [loss];
    Object.assign(this.state, { kernel: next, losses: [...losses, lossNext] });
    this.update();
  }

  update() {
    this.drawn = this.#compute();
    this.mistakes.report("step", null);
    const { views, drawn } = this;
    const { image, kernel, target, chosen } = this.state;
    const one = gradients.gradientOf(image, drawn.slopes, chosen);
    const limit = limitOf([drawn.map, target]);
    views.image.show(image, { window: one });
    views.kernel.show(kernel, { chosen });
    views.map.show(drawn.map, { limit });
    views.target.show(target, { limit });
    views.slopes.show(drawn.slopes);
    fill(this.loss, `Loss: ${gradients.writeLoss(drawn.slopes)}`);
    views.gradient.show(drawn.gradient, { chosen });
    views.met.show(one.covered[0], { classes: () => "covered" });
    views.into.show(drawn.slopes);
    views.products.show(one.products[0]);
    this.sum.say(`Gradient of the weight in row ${chosen[0]}, column ${chosen[1]}: ${writeKernelSum(one)}`);
    this.#showStep();
  }

  #showStep() {
    const { kernel, rate, chosen, losses } = this.state;
    const { gradient, next, loss, lossNext } = this.drawn;
    const [row, column] = chosen;
    const look = { limit: limitOf([kernel, next]), chosen };
    this.views.before.show(kernel, look);
    fill(this.factor, `− ${shortNumber(rate)} ×`);
    this.views.downhill.show(gradient, { chosen });
    this.views.after.show(next, look);
    const [old, slope, changed] = [kernel, gradient, next].map((matrix) => matrix[row][column]);
    const sign = equalsSign(old, rate, slope, changed);
    const sum = `${shortNumber(old)} − ${shortNumber(rate)}·${bracketed(slope)} ${sign} ${shortNumber(changed)}`;
    const weight = `The weight in row ${row}, column ${column} after a step: ${sum}.`;
    fill(this.change, `${weight} The loss after a step: ${compare(loss, lossNext)}.`);
    // Written only if it changed, since a screen reader would repeat it otherwise.
    const told = losses.length ? tellLosses(losses) : "No step taken yet.";
    if (this.told.textContent !== told) fill(this.told, told);
  }
}

/** @param {number[]} losses */
function tellLosses(losses) {
  const shown = `${losses.length > MOST_LOSSES ? "… → " : ""}${losses.slice(-MOST_LOSSES).map(shortNumber).join(" → ")}`;
  const [before, after] = losses.slice(-2);
  return `Loss after step ${losses.length - 1}: ${compare(before, after)}. Step by step: ${shown}`;
}

/** @type {(before: number, after: number) => string} "28.97, smaller by 21.53" */
function compare(before, after) {
  const change = shortNumber(Math.abs(after - before));
  if (after === before) return `${shortNumber(after)}, unchanged`;
  if (after < before) return `${shortNumber(after)}, smaller by ${change}`;
  return `${shortNumber(after)}, larger by ${change}: the step is too large`;
}
