/** The line below the header: the model's name and its most important facts. */

import { element, fill, nameOf } from "convlens/interface/dom.js";
import { formatCount, formatPercent } from "convlens/interface/format.js";
import { factList } from "convlens/interface/parts.js";

/** @import { Model } from "convlens/interface/context.js" */

/**
 * Fills `root` for a model, or for none; `chooser` is the list of runs, if there is one.
 * @param {HTMLElement} root
 * @param {Model | null} model
 * @param {HTMLElement | undefined} chooser
 */
export function showModelLine(root, model, chooser) {
  if (!model) {
    const words = "No model is open: train one, or start with `convlens open MODEL`.";
    fill(root, element("p", { class: "soft" }, words), chooser);
    document.title = "Convlens";
    return;
  }
  document.title = `${model.payload.name} · Convlens`;
  const name = element("h2", { class: "model-name" }, nameOf(model.payload.name || "A model"));
  const { stopped } = model.facts ?? {};
  const notice = stopped ? element("p", { class: "notice" }, stopped) : null;
  fill(root, name, factList("facts", factsOf(model)), chooser, notice);
}

/** @type {(model: Model) => [string, HTMLElement][]} Names and values of the known facts, in order. */
function factsOf({ facts, layers }) {
  const { data, recipe, test, seconds } = facts ?? {};
  const known = {
    data: data?.name ?? data,
    recipe,
    accuracy: accuracyOf(test),
    "trained in": typeof seconds === "number" ? `${seconds.toFixed(seconds < 10 ? 1 : 0)} s` : null,
    parameters: formatCount(layers.reduce((sum, { parameters }) => sum + (parameters ?? 0), 0)),
  };
  return Object.entries(known)
    .filter(([, value]) => value !== null && value !== undefined && value !== "")
    .map(([name, value]) => [name, nameOf(typeof value === "object" ? JSON.stringify(value) : value)]);
}

/** @param {{ accuracy?: number, total?: number } | undefined} test */
function accuracyOf(test) {
  if (typeof test?.accuracy !== "number") return null;
  const images = typeof test.total === "number" ? ` of ${formatCount(test.total)}` : "";
  return `${formatPercent(test.accuracy, 2)}${images}`;
}
