// The trainings of this session in a table, two of them chosen to be compared.

import { element, fill, nameOf } from "convlens/interface/dom.js";
import { formatCount, formatPercent, plural } from "convlens/interface/format.js";
import { compareAccuracy } from "convlens/views/train/comparison.js";
import { numberCells, scrollingTable, tableRow } from "convlens/interface/parts.js";
import { describeSeconds } from "convlens/views/train/status_line.js";

/** @import { Cell } from "convlens/interface/parts.js" */
/** @import { Run } from "convlens/views/train/run_state.js" */
/** @typedef {ReturnType<Run["summarise"]> & { number: number }} Summary */

/** @type {Cell[]} */
const HEADINGS = [
  ["compare"],
  ["run"],
  ...numberCells("accuracy", "time", "parameters"),
  ["recipe"],
  ["network"],
  ["data"],
];
/** @type {Record<string, string>} */
const STATES = { waiting: "", preparing: "preparing" };

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

  /**
   * @param {{ onChoice: (jobs: string[]) => void }} handlers gets the chosen ones, at most two, in the order of
   * choosing
   */
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
    const rows = summaries.toReversed().map((summary) => this.row(summary, chosen));
    fill(this.body, rows);
    const again = focused && this.boxes().find(({ value }) => value === focused);
    if (again) again.focus();
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
    const swatch = element("span", { class: "train-swatch", "aria-hidden": "true" });
    const numbers = numberCells(
      accuracy === null ? (STATES[summary.state] ?? summary.state) : formatPercent(accuracy, 2),
      seconds === null ? "" : describeSeconds(seconds),
      parameters === null ? "" : formatCount(parameters),
    );
    const network = nameOf(summary.network, { class: "mono" });
    const place = chosen.at(-1) === job ? "now" : isChosen ? "earlier" : null;
    /** @type {Cell[]} */
    const cells = [...numbers, [settings], [network, "train-network-cell"], [nameOf(summary.data)]];
    const row = tableRow(number, cells, { class: place });
    row.prepend(element("td", {}, swatch, input));
    return row;
  }
}

/**
 * What differs between two runs, the later one against the earlier one.
 * @param {Summary} earlier
 * @param {Summary} later
 */
function describePair(earlier, later) {
  /** @type {(word: string, before: number | null, now: number | null, form: (value: number) => string) => string[]} */
  const change = (word, before, now, form) =>
    before === null || now === null || form(before) === form(now)
      ? []
      : [`${word}: ${form(now)} instead of ${form(before)}.`];
  const lines = [
    `Run ${later.number} compared with run ${earlier.number}: ${compareAccuracy(later, earlier)}`,
    ...change("Parameters", earlier.parameters, later.parameters, formatCount),
    ...change("Time", earlier.seconds, later.seconds, describeSeconds),
  ];
  return lines.map((line) => element("p", {}, line));
}
