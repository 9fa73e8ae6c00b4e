/** The list of the server's runs; the chosen run is opened in all views. */

import { element, fill } from "convlens/interface/dom.js";
import { formatPercent, messageOf } from "convlens/interface/format.js";

/** @import { Api } from "convlens/interface/api.js" */
/** @import { RunSummary } from "convlens/interface/context.js" */

export class RunChooser {
  /** @type {RunSummary[]} */
  #runs = [];
  /** The name of the model that is open. @type {string | null} */
  #open = null;
  /** The model given at the start. It may be a file instead of a run, and stays in the list. @type {string | null} */
  #given = null;
  #api;
  #onModel;
  #onRefused;

  /** @param {Api} api @param {(payload: any) => Promise<void>} onModel @param {(words: string) => void} onRefused */
  constructor(api, onModel, onRefused) {
    this.#api = api;
    this.#onModel = onModel;
    this.#onRefused = onRefused;
    const attributes = { class: "run-chooser", "aria-label": "Open another run", hidden: true };
    this.root = element("select", { ...attributes, onChange: () => this.#choose() });
  }

  /** @type {(runs: RunSummary[]) => void} Shows these runs, in the format of `/api/runs`. */
  offer(runs) {
    this.#runs = runs;
    this.#list();
  }

  /** Requests the runs. If that fails, the list stays unchanged; choosing a run then shows the error. */
  async refresh() {
    const runs = await this.#api.get("/api/runs").catch(() => null);
    if (runs) this.offer(runs);
  }

  /** @type {(name: string | null) => void} Says which model is open. */
  show(name) {
    this.#open = name;
    this.#given ??= name;
    this.#list();
  }

  async #choose() {
    this.root.disabled = true;
    try {
      await this.#onModel(await this.#api.get(`/api/model?run=${encodeURIComponent(this.root.value)}`));
    } catch (error) {
      this.#onRefused(messageOf(error));
    }
    this.root.disabled = false;
    this.#list();
    this.root.focus();
  }

  #list() {
    const [runs, open, given] = [this.#runs, this.#open, this.#given];
    const isRun = runs.some(({ name }) => name === given);
    fill(
      this.root,
      open === null && element("option", { value: "", selected: true, disabled: true }, "Open a run …"),
      given !== null && !isRun && element("option", { value: "" }, given),
      runs.map((run) => element("option", { value: run.name, selected: run.name === open }, describe(run))),
    );
    this.root.hidden = this.root.options.length < 2;
  }
}

/** @param {RunSummary} run */
function describe({ name, accuracy }) {
  return typeof accuracy === "number" ? `${name}: ${formatPercent(accuracy, 2)}` : name;
}
