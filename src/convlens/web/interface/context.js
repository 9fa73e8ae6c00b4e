/** What all views share: the model that is open, the server if there is one, and what the others are told of. */

import { checkModel } from "convlens/engine/check.js";
import { openModel } from "convlens/engine/network.js";
import { unpackSamples } from "convlens/engine/samples.js";
import { Api } from "convlens/interface/api.js";

/**
 * @typedef {ReturnType<typeof openModel>} Model
 * @typedef {(model: Model) => void} ModelListener
 * @typedef {{ name: string, accuracy?: number | null }} RunSummary
 */

/**
 * What a view's module makes in its section: `mount(root, context)` gives it back. It hears of every model from now on.
 * @typedef {{ show(): void, hide(): void, onModel: ModelListener }} View
 */

/** Given to every view when it is made. */
export class Context {
  /** @type {Model | null} */
  model = null;
  /** @type {ReturnType<typeof checkModel> | null} */
  check = null;
  /** What `/api/state` said when the page was opened; empty without a server. @type {Record<string, any>} */
  state = {};
  /**
   * What the first view shows, C·H·W bytes, for the others to use.
   * @type {{ pixels: Uint8Array, shape: number[] } | null}
   */
  drawing = null;
  /** @type {Set<ModelListener>} */
  #listeners = new Set();
  #onRuns;

  /**
   * @param {Api | null} api null: there is no server
   * @param {() => void} onRuns what is to happen when there may be another run
   */
  constructor(api, onRuns) {
    this.api = api;
    this.served = api !== null;
    this.#onRuns = onRuns;
  }

  /** @type {(payload: any) => Promise<void>} Makes a payload of page_model the model of all views. */
  async openModel(payload) {
    const model = openModel(await unpackSamples(payload));
    this.check = checkModel(model);
    this.model = model;
    this.#listeners.forEach((listener) => listener(model));
  }

  /** There may be another run now. */
  refreshRuns() {
    this.#onRuns();
  }

  /** @param {string} view */
  goTo(view) {
    location.hash = view;
  }

  /** Calls back with every model from now on; returns what ends that. @param {ModelListener} listener */
  onModel(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
