// The network as text and as chips, with the layer table below; a mistake is underlined where it stands.

import { element, fill } from "convlens/interface/dom.js";
import { createLayerChips } from "convlens/views/train/layer_chips.js";
import { createChecker } from "convlens/views/train/layer_check.js";
import { showLayerTable } from "convlens/views/train/layer_table.js";
import { layerAt, splitLayers, unitsOf } from "convlens/views/train/network_text.js";

export const PRESETS = {
  tutorial: "conv 8 3x3 pad 1, relu, maxpool 2, conv 16 3x3 pad 1, relu, maxpool 2, dense",
  lenet: "conv 6 5x5 pad 2, tanh, avgpool 2, conv 16 5x5, tanh, avgpool 2, dense 120, tanh, dense 84, tanh, dense",
};

/**
 * The editor. `value()` is the text, `setValue(text)` sets it, `recheck()` asks again (for other data), `refuse(refusal)`
 * shows what the server had against it. `data()` says for which data; `onDataRefused(message)` gets mistakes that are
 * theirs; `onSubmit()` on Ctrl+Enter; `onText(text)` after every change.
 */
export function createNetworkEditor({ api, data, onDataRefused, onSubmit, onText }) {
  const text = element("textarea", {
    id: "train-network",
    rows: "3",
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
    "aria-describedby": "train-network-problem train-network-hint",
  });
  const editor = {
    text,
    mirror: element("div", { class: "train-mirror", "aria-hidden": "true" }),
    problem: element("div", { id: "train-network-problem", class: "train-problem", role: "alert" }),
    table: element("div", { class: "train-table", "aria-live": "off" }),
    wrong: -1,
  };
  const presets = Object.entries(PRESETS).map(([name, preset]) =>
    element("button", { type: "button", class: "quiet", onClick: () => setValue(preset) }, name),
  );
  const chips = createLayerChips({ onText: setValue });
  editor.chips = chips;
  const checker = createChecker({
    ask: (question) => askForLayers(api, question, onDataRefused),
    onAnswer: (table) => showAnswer(editor, table),
    onRefusal: (error, question) => showRefusal(editor, error, question.network),
    onWaiting: (isWaiting) => editor.table.classList.toggle("stale", isWaiting),
  });

  function setValue(value) {
    text.value = value;
    changed();
  }

  function changed(wait) {
    clearProblem(editor);
    chips.show(text.value);
    onText(text.value);
    checker.check({ network: text.value, data: data() }, wait);
  }

  text.addEventListener("input", () => changed());
  text.addEventListener("scroll", () => (editor.mirror.scrollTop = text.scrollTop));
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) onSubmit();
  });
  return {
    element: element(
      "div",
      { class: "train-network" },
      element(
        "div",
        { class: "train-label" },
        element("label", { for: "train-network" }, "Network"),
        element("div", { class: "row", role: "group", "aria-label": "Networks with a name" }, presets),
      ),
      element("div", { class: "train-text" }, editor.mirror, text),
      element(
        "p",
        { id: "train-network-hint", class: "unseen" },
        "Layers with commas between them. Control and Enter starts the training.",
      ),
      editor.problem,
      chips.element,
    ),
    tableElement: editor.table,
    value: () => text.value,
    setValue,
    recheck: () => changed(0),
    refuse: (refusal) => showRefusal(editor, refusal, text.value),
    dispose: () => checker.cancel(),
  };
}

/**
 * The layer table for these data. Where the data are the trouble, that is said beside them, and the network is judged for
 * the images that the server takes when none are named: most mistakes in a text are mistakes for every image.
 */
async function askForLayers(api, question, onDataRefused) {
  try {
    const table = await api.post("/api/layers", question);
    onDataRefused("", false);
    return table;
  } catch (error) {
    const { where, hint, unread } = error.body ?? {};
    onDataRefused(where === "data" ? [error.message, hint].filter(Boolean).join(" ") : "", Boolean(unread));
    if (where !== "data") throw error;
    return { ...(await api.post("/api/layers", { network: question.network })), isAssumed: true };
  }
}

function clearProblem(editor) {
  fill(editor.problem);
  fill(editor.mirror);
  editor.text.removeAttribute("aria-invalid");
}

function showAnswer(editor, table) {
  clearProblem(editor);
  editor.chips.show(editor.text.value);
  showLayerTable(editor.table, table);
}

/** The refusal of a text: underlined in the text, said below, its chip marked. What is not the text's fault goes elsewhere. */
function showRefusal(editor, error, network) {
  const { position, hint } = error.body ?? {};
  const place = position ? position.map((character) => unitsOf(network, character)) : null;
  editor.text.setAttribute("aria-invalid", "true");
  editor.table.classList.add("stale"); // it is that of the last text that could be read
  if (place) underline(editor, network, place);
  editor.chips.show(network, place ? layerAt(splitLayers(network), place[0]) : -1);
  fill(
    editor.problem,
    place ? excerpt(network, place) : null,
    element("p", {}, element("strong", {}, error.message), hint ? ` ${hint}` : null),
  );
}

function underline(editor, text, [start, end]) {
  const marked = text.slice(start, Math.max(end, start + 1)) || " ";
  fill(editor.mirror, text.slice(0, start), element("mark", {}, marked), text.slice(Math.max(end, start + 1)));
  editor.mirror.scrollTop = editor.text.scrollTop;
}

const AROUND = 24; // letters before and after a mistake

/** A few words around a mistake with carets below it, for those who look there and not into the text. */
function excerpt(text, [start, end]) {
  const from = start > AROUND ? start - AROUND : 0;
  const to = Math.min(text.length, Math.max(end, start + 1) + AROUND);
  const clean = (part) => part.replace(/\s/g, " ");
  const before = (from ? "…" : "") + clean(text.slice(from, start));
  const carets = "^".repeat(Math.max(1, Math.min(end, to) - start));
  return element(
    "pre",
    { class: "train-caret", "aria-hidden": "true" },
    `${before}${clean(text.slice(start, to))}${to < text.length ? "…" : ""}\n${" ".repeat(before.length)}${carets}`,
  );
}
