// Loss and accuracy of a training as they come, an earlier one faint behind; what the charts show of the runs.

import { element } from "convlens/interface/dom.js";
import { formatNumber, formatPercent } from "convlens/interface/format.js";
import { createChart } from "convlens/views/train/chart.js";
import { accuracyScale, columns, lossScale, percent, smooth } from "convlens/views/train/chart_scale.js";
import { wilsonInterval } from "convlens/views/train/comparison.js";
import { stepsOf } from "convlens/views/train/run_state.js";

const MOST_COLUMNS = 300;

/** Both charts; `draw(run, earlier, {logarithmic, step})`. `onPick(step)` says which step somebody points at. */
export function createRunCharts({ onPick }) {
  let domain = 1;
  const pick = (share) => onPick(Math.round(share * domain));
  const loss = createChart({ title: "Loss", onPick: pick });
  const accuracy = createChart({ title: "Accuracy", onPick: pick });
  return {
    element: element("div", { class: "train-charts" }, loss.element, accuracy.element),
    draw(run, earlier, { logarithmic, step }) {
      const epochs = run?.started?.epochs ?? 2;
      const perEpoch = run?.started?.steps_per_epoch ?? 1;
      domain = epochs * perEpoch;
      const shared = { xTicks: epochTicks(epochs), reading: step === null ? null : step / domain };
      loss.draw({ ...shared, ...lossContent(run, earlier, epochs, logarithmic, step) });
      accuracy.draw({ ...shared, ...accuracyContent(run, earlier, epochs, logarithmic, step) });
    },
    dispose() {
      loss.dispose();
      accuracy.dispose();
    },
  };
}

/** A line at the end of each epoch, or of every few where there are many. */
export function epochTicks(epochs) {
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((size) => epochs / size <= 6) ?? Math.ceil(epochs / 6);
  const ticks = [{ share: 0, text: "0", isEdge: true }];
  for (let epoch = every; epoch <= epochs; epoch += every) {
    ticks.push({
      share: epoch / epochs,
      text: epoch + every > epochs ? `${epoch} epoch${epoch > 1 ? "s" : ""}` : `${epoch}`,
      isEdge: epoch === epochs,
    });
  }
  return ticks;
}

/** Where a step stands along the width, when the width is so many epochs. Runs of other batch sizes lie over each other. */
function shareOf(run, step, epochs) {
  return step / run.started.steps_per_epoch / epochs;
}

function lossContent(run, earlier, epochs, logarithmic, step) {
  const known = run?.losses.length ? run : null;
  const curve = known ? smoothed(run) : null;
  const behind = earlier?.started && earlier.losses.length ? smoothed(earlier) : null;
  const scaled = lossScale([...(known ? sampled(curve) : []), ...(behind ? sampled(behind) : [])], logarithmic);
  const layers = [];
  if (behind) layers.push({ kind: "line", name: "earlier", points: curvePoints(earlier, behind, epochs) });
  if (known) {
    const raw = columns(run.losses.values(), MOST_COLUMNS);
    const bands = raw.map(({ middle, least, greatest }) => [
      shareOf(run, run.stepsBefore + middle + 1, epochs),
      least,
      greatest,
    ]);
    layers.push({ kind: "band", name: "now", points: bands });
    layers.push({ kind: "line", name: "now", points: curvePoints(run, curve, epochs) });
  }
  const place = known ? placeOf(run, step) : 0;
  const words = known ? formatNumber(curve[place], 3) : "";
  return {
    scale: scaled,
    layers,
    words,
    label: (tick) => `${Number(tick.toPrecision(3))}`,
    describe: known ? `Loss, ${words} after step ${run.stepsBefore + place + 1}` : "Loss: nothing yet",
  };
}

function accuracyContent(run, earlier, epochs, logarithmic, step) {
  const known = run?.accuracies.length ? run : null;
  const best = Math.max(bestOf(run), bestOf(earlier));
  const layers = [];
  if (earlier?.started)
    layers.push(
      { kind: "line", name: "earlier", points: accuracyPoints(earlier, epochs) },
      ...judgedLayers(earlier, epochs, "earlier"),
    );
  if (known)
    layers.push(
      { kind: "line", name: "now", points: accuracyPoints(run, epochs) },
      ...judgedLayers(run, epochs, "now"),
    );
  const words = known ? accuracyWords(run, step) : "";
  return {
    scale: accuracyScale(best, logarithmic),
    layers,
    words,
    label: (tick) => percent(tick, 2),
    describe: known ? `Accuracy: ${words}` : "Accuracy: nothing yet",
  };
}

function accuracyWords(run, step) {
  if (step === null && run.outcome?.total)
    return `${formatPercent(run.outcome.correct / run.outcome.total, 2)} of the test images`;
  const heard =
    step === null
      ? run.accuracies.at(-1)
      : (run.accuracies.findLast((point) => point.step <= step) ?? run.accuracies[0]);
  return `${formatPercent(heard.value, 1)} of the epoch so far`;
}

/** The share of right answers counts from the start of each epoch, so the line begins anew there. */
export function accuracyPoints(run, epochs) {
  const every = Math.max(1, Math.floor(run.accuracies.length / MOST_COLUMNS));
  const points = [];
  let epoch = -1;
  run.accuracies.forEach(({ step, value }, place) => {
    const now = Math.floor((step - 1) / run.started.steps_per_epoch);
    if (now !== epoch && points.length) points.push([NaN, NaN]);
    if (now !== epoch || place % every === 0 || place === run.accuracies.length - 1)
      points.push([shareOf(run, step, epochs), value]);
    epoch = now;
  });
  return points.filter(([share]) => !(share > 1.0001));
}

/** Held-out images after each epoch as dots, the test images at the end with their interval. */
function judgedLayers(run, epochs, name) {
  const layers = [];
  const heldOut = run.epochs
    .filter(
      (done) => done.validation_accuracy !== null && done.validation_accuracy !== undefined && done.epoch < epochs,
    )
    .map((done) => [(done.epoch + 1) / epochs, done.validation_accuracy]);
  if (heldOut.length) layers.push({ kind: "dots", name, points: heldOut });
  if (run.outcome?.total && run.started.epochs <= epochs) {
    const { correct, total } = run.outcome;
    const [low, high] = run.outcome.interval ?? wilsonInterval(correct, total);
    layers.push({ kind: "whisker", name, points: [[run.started.epochs / epochs, low, correct / total, high]] });
  }
  return layers;
}

function bestOf(run) {
  if (!run) return 0;
  return Math.max(
    0,
    run.outcome?.accuracy ?? 0,
    ...run.epochs.map((done) => Math.max(done.accuracy, done.validation_accuracy ?? 0)),
    run.accuracies.at(-1)?.value ?? 0,
  );
}

function smoothed(run) {
  const total = run.started.epochs * run.started.steps_per_epoch;
  return smooth(run.losses.values(), Math.max(2, total / 60));
}

function sampled(values) {
  return columns(values, MOST_COLUMNS).map(({ mean }) => mean);
}

function curvePoints(run, curve, epochs) {
  const points = columns(curve, MOST_COLUMNS).map(({ middle, mean }) => [
    shareOf(run, run.stepsBefore + middle + 1, epochs),
    mean,
  ]);
  points.push([shareOf(run, stepsOf(run), epochs), curve.at(-1)]);
  return points.filter(([share]) => share <= 1.0001);
}

function placeOf(run, step) {
  const last = run.losses.length - 1;
  return step === null ? last : Math.min(last, Math.max(0, step - run.stepsBefore - 1));
}
