// The charts of loss and accuracy during a training, with an earlier run in a faint colour.

import { formatNumber, formatPercent } from "convlens/interface/format.js";
import { Chart } from "convlens/views/train/chart.js";
import { accuracyScale, columns, lossScale, percent, smooth } from "convlens/views/train/chart_scale.js";
import { div } from "convlens/interface/parts.js";
import { describeAccuracy } from "convlens/views/train/run_state.js";

/** @import { Layer } from "convlens/views/train/chart.js" */
/** @import { Run } from "convlens/views/train/run_state.js" */
/**
 * @typedef {{ epochs: number, logarithmic: boolean, step: number | null }} Options `epochs`: the number along the width
 */
/** @typedef {[Run, "now" | "earlier"]} Named */

const MOST_COLUMNS = 300;

export class RunCharts {
  steps = 1; // of the whole width

  /** @param {{ onPick: (step: number) => void }} handlers `onPick` is called when a person points at a step */
  constructor({ onPick }) {
    /** @param {number} share */
    const pick = (share) => onPick(Math.round(share * this.steps));
    this.loss = new Chart({ title: "Loss", onPick: pick });
    this.accuracy = new Chart({ title: "Accuracy", onPick: pick });
    this.root = div("train-charts", this.loss, this.accuracy);
  }

  /**
   * @param {Run | null} run @param {Run | null} earlier
   * @param {{ logarithmic: boolean, step: number | null }} options `step`: the step for the text; null: the newest
   */
  draw(run, earlier, { logarithmic, step }) {
    const { epochs, steps_per_epoch } = run?.started ?? { epochs: 2, steps_per_epoch: 1 };
    this.steps = epochs * steps_per_epoch;
    const options = { epochs, logarithmic, step };
    const shared = { xTicks: epochTicks(epochs), reading: step === null ? null : step / this.steps };
    // The present run is drawn last, so it is in front.
    /** @type {Named[]} */
    const named = [];
    if (earlier?.started) named.push([earlier, "earlier"]);
    if (run?.started) named.push([run, "now"]);
    this.loss.draw({ ...shared, ...lossContent(named, options) });
    this.accuracy.draw({ ...shared, ...accuracyContent(named, options) });
  }

  dispose() {
    this.loss.dispose();
    this.accuracy.dispose();
  }
}

/** A line at the end of each epoch, or of every second, fifth … of many epochs. @param {number} epochs */
export function epochTicks(epochs) {
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((size) => epochs / size <= 6) ?? Math.ceil(epochs / 6);
  const ticks = [{ share: 0, text: "0", isEdge: true }];
  for (let epoch = every; epoch <= epochs; epoch += every) {
    const text = epoch + every > epochs ? `${epoch} epoch${epoch > 1 ? "s" : ""}` : `${epoch}`;
    ticks.push({ share: epoch / epochs, text, isEdge: epoch === epochs });
  }
  return ticks;
}

// The position of a step along a width of `epochs`. In epochs, runs with different batch sizes can be compared.
/** @type {(run: Run, step: number, epochs: number) => number} */
function shareOf(run, step, epochs) {
  return step / (run.started?.steps_per_epoch ?? 1) / epochs;
}

/** @param {Named[]} named @param {Options} options */
function lossContent(named, { epochs, logarithmic, step }) {
  const curves = named
    .filter(([run]) => run.losses.length)
    .map(([run, name]) => ({ run, name, curve: smooth(run.losses.values(), Math.max(2, run.totalSteps / 60)) }));
  const means = curves.flatMap(({ curve }) => columns(curve, MOST_COLUMNS).map(({ mean }) => mean));
  const now = curves.find(({ name }) => name === "now");
  let words = "";
  let describe = "Loss: nothing yet";
  if (now) {
    const last = now.curve.length - 1;
    const place = step === null ? last : Math.min(last, Math.max(0, step - now.run.stepsBefore - 1));
    words = formatNumber(now.curve[place], 3);
    describe = `Loss, ${words} after step ${now.run.stepsBefore + place + 1}`;
  }
  return {
    scale: lossScale(means, logarithmic),
    layers: curves.flatMap(({ run, name, curve }) => lossLayers(run, name, curve, epochs)),
    words,
    describe,
    label: (/** @type {number} */ tick) => `${Number(tick.toPrecision(3))}`,
  };
}

