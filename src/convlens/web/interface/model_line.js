/** The line below the header: the model's name, and what there is to know of it in one breath. */

import { element, fill, nameOf } from "convlens/interface/dom.js";
import { formatCount, formatPercent } from "convlens/interface/format.js";

/** Fills `root` for a model, or for none; `chooser` is what others can be opened with, null where there is nothing to choose from. */
export function showModelLine(root, model, chooser) {
  if (!model) {
    fill(
      root,
      element("p", { class: "soft" }, "No model is open: train one, or start with `convlens open MODEL`."),
      chooser,
    );
    document.title = "Convlens";
    return;
  }
  document.title = `${model.payload.name} · Convlens`;
  const facts = factsOf(model);
  fill(
    root,
    element("h2", { class: "model-name" }, nameOf(model.payload.name || "A model")),
    element(
      "dl",
      { class: "facts" },
      facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
    ),
    chooser,
  );
}

function factsOf(model) {
  const facts = model.facts ?? {};
  const parameters = model.layers.reduce((sum, layer) => sum + (layer.parameters ?? 0), 0);
  return [
    ["data", facts.data?.name ?? facts.data],
    ["recipe", facts.recipe],
    ["accuracy", accuracyOf(facts.test)],
    ["trained in", typeof facts.seconds === "number" ? `${facts.seconds.toFixed(facts.seconds < 10 ? 1 : 0)} s` : null],
    ["parameters", formatCount(parameters)],
  ]
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => [name, nameOf(typeof value === "object" ? JSON.stringify(value) : value)]);
}

function accuracyOf(test) {
  if (!test || typeof test.accuracy !== "number") return null;
  const images = typeof test.total === "number" ? ` of ${formatCount(test.total)}` : "";
  return `${formatPercent(test.accuracy, 2)}${images}`;
}
