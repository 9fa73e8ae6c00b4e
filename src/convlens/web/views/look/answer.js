/** The prediction: the class, its probability, the reason if it is unknown, and all probabilities as bars. */

import { element, fill, nameOf } from "convlens/interface/dom.js";
import { formatPercent } from "convlens/interface/format.js";
import { button, div } from "convlens/interface/parts.js";

/** @import { Model, Numbers } from "convlens/engine/network.js" */
/** @import { Answered } from "convlens/views/look/session.js" */

/** @typedef {ReturnType<Answer["makeRow"]>} Row */

const FEW = 10;

/** The answer's part of the page. */
export class Answer {
  #showsAll = false;
  /** @type {Row[]} */
  #rows = [];
  /** @type {Answered | null} */
  #answer = null;
  #name = element("bdi", { class: "answer-name", dir: "auto" });
  #sure = element("p", { class: "answer-sure" });
  #why = element("p", { class: "answer-why small", hidden: true });
  #truth = element("p", { class: "small soft", hidden: true });
  #list = element("ol", { class: "bars answer-bars", "aria-label": "Probabilities" });
  #all = element("button", { type: "button", class: "quiet small", onClick: () => this.#toggleAll() });

  /** @param {Model} model @param {(classNumber: number) => void} onClass called when a bar is chosen */
  constructor(model, onClass) {
    this.model = model;
    this.onClass = onClass;
    const title = element("h2", { class: "eyebrow", id: "answer-title" }, "Prediction");
    const name = element("p", { class: "answer-class" }, this.#name);
    const head = div("answer-head", title, name, this.#sure, this.#why, this.#truth);
    const bars = div("answer-bars-part", this.#list, this.#all);
    this.root = element("section", { class: "answer", "aria-labelledby": "answer-title" }, head, bars);
    this.#buildRows();
  }

  #toggleAll() {
    this.#showsAll = !this.#showsAll;
    this.#buildRows();
    if (this.#answer) this.show(this.#answer);
  }

  #buildRows() {
    const classes = this.model.classNames.length;
    this.#all.hidden = classes <= FEW;
    this.#all.textContent = this.#showsAll ? `Show the ${FEW} most likely` : `Show all ${classes}`;
    const count = this.#showsAll ? classes : Math.min(classes, FEW);
    this.#rows = Array.from({ length: count }, () => this.makeRow());
    fill(this.#list, this.#rows);
  }

  makeRow() {
    const name = element("bdi", { class: "bar-name", dir: "auto" });
    const number = element("span", { class: "bar-number" });
    const bar = button([name, element("span", { class: "bar-track" }), number], () => this.onClass(row.place), {
      class: "bar",
    });
    const row = { place: 0, name, number, bar, root: element("li", {}, bar) };
    return row;
  }

  /** @type {(answer: Answered) => void} */
  show(answer) {
    this.#answer = answer;
    this.#showHead(answer);
    const { probabilities } = answer;
    // When there are few classes, each keeps its place, so that bars grow and shrink instead of moving.
    const order = probabilities.length <= FEW ? [...probabilities.keys()] : likeliest(probabilities);
    this.#rows.forEach((row, index) => this.#showRow(row, order[index], answer));
  }

  /** @type {(answer: Answered) => void} */
  #showHead({ probabilities, best, whyUnknown: why, nothing, label }) {
    const guess = this.model.classNames[best];
    const name = nothing ? "–" : why ? "unknown" : guess;
    const sure = `${why ? `best guess ${guess}, ` : ""}${formatPercent(probabilities[best])} sure`;
    write(this.#name, name);
    this.#name.classList.toggle("long", Array.from(name).length > 3);
    write(this.#sure, nothing ? "The drawing area is empty." : sure);
    this.#why.hidden = !why || nothing;
    write(this.#why, why ? `Unknown: ${why}.` : "");
    this.#truth.hidden = label === null;
    if (label === null) return;
    const verdict = label === best ? "." : ": the network is wrong.";
    fill(this.#truth, "The true class is ", nameOf(this.model.classNames[label]), verdict);
  }

  /** @type {(row: Row, place: number, answer: Answered) => void} */
  #showRow(row, place, { probabilities, best, nothing }) {
    row.place = place;
    write(row.name, this.model.classNames[place]);
    row.name.title = this.model.classNames[place];
    row.bar.style.setProperty("--share", probabilities[place].toFixed(4));
    row.bar.classList.toggle("best", place === best && !nothing);
    write(row.number, formatPercent(probabilities[place]));
  }
}

/** @type {(numbers: number[] | Numbers) => number[]} The indices of the numbers, sorted from the largest down. */
export function likeliest(numbers) {
  return [...numbers.keys()].sort((one, other) => numbers[other] - numbers[one] || one - other);
}

/**
 * Why a prediction is unknown, with the same reasons in the same order as `convlens predict`; empty if it is known.
 * @type {(model: Model, unlike: string[], probability: number) => string}
 */
export function whyUnknown({ threshold }, unlike, probability) {
  if (unlike.length > 0) return `unlike the training images: ${unlike.join("; ")}`;
  if (threshold === null || probability >= threshold) return "";
  return `confidence ${formatPercent(probability, 2)} is below the threshold of ${formatPercent(threshold, 2)}`;
}

/** @type {(node: Node, text: string) => void} Writes only changed text, since writing causes a new layout. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
