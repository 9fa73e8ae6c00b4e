/** What the network says: the class, how sure it is, why that may be no answer, and the probabilities as bars. */

import { element, fill, nameOf } from "convlens/interface/dom.js";
import { formatPercent } from "convlens/interface/format.js";

const FEW = 10;

/** The answer's part of the page: `{ root, build(model), show(answer) }`; `onClass(number)` when a bar is chosen. */
export function makeAnswer({ onClass }) {
  const name = element("bdi", { class: "answer-name", dir: "auto" });
  const sure = element("p", { class: "answer-sure" });
  const why = element("p", { class: "answer-why small", hidden: true });
  const truth = element("p", { class: "small soft", hidden: true });
  const list = element("ol", { class: "bars answer-bars", "aria-label": "Probabilities" });
  const all = element("button", { type: "button", class: "quiet small", onClick: () => {
    showsAll = !showsAll;
    build();
    if (answer) show(answer);
  } });
  const root = element("section", { class: "answer", "aria-labelledby": "answer-title" },
    element("div", { class: "answer-head" }, element("h2", { class: "eyebrow", id: "answer-title" }, "The network says"),
      element("p", { class: "answer-class" }, name), sure, why, truth),
    element("div", { class: "answer-bars-part" }, list, all));
  let model = null, showsAll = false, answer = null, rows = [];

  function build() {
    const classes = model.classNames.length;
    all.hidden = classes <= FEW;
    all.textContent = showsAll ? `Show the ${FEW} likeliest` : `Show all ${classes}`;
    rows = Array.from({ length: showsAll ? classes : Math.min(classes, FEW) }, () => makeRow());
    fill(list, rows.map((row) => row.item));
  }

  function makeRow() {
    const row = { place: 0 };
    row.name = element("bdi", { class: "bar-name", dir: "auto" });
    row.track = element("span", { class: "bar-track" });
    row.number = element("span", { class: "bar-number" });
    row.bar = element("button", { type: "button", class: "bar", onClick: () => onClass(row.place) }, row.name, row.track, row.number);
    row.item = element("li", {}, row.bar);
    return row;
  }

  function show(next) {
    answer = next;
    const { probabilities, best, whyUnknown, nothing } = answer;
    root.classList.toggle("unknown", Boolean(whyUnknown));
    write(name, nothing ? "–" : whyUnknown ? "unknown" : model.classNames[best]);
    name.classList.toggle("long", Array.from(name.textContent).length > 3);
    write(sure, nothing ? "The paper is empty." : `${whyUnknown ? "best guess " : ""}${whyUnknown ? `${model.classNames[best]}, ` : ""}${formatPercent(probabilities[best])} sure`);
    why.hidden = !whyUnknown || nothing;
    write(why, whyUnknown ? `Unknown: ${whyUnknown}.` : "");
    truth.hidden = answer.label === null;
    if (answer.label !== null) fill(truth, "The test image’s class is ", nameOf(model.classNames[answer.label]), answer.label === best ? "." : ": the network is wrong.");
    // Few classes keep their places, so that bars grow and shrink instead of jumping about.
    const order = probabilities.length <= FEW ? [...probabilities.keys()] : likeliest(probabilities).slice(0, rows.length);
    rows.forEach((row, place) => showRow(row, order[place]));
  }

  function showRow(row, place) {
    const share = answer.probabilities[place];
    row.place = place;
    write(row.name, model.classNames[place]);
    row.name.title = model.classNames[place];
    row.bar.style.setProperty("--share", share.toFixed(4));
    row.bar.classList.toggle("best", place === answer.best && !answer.nothing);
    write(row.number, formatPercent(share));
  }

  return {
    root,
    show,
    build(next) {
      [model, showsAll, answer] = [next, false, null];
      build();
    },
  };
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
  };
  return "";
}

// Text that stays the same is left alone: writing it would lay the page out anew.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
