// The network as text and as chips, with the layer table below; a mistake is underlined in the text.

import { element, fill } from "convlens/interface/dom.js";
import { FACTS } from "convlens/layers/facts.js";
import { LayerChips } from "convlens/views/train/layer_chips.js";
import { LayerCheck } from "convlens/views/train/layer_check.js";
import { showLayerTable } from "convlens/views/train/layer_table.js";
import { unitsOf } from "convlens/views/train/network_text.js";
import { div, button } from "convlens/interface/parts.js";

/** @import { Api } from "convlens/interface/api.js" */
/** @import { LayerTable } from "convlens/views/train/layer_table.js" */
/** @typedef {{ network: string, data: string }} Question */
/**
 * @typedef {Error & {
 *   body?: { position?: [number, number] | null, hint?: string, where?: string, unread?: boolean },
 * }} Refusal
 */

/**
 * The form around the editor: `data()` returns the name of the data, `onDataRefused` is called with mistakes in the
 * data, `onSubmit` on Ctrl+Enter, and `onText` after every change.
 * @typedef {{
 *   api: Api, data: () => string, onDataRefused: (message: string, isNote: boolean) => void, onSubmit: () => void,
 *   onText: () => void,
 * }} Form
 */

const HINT = "Separate layers with commas. Ctrl+Enter starts the training.";

export class NetworkEditor {
  mirror = div("train-mirror");
  problem = element("div", { id: "train-network-problem", class: "train-problem", role: "alert" });
  table = element("div", { class: "train-table", "aria-live": "off" });
  text = element("textarea", {
    id: "train-network",
    rows: "3",
    spellcheck: "false",
    autocapitalize: "off",
    autocomplete: "off",
    "aria-describedby": "train-network-problem train-network-hint",
  });

  /** @param {Form} form */
  constructor(form) {
    this.form = form;
    this.chips = new LayerChips({ onText: (text) => this.setValue(text) });
    this.check = new LayerCheck({
      ask: (question) => askForLayers(form, question),
      onAnswer: (table) => this.showAnswer(table),
      onRefusal: (refusal, question) => this.showRefusal(refusal, question.network),
      onWaiting: (isWaiting) => this.table.classList.toggle("stale", isWaiting),
    });
    this.text.addEventListener("input", () => this.changed());
    this.text.addEventListener("scroll", () => (this.mirror.scrollTop = this.text.scrollTop));
    this.text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.onSubmit();
    });
    this.mirror.setAttribute("aria-hidden", "true");
    const presets = Object.entries(FACTS.presets).map(([name, preset]) =>
      button(name, () => this.setValue(preset), { class: "quiet" }),
    );
    const choices = element("div", { class: "row", role: "group", "aria-label": "Preset networks" }, presets);
    const head = div("train-label", element("label", { for: "train-network" }, "Network"), choices);
    const hint = element("p", { id: "train-network-hint", class: "unseen" }, HINT);
    this.root = div("train-network", head, div("train-text", this.mirror, this.text), hint, this.problem, this.chips);
  }

  get value() {
    return this.text.value;
  }

  /** @param {string} text */
  setValue(text) {
    this.text.value = text;
    this.changed();
  }

  /** Checks the network again, after `wait` milliseconds, when the text or the data changed. @param {number} [wait] */
  changed(wait) {
    this.clearProblem();
    this.chips.show(this.value);
    this.form.onText();
    this.check.check({ network: this.value, data: this.form.data() }, wait);
  }

  clearProblem() {
    fill(this.problem);
    fill(this.mirror);
    this.text.removeAttribute("aria-invalid");
  }

  /** @param {LayerTable} table */
  showAnswer(table) {
    this.clearProblem();
    this.chips.show(this.value);
    showLayerTable(this.table, table);
  }

  // Shows a mistake: underlines it in the text, marks its chip, and shows the message below.
  /** @type {(refusal: Refusal, network: string) => void} */
  showRefusal({ message, body: { position, hint } = {} }, network) {
    this.text.setAttribute("aria-invalid", "true");
    this.table.classList.add("stale"); // it belongs to the last valid text
    const [start, last] = (position ?? []).map((character) => unitsOf(network, character));
    const end = Math.max(last, start + 1);
    if (position) this.underline(network, start, end);
    else fill(this.mirror);
    this.chips.show(network, position ? start : null);
    fill(
      this.problem,
      position && excerpt(network, start, end),
      element("p", {}, element("strong", {}, message), hint ? ` ${hint}` : null),
    );
  }

  /** @type {(text: string, start: number, end: number) => void} */
  underline(text, start, end) {
    fill(this.mirror, text.slice(0, start), element("mark", {}, text.slice(start, end) || " "), text.slice(end));
    this.mirror.scrollTop = this.text.scrollTop;
  }
}

// Requests the layer table for these data. If there is a mistake in the data, it is shown beside them, and the network
// is checked for the server's default image shape, since most mistakes in a network do not depend on the shape.
/** @type {(form: Form, question: Question) => Promise<LayerTable>} */
async function askForLayers({ api, data, onDataRefused }, question) {
  const tell = (/** @type {string} */ message, isNote = false) => {
    if (data() === question.data) onDataRefused(message, isNote); // else other data were chosen meanwhile
  };
  try {
    const table = await api.post("/api/layers", question);
    tell("");
    return table;
  } catch (error) {
    const { message, body: { where, hint, unread } = {} } = /** @type {Refusal} */ (error);
    tell(where === "data" ? sentences(message, hint) : "", Boolean(unread));
    if (where !== "data") throw error;
    return { ...(await api.post("/api/layers", { network: question.network })), isAssumed: true };
  }
}

/** @type {(message: string, hint?: string) => string} A message and its hint, if there is one. */
export function sentences(message, hint) {
  return hint ? `${message} ${hint}` : message;
}

const AROUND = 24; // characters before and after a mistake

// The text around a mistake with carets below it, for people who read the message first.
/** @type {(text: string, start: number, end: number) => HTMLPreElement} */
function excerpt(text, start, end) {
  const from = start > AROUND ? start - AROUND : 0;
  const to = Math.min(text.length, end + AROUND);
  const before = `${from ? "…" : ""}${text.slice(from, start)}`;
  const line = `${before}${text.slice(start, to)}${to < text.length ? "…" : ""}`.replace(/\s/g, " ");
  const carets = "^".repeat(Math.max(1, Math.min(end, to) - start));
  const words = `${line}\n${" ".repeat(before.length)}${carets}`;
  return element("pre", { class: "train-caret", "aria-hidden": "true" }, words);
}
