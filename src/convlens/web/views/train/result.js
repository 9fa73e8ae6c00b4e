// The end of a training, worth looking at: how good, how sure that is, how long it took, what changed, where it lies.

import { element, fill, nameOf, svg } from "convlens/interface/dom.js";
import { formatCount, formatPercent } from "convlens/interface/format.js";
import { compareAccuracy, wilsonInterval } from "convlens/views/train/comparison.js";
import { summariseRun } from "convlens/views/train/session_runs.js";
import { describeSeconds } from "convlens/views/train/status_line.js";

/** The result. `show(run, earlier)`; `onOpen(folder)` and `onReport(folder)` return promises; `canReport`. */
export function createResult({ onOpen, onReport, canReport }) {
  const words = element("div", { class: "train-result-words" });
  const problem = element("p", { class: "notice alarm", role: "alert", hidden: true });
  const result = { folder: null, shown: "" };
  const act = (button, action) => async () => {
    button.disabled = true;
    problem.hidden = true;
    try {
      await action(result.folder);
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
    }
    button.disabled = false;
  };
  const open = element("button", { type: "button", class: "primary" }, "Open in “Look inside”");
  const report = element("button", { type: "button", hidden: !canReport }, "Open its report");
  open.addEventListener("click", act(open, onOpen));
  report.addEventListener("click", act(report, onReport));
  const root = element(
    "section",
    { class: "panel train-result", "aria-label": "Result", hidden: true },
    words,
    element("div", { class: "row" }, open, report),
    problem,
  );
  return {
    element: root,
    show(run, earlier) {
      const isKnown = Boolean(run?.outcome); // it can be read while the run's pictures are still being written
      root.hidden = !isKnown;
      const key = isKnown ? `${run.job} ${run.state} ${earlier?.job} ${earlier?.version}` : "";
      if (!isKnown || result.shown === key) return;
      result.shown = key;
      result.folder = run.outcome.run;
      open.disabled = report.disabled = !result.folder;
      const summary = summariseRun(run, 0);
      fill(
        words,
        run.outcome.total
          ? accuracyPart(summary, run, earlier)
          : element("p", { class: "train-headline" }, describeEnd(run)),
        factsOf(summary, run),
      );
    },
  };
}

function accuracyPart(summary, run, earlier) {
  const [low, high] = run.outcome.interval ?? wilsonInterval(summary.correct, summary.total);
  const before = earlier?.outcome?.total ? summariseRun(earlier, 0) : null;
  return [
    element(
      "p",
      { class: "train-headline" },
      element("strong", {}, formatPercent(summary.accuracy, 2)),
      ` of ${formatCount(summary.total)} test images right`,
    ),
    element("p", { class: "soft" }, `95 % interval ${formatPercent(low, 2)} to ${formatPercent(high, 2)}`),
    drawIntervals([[low, summary.accuracy, high], before ? [...bounds(before), before.accuracy] : null]),
    before ? element("p", {}, `Against the run before: ${compareAccuracy(summary, before)}`) : null,
  ];
}

function describeEnd({ state, outcome }) {
  if (state === "done") return "Done. There were no test images to judge it by.";
  return outcome.run
    ? "Stopped, and saved: `convlens train --resume` with its folder goes on."
    : "Stopped before it began.";
}

function bounds({ correct, total }) {
  return wilsonInterval(correct, total);
}

/** Both intervals on one axis, this run's above the last one's. */
function drawIntervals([now, before]) {
  const rows = [{ low: now[0], value: now[1], high: now[2], name: "now" }];
  if (before) rows.push({ low: before[0], value: before[2], high: before[1], name: "earlier" });
  const low = Math.min(...rows.map((row) => row.low));
  const high = Math.max(...rows.map((row) => row.high));
  const margin = Math.max((high - low) * 0.3, 0.0005);
  const across = (value) => ((value - low + margin) / (high - low + 2 * margin)) * 400;
  return svg(
    "svg",
    { class: "train-intervals", viewBox: `0 0 400 ${rows.length * 18 + 4}`, "aria-hidden": "true" },
    rows.map((row, place) => {
      const y = 11 + place * 18;
      return svg(
        "g",
        { class: `train-whisker ${row.name}` },
        svg("line", { x1: across(row.low), x2: across(row.high), y1: y, y2: y }),
        svg("line", { x1: across(row.low), x2: across(row.low), y1: y - 4, y2: y + 4 }),
        svg("line", { x1: across(row.high), x2: across(row.high), y1: y - 4, y2: y + 4 }),
        svg("path", { d: `M${across(row.value) - 5} ${y}l5 -5 5 5 -5 5z` }),
      );
    }),
  );
}

function factsOf(summary, run) {
  const images = (run.started?.images ?? 0) * run.epochs.length;
  const seconds = summary.seconds;
  const facts = [
    ["trained in", Number.isFinite(seconds) ? describeSeconds(seconds) : null],
    ["images/s", images && seconds ? formatCount(images / seconds) : null],
    ["parameters", summary.parameters === null ? null : formatCount(summary.parameters)],
    ["engine", run.started?.engine],
    ["run folder", summary.folder],
  ];
  return element(
    "dl",
    { class: "facts train-facts" },
    facts
      .filter(([, value]) => value)
      .map(([name, value]) =>
        element(
          "div",
          {},
          element("dt", {}, name),
          element("dd", {}, nameOf(value, name === "run folder" ? { class: "mono" } : {})),
        ),
      ),
  );
}
