// The trainings of this session in a table, two of them chosen to be compared.

import { element, fill, nameOf } from "convlens/interface/dom.js";
import { formatCount, formatPercent, plural } from "convlens/interface/format.js";
import { compareAccuracy } from "convlens/views/train/comparison.js";
import { numberCells, scrollingTable, tableRow } from "convlens/interface/parts.js";
import { describeSeconds } from "convlens/views/train/status_line.js";

/** @import { Cell } from "convlens/interface/parts.js" */
/** @import { Run } from "convlens/views/train/run_state.js" */
/** @typedef {ReturnType<Run["summarise"]> & { number: number }} Summary */
/** @typedef {{ root: HTMLTableRowElement, first: HTMLElement, box: HTMLInputElement }} Row */

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
  /** The jobs of the chosen runs, at most two, in the order of choosing. @type {string[]} */
  chosen = [];
  /** By job. A row stays in the document, or a click during an update would be lost. @type {Map<string, Row>} */
  rows = new Map();
  shown = "";

  /** @param {{ onChoice: (jobs: string[]) => void }} handlers `onChoice` gets the jobs of the chosen runs */
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
    this.chosen = chosen;
    for (const summary of summaries) this.updateRow(summary);
    const pair = summaries.filter(({ job, state }) => chosen.includes(job) && ["done", "stopped"].includes(state));
    fill(this.comparison, pair.length === 2 ? describePair(pair[0], pair[1]) : null);
  }

  /** Add a run to the comparison, or remove it; a third one replaces the earlier of the two. @param {string} job */
  toggle(job) {
    const { chosen } = this;
    this.chosen = chosen.includes(job) ? chosen.filter((other) => other !== job) : [...chosen, job].slice(-2);
    this.onChoice(this.chosen);
  }

  /** @type {(summary: Summary) => Row} An empty row, above the earlier runs. */
  addRow({ job, number }) {
    const label = `Compare run ${number}`;
    const box = element("input", {
      type: "checkbox",
      value: job,
      "aria-label": label,
      onChange: () => this.toggle(job),
    });
    const swatch = element("span", { class: "train-swatch", "aria-hidden": "true" });
    const row = { box, first: element("td", {}, swatch, box), root: element("tr") };
    row.root.append(row.first);
    this.body.prepend(row.root);
    this.rows.set(job, row);
    return row;
  }

  /** @param {Summary} summary */
  updateRow(summary) {
    const { job, number } = summary;
    const { box, first, root } = this.rows.get(job) ?? this.addRow(summary);
    box.checked = this.chosen.includes(job);
    root.className = this.chosen.at(-1) === job ? "now" : box.checked ? "earlier" : "";
    while (first.nextSibling) first.nextSibling.remove();
    root.append(...tableRow(number, cellsOf(summary)).children);
  }
}

/** @type {(summary: Summary) => Cell[]} */
function cellsOf(summary) {
  const { accuracy, seconds, parameters, recipe, epochs, seed } = summary;
  const settings = [recipe, epochs && plural(epochs, "epoch"), seed !== null && `seed ${seed}`].filter(Boolean);
  const numbers = numberCells(
    accuracy === null ? (STATES[summary.state] ?? summary.state) : formatPercent(accuracy, 2),
    seconds === null ? "" : describeSeconds(seconds),
    parameters === null ? "" : formatCount(parameters),
  );
  const network = nameOf(summary.network, { class: "mono" });
  return [...numbers, [settings.join(", ")], [network, "train-network-cell"], [nameOf(summary.data)]];
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
