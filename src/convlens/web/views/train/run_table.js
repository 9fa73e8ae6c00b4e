// The trainings of this session in a table, two of them chosen to be compared.

import { element, fill, nameOf } from "convlens/interface/dom.js";
import { formatCount, formatPercent } from "convlens/interface/format.js";
import { compareAccuracy } from "convlens/views/train/comparison.js";
import { summariseRun } from "convlens/views/train/session_runs.js";
import { describeSeconds } from "convlens/views/train/status_line.js";

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

/** The table. `show(runs, chosen)` with the jobs that are chosen, at most two; `onChoice(jobs)` in the order of choosing. */
export function createRunTable({ onChoice }) {
  const body = element("tbody");
  const comparison = element("div", { class: "train-comparison", "aria-live": "polite" });
  const root = element(
    "section",
    { class: "panel train-runs", hidden: true, "aria-labelledby": "train-runs-title" },
    element("h3", { id: "train-runs-title" }, "This session's runs"),
    element(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Table of runs" },
      element(
        "table",
        {},
        element("caption", {}, "Choose two to compare."),
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            HEADINGS.map(([name, kind]) => element("th", { scope: "col", class: kind }, name)),
          ),
        ),
        body,
      ),
    ),
    comparison,
  );
  const table = { shown: "" };
  return {
    element: root,
    show(runs, chosen) {
      const summaries = [...runs.values()].map((run, place) => summariseRun(run, place + 1));
      root.hidden = summaries.length === 0;
      const key = JSON.stringify([summaries, chosen]);
      if (key === table.shown) return; // nothing that stands here has changed, so no focus is lost
      table.shown = key;
      const focused = body.contains(document.activeElement) ? document.activeElement.value : null;
      fill(
        body,
        summaries.toReversed().map((summary) => tableRow(summary, chosen, onChoice)),
      );
      if (focused) [...body.querySelectorAll("input")].find((input) => input.value === focused)?.focus();
      const pair = summaries.filter(({ job }) => chosen.includes(job));
      const isReady = pair.length === 2 && pair.every(({ state }) => ["done", "stopped"].includes(state));
      fill(comparison, isReady ? describePair(...pair) : null);
    },
  };
}

function tableRow(summary, chosen, onChoice) {
  const { job, number } = summary;
  const box = element("input", {
    type: "checkbox",
    value: job,
    checked: chosen.includes(job),
    "aria-label": `Compare run ${number}`,
  });
  box.addEventListener("change", () =>
    onChoice(box.checked ? [...chosen, job].slice(-2) : chosen.filter((other) => other !== job)),
  );
  const settings = [
    summary.recipe,
    summary.epochs ? `${summary.epochs} epochs` : null,
    summary.seed === null ? null : `seed ${summary.seed}`,
  ];
  return element(
    "tr",
    { class: chosen.at(-1) === job ? "now" : chosen.includes(job) ? "earlier" : null },
    element("td", {}, element("span", { class: "train-swatch", "aria-hidden": "true" }), box),
    element("th", { scope: "row" }, String(number)),
    element(
      "td",
      { class: "number" },
      summary.accuracy === null ? stateInWords(summary.state) : formatPercent(summary.accuracy, 2),
    ),
    element("td", { class: "number" }, summary.seconds === null ? "" : describeSeconds(summary.seconds)),
    element("td", { class: "number" }, summary.parameters === null ? "" : formatCount(summary.parameters)),
    element("td", {}, settings.filter(Boolean).join(", ")),
    element("td", { class: "train-network-cell" }, nameOf(summary.network, { class: "mono" })),
    element("td", {}, nameOf(summary.data)),
  );
}

function stateInWords(state) {
  return { waiting: "", preparing: "getting ready", judging: "judging" }[state] ?? state;
}

/** What differs between two runs, the later one against the earlier one. */
function describePair(earlier, later) {
  const lines = [`Run ${later.number} against run ${earlier.number}: ${compareAccuracy(later, earlier)}`];
  const differ = (name, form) =>
    earlier[name] !== null && later[name] !== null && form(earlier[name]) !== form(later[name]);
  const changes = [
    ["parameters", "parameters", formatCount],
    ["seconds", "time", describeSeconds],
  ]
    .filter(([name, , form]) => differ(name, form))
    .map(([name, word, form]) => `${word} ${form(later[name])} instead of ${form(earlier[name])}`);
  if (changes.length) lines.push(`${changes.join("; ")}.`.replace(/^./, (letter) => letter.toUpperCase()));
  return lines.map((line) => element("p", {}, line));
}
