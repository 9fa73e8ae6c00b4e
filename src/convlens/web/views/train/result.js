// The result of a training: accuracy with its interval, time, what changed since the previous run, and the run folder.

import { element, fill, nameOf, svg } from "convlens/interface/dom.js";
import { formatCount, formatPercent } from "convlens/interface/format.js";
import { compareAccuracy } from "convlens/views/train/comparison.js";
import { button, div, factList, Problem } from "convlens/interface/parts.js";
import { describeSeconds } from "convlens/views/train/status_line.js";

/** @import { Run } from "convlens/views/train/run_state.js" */
/** @typedef {(folder: string) => Promise<void>} Action */

export class Result {
  words = div("train-result-words");
  problem = new Problem();
  shown = "";
  folder = "";

  /**
   * @param {{ onOpen: Action, onReport: Action, canReport: boolean }} handlers `canReport`: the server writes reports
   */
  constructor({ onOpen, onReport, canReport }) {
    this.buttons = [
      button("Open in “Look inside”", () => this.act(0, onOpen), { class: "primary" }),
      button("Open report", () => this.act(1, onReport), { hidden: !canReport }),
    ];
    const attributes = { class: "panel train-result", "aria-label": "Result", hidden: true };
    this.root = element("section", attributes, this.words, div("row", this.buttons), this.problem);
  }

  /** @param {number} place of the button @param {Action} action */
  async act(place, action) {
    this.buttons[place].disabled = true;
    this.problem.say("");
    try {
      await action(this.folder);
    } catch (error) {
      this.problem.say(/** @type {Error} */ (error).message);
    }
    this.buttons[place].disabled = false;
  }

  /** @type {(run: Run | null, earlier: Run | null) => void} */
  show(run, earlier) {
    this.root.hidden = !run?.outcome; // shown while the server still writes the run's files
    const key = run?.outcome ? `${run.job} ${run.state} ${earlier?.job} ${earlier?.version}` : "";
    if (!run?.outcome || this.shown === key) return;
    this.shown = key;
    const summary = run.summarise();
    this.folder = summary.folder ?? "";
    for (const one of this.buttons) one.disabled = !run.isOver || !this.folder;
    const headline = run.outcome.total ? accuracyPart(run, earlier) : [headlineOf(describeEnd(run))];
    fill(this.words, headline, factsOf(run));
  }
}

/** @param {...any} words */
function headlineOf(...words) {
  return element("p", { class: "train-headline" }, words);
}

/** @param {Run} run @param {Run | null} earlier */
function accuracyPart(run, earlier) {
  const now = run.summarise();
  const before = earlier?.outcome?.total ? earlier.summarise() : null;
  const [low, high] = run.outcome?.interval ?? [0, 1];
  return [
    headlineOf(
      element("strong", {}, formatPercent(now.accuracy, 2)),
      ` of ${formatCount(now.total)} test images correct`,
    ),
    element("p", { class: "soft" }, `95 % interval ${formatPercent(low, 2)} to ${formatPercent(high, 2)}`),
    drawIntervals(before && earlier ? [run, earlier] : [run]),
    before ? element("p", {}, `Compared with the previous run: ${compareAccuracy(now, before)}`) : null,
  ];
}

/** @param {Run} run */
function describeEnd({ state, outcome }) {
  if (state === "done") return "Done. There were no test images for an evaluation.";
  return outcome?.run
    ? "Stopped and saved. To continue, run `convlens train --resume` with its run folder."
    : "Stopped before training began.";
}

/** The intervals of one or two runs on one axis, this run's above the earlier one's. @param {Run[]} runs */
function drawIntervals(runs) {
  const rows = runs.map(({ outcome }) => ({ value: outcome?.accuracy ?? 0, ends: outcome?.interval ?? [0, 1] }));
  const low = Math.min(...rows.map(({ ends }) => ends[0]));
  const high = Math.max(...rows.map(({ ends }) => ends[1]));
  const margin = Math.max((high - low) * 0.3, 0.0005);
  /** @param {number} value */
  const across = (value) => ((value - low + margin) / (high - low + 2 * margin)) * 400;
  const whiskers = rows.map(({ value, ends }, place) => {
    const y = 11 + place * 18;
    const [left, right] = ends.map(across);
    const path = `M${left} ${y}H${right}M${left} ${y - 4}v8M${right} ${y - 4}v8M${across(value) - 5} ${y}l5 -5 5 5 -5 5z`;
    return svg("path", { class: `train-whisker ${place ? "earlier" : "now"}`, d: path });
  });
  const viewBox = `0 0 400 ${rows.length * 18 + 4}`;
  return svg("svg", { class: "train-intervals", viewBox, "aria-hidden": "true" }, whiskers);
}

/** @param {Run} run */
function factsOf(run) {
  const { seconds, parameters, folder } = run.summarise();
  const images = (run.started?.images ?? 0) * run.epochs.length;
  const facts = [
    ["trained in", seconds === null ? null : describeSeconds(seconds)],
    ["images/s", images && seconds ? formatCount(images / seconds) : null],
    ["parameters", parameters === null ? null : formatCount(parameters)],
    ["engine", run.started?.engine],
    ["run folder", folder],
  ].filter(([, value]) => value);
  /** @type {(fact: any[]) => [string, HTMLElement]} */
  const named = ([name, value]) => [name, nameOf(value, name === "run folder" ? { class: "mono" } : {})];
  return factList("facts train-facts", facts.map(named));
}