/** @type {(run: Run, name: string, curve: Float32Array, epochs: number) => Layer[]} */
function lossLayers(run, name, curve, epochs) {
  /** @param {number} middle */
  const across = (middle) => shareOf(run, run.stepsBefore + middle + 1, epochs);
  const points = columns(curve, MOST_COLUMNS).map(({ middle, mean }) => [across(middle), mean]);
  points.push([shareOf(run, run.steps, epochs), curve[curve.length - 1]]);
  const line = { kind: /** @type {const} */ ("line"), name, points: points.filter(([share]) => share <= 1.0001) };
  if (name !== "now") return [line];
  const raw = columns(run.losses.values(), MOST_COLUMNS);
  return [{ kind: "band", name, points: raw.map((one) => [across(one.middle), one.least, one.greatest]) }, line];
}

/** @param {Named[]} named @param {Options} options */
function accuracyContent(named, { epochs, logarithmic, step }) {
  const now = named.find(([run, name]) => name === "now" && run.accuracies.length)?.[0];
  const words = now ? accuracyWords(now, step) : "";
  return {
    scale: accuracyScale(Math.max(0, ...named.map(([run]) => bestOf(run))), logarithmic),
    layers: named.flatMap(([run, name]) => accuracyLayers(run, name, epochs)),
    words,
    describe: now ? `Accuracy: ${words}` : "Accuracy: nothing yet",
    label: (/** @type {number} */ tick) => percent(tick, 2),
  };
}

/** @type {(run: Run, step: number | null) => string} */
function accuracyWords(run, step) {
  if (step === null && run.outcome?.total) return describeAccuracy(run.outcome);
  const heard = step === null ? run.accuracies.at(-1) : run.accuracies.findLast((point) => point.step <= step);
  return `${formatPercent((heard ?? run.accuracies[0]).value, 1)} of the epoch so far`;
}

// The accuracy of each epoch so far as a line, that on held-out images after each epoch as dots, and that on the test
// images at the end with its interval.
/** @type {(run: Run, name: string, epochs: number) => Layer[]} */
function accuracyLayers(run, name, epochs) {
  /** @type {Layer[]} */
  const layers = [{ kind: "line", name, points: accuracyPoints(run, epochs) }];
  const dots = run.epochs
    .filter(({ epoch, validation_accuracy }) => typeof validation_accuracy === "number" && epoch < epochs)
    .map(({ epoch, validation_accuracy }) => [(epoch + 1) / epochs, validation_accuracy ?? 0]);
  if (dots.length) layers.push({ kind: "dots", name, points: dots });
  const { correct, total, interval } = run.outcome ?? {};
  const place = (run.started?.epochs ?? Infinity) / epochs;
  if (correct !== undefined && total && interval && place <= 1)
    layers.push({ kind: "whisker", name, points: [[place, interval[0], correct / total, interval[1]]] });
  return layers;
}

/** @type {(run: Run, epochs: number) => number[][]} The line restarts at each epoch, like the accuracy. */
export function accuracyPoints(run, epochs) {
  const every = Math.max(1, Math.floor(run.accuracies.length / MOST_COLUMNS));
  const perEpoch = run.started?.steps_per_epoch ?? 1;
  /** @type {number[][]} */
  const points = [];
  let epoch = -1;
  run.accuracies.forEach(({ step, value }, place) => {
    const now = Math.floor((step - 1) / perEpoch);
    if (now !== epoch && points.length) points.push([NaN, NaN]);
    if (now !== epoch || place % every === 0 || place === run.accuracies.length - 1)
      points.push([shareOf(run, step, epochs), value]);
    epoch = now;
  });
  return points.filter(([share]) => !(share > 1.0001));
}

/** The best accuracy so far, of any kind. @param {Run} run */
function bestOf({ outcome, epochs, accuracies }) {
  const ofEpochs = epochs.map(({ accuracy, validation_accuracy }) => Math.max(accuracy, validation_accuracy ?? 0));
  return Math.max(outcome?.accuracy ?? 0, accuracies.at(-1)?.value ?? 0, ...ofEpochs);
}
