/** The runs that the server has, as a list to choose from: whichever is chosen is opened in all views. */

import { element, fill } from "convlens/interface/dom.js";
import { formatPercent, messageOf } from "convlens/interface/format.js";

/** @import { Api } from "convlens/interface/api.js" */
/** @import { RunSummary } from "convlens/interface/context.js" */

export class RunChooser {
  /** @type {RunSummary[]} */
  #runs = [];
  /** The name of the model that is open. @type {string | null} */
  #open = null;
  /** A model file that was given is no run, but there must be a way back to it. @type {string | null} */
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

  /** @type {(runs: RunSummary[]) => void} Runs as `/api/runs` has them. */
  offer(runs) {
    this.#runs = runs;
    this.#list();
  }

  /** Asks for the runs. If that fails, the list stays as it was; choosing from it then shows what is wrong. */
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
