/** What the network says: the class, how sure it is, why that may be no answer, and the probabilities as bars. */

import { element, fill, nameOf } from "convlens/interface/dom.js";
import { formatPercent } from "convlens/interface/format.js";

const FEW = 10;

/** The answer's part of the page, in `root`; `onClass(number)` when a bar is chosen. */
export class Answer {
  constructor({ onClass }) {
    Object.assign(this, { onClass, model: null, showsAll: false, answer: null, rows: [] });
    this.name = element("bdi", { class: "answer-name", dir: "auto" });
    this.sure = element("p", { class: "answer-sure" });
    this.why = element("p", { class: "answer-why small", hidden: true });
    this.truth = element("p", { class: "small soft", hidden: true });
    this.list = element("ol", { class: "bars answer-bars", "aria-label": "Probabilities" });
    this.all = element("button", { type: "button", class: "quiet small", onClick: () => this.toggleAll() });
    this.root = element(
      "section",
      { class: "answer", "aria-labelledby": "answer-title" },
      element(
        "div",
        { class: "answer-head" },
        element("h2", { class: "eyebrow", id: "answer-title" }, "The network says"),
        element("p", { class: "answer-class" }, this.name),
        this.sure,
        this.why,
        this.truth,
      ),
      element("div", { class: "answer-bars-part" }, this.list, this.all),
    );
  }

  /** Another model. */
  build(model) {
    Object.assign(this, { model, showsAll: false, answer: null });
    this.buildRows();
  }

  toggleAll() {
    this.showsAll = !this.showsAll;
    this.buildRows();
    if (this.answer) this.show(this.answer);
  }

  buildRows() {
    const classes = this.model.classNames.length;
    this.all.hidden = classes <= FEW;
    this.all.textContent = this.showsAll ? `Show the ${FEW} likeliest` : `Show all ${classes}`;
    this.rows = Array.from({ length: this.showsAll ? classes : Math.min(classes, FEW) }, () => this.makeRow());
    fill(
      this.list,
      this.rows.map((row) => row.item),
    );
  }

  makeRow() {
    const row = { place: 0 };
    row.name = element("bdi", { class: "bar-name", dir: "auto" });
    row.number = element("span", { class: "bar-number" });
    row.bar = element(
      "button",
      { type: "button", class: "bar", onClick: () => this.onClass(row.place) },
      row.name,
      element("span", { class: "bar-track" }),
      row.number,
    );
    row.item = element("li", {}, row.bar);
    return row;
  }

  /** Shows an answer of `Session`. */
  show(answer) {
    this.answer = answer;
    this.showHead(answer);
    const { probabilities } = answer;
    // Few classes keep their places, so that bars grow and shrink instead of jumping about.
    const order =
      probabilities.length <= FEW ? [...probabilities.keys()] : likeliest(probabilities).slice(0, this.rows.length);
    this.rows.forEach((row, index) => this.showRow(row, order[index]));
  }

  showHead({ probabilities, best, whyUnknown: why, nothing, label }) {
    const guess = this.model.classNames[best];
    write(this.name, nothing ? "–" : why ? "unknown" : guess);
    this.name.classList.toggle("long", Array.from(this.name.textContent).length > 3);
    write(
      this.sure,
      nothing
        ? "The paper is empty."
        : `${why ? `best guess ${guess}, ` : ""}${formatPercent(probabilities[best])} sure`,
    );
    this.why.hidden = !why || nothing;
    write(this.why, why ? `Unknown: ${why}.` : "");
    this.truth.hidden = label === null;
    if (label !== null)
      fill(
        this.truth,
        "The test image’s class is ",
        nameOf(this.model.classNames[label]),
        label === best ? "." : ": the network is wrong.",
      );
  }

  showRow(row, place) {
    const { probabilities, best, nothing } = this.answer;
    row.place = place;
    write(row.name, this.model.classNames[place]);
    row.name.title = this.model.classNames[place];
    row.bar.style.setProperty("--share", probabilities[place].toFixed(4));
    row.bar.classList.toggle("best", place === best && !nothing);
    write(row.number, formatPercent(probabilities[place]));
  }
}

/** The places of numbers, the largest first. */
export function likeliest(numbers) {
  return [...numbers.keys()].sort((one, other) => numbers[other] - numbers[one] || one - other);
}

/** Why an answer is none: the same reasons in the same order as `convlens predict` gives; empty where it is one. */
export function whyUnknown(model, unlike, probability) {
  if (unlike.length > 0) return `unlike the training images: ${unlike.join("; ")}`;
  const { threshold } = model;
  if (threshold !== null && threshold !== undefined && probability < threshold) {
    return `${formatPercent(probability, 2)} sure, and an answer takes ${formatPercent(threshold, 2)}`;
  }
  return "";
}

// Text that stays the same is left alone: writing it would lay the page out anew.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
