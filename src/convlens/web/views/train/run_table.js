// The trainings of this session in a table, two of them chosen to be compared.

import { element, fill, nameOf } from "convlens/interface/dom.js";
import { formatCount, formatPercent, plural } from "convlens/interface/format.js";
import { compareAccuracy } from "convlens/views/train/comparison.js";
import { box, scrollingTable } from "convlens/views/train/parts.js";
import { describeSeconds } from "convlens/views/train/status_line.js";

/** @import { Run } from "convlens/views/train/run_state.js" */
/** @typedef {ReturnType<Run["summarise"]> & { number: number }} Summary */

const HEADINGS = [
  ["compare"],
  ["run"],
  ["accuracy", "number"],
  ["time", "number"],
  ["parameters", "number"],
  ["recipe"],
  ["network"],
  ["data"],
];
/** @type {Record<string, string>} */
const STATES = { waiting: "", preparing: "getting ready" };

export class RunTable {
  body = element("tbody");
  comparison = element("div", { class: "train-comparison", "aria-live": "polite" });
  root = element(
    "section",
    { class: "panel train-runs", hidden: true, "aria-labelledby": "train-runs-title" },
    element("h3", { id: "train-runs-title" }, "This session's runs"),
    scrollingTable("Table of runs", HEADINGS, this.body, { caption: "Choose two to compare." }),
    this.comparison,
  );
  shown = "";

  /** @param {{ onChoice: (jobs: string[]) => void }} handlers gets the chosen ones, at most two, in the order of choosing */
  constructor({ onChoice }) {
    this.onChoice = onChoice;
  }

  /** @param {Map<string, Run>} runs @param {string[]} chosen the jobs of at most two */
  show(runs, chosen) {
    const summaries = [...runs.values()].map((run, place) => ({ ...run.summarise(), number: place + 1 }));
    this.root.hidden = summaries.length === 0;
    const key = JSON.stringify([summaries, chosen]);
    if (key === this.shown) return; // nothing that stands here has changed, so no focus is lost
    this.shown = key;
    const focused = this.boxes().find((input) => input === document.activeElement)?.value;
    fill(
      this.body,
      summaries.toReversed().map((summary) => this.row(summary, chosen)),
    );
    if (focused)
      this.boxes()
        .find(({ value }) => value === focused)
        ?.focus();
    const pair = summaries.filter(({ job, state }) => chosen.includes(job) && ["done", "stopped"].includes(state));
    fill(this.comparison, pair.length === 2 ? describePair(pair[0], pair[1]) : null);
  }

  boxes() {
    return [...this.body.querySelectorAll("input")];
  }

  /** @type {(summary: Summary, chosen: string[]) => HTMLTableRowElement} */
  row(summary, chosen) {
    const { job, number, accuracy, seconds, parameters, recipe, epochs, seed } = summary;
    const isChosen = chosen.includes(job);
    const input = element("input", {
      type: "checkbox",
      value: job,
      checked: isChosen,
      "aria-label": `Compare run ${number}`,
      onChange: () => this.onChoice(isChosen ? chosen.filter((other) => other !== job) : [...chosen, job].slice(-2)),
    });
    const settings = [recipe, epochs && plural(epochs, "epoch"), seed !== null && `seed ${seed}`]
      .filter(Boolean)
      .join(", ");
    /** @param {any} words */
    const numberCell = (words) => element("td", { class: "number" }, words);
    return element(
      "tr",
      { class: chosen.at(-1) === job ? "now" : isChosen ? "earlier" : null },
      element("td", {}, element("span", { class: "train-swatch", "aria-hidden": "true" }), input),
      element("th", { scope: "row" }, number),
      numberCell(accuracy === null ? (STATES[summary.state] ?? summary.state) : formatPercent(accuracy, 2)),
      numberCell(seconds === null ? "" : describeSeconds(seconds)),
      numberCell(parameters === null ? "" : formatCount(parameters)),
      element("td", {}, settings),
      element("td", { class: "train-network-cell" }, nameOf(summary.network, { class: "mono" })),
      element("td", {}, nameOf(summary.data)),
    );
  }
}

/** What differs between two runs, the later one against the earlier one. @param {Summary} earlier @param {Summary} later */
function describePair(earlier, later) {
  /** @type {(word: string, before: number | null, now: number | null, form: (value: number) => string) => string[]} */
  const change = (word, before, now, form) =>
    before === null || now === null || form(before) === form(now)
      ? []
      : [`${word}: ${form(now)} instead of ${form(before)}.`];
  const lines = [
    `Run ${later.number} against run ${earlier.number}: ${compareAccuracy(later, earlier)}`,
    ...change("Parameters", earlier.parameters, later.parameters, formatCount),
    ...change("Time", earlier.seconds, later.seconds, describeSeconds),
  ];
  return lines.map((line) => element("p", {}, line));
}
