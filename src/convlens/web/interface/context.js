/** The state that all views share: the open model, the server if there is one, and the image in the first view. */

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
 * `mount(root, context)` of a view's module returns this. `onModel` is called with every model that is opened later.
 * @typedef {{ show(): void, hide(): void, onModel: ModelListener }} View
 */

/** Given to every view when it is made. */
export class Context {
  /** @type {Model | null} */
  model = null;
  /** @type {ReturnType<typeof checkModel> | null} */
  check = null;
  /** The answer of `/api/state` when the page was opened; empty without a server. @type {Record<string, any>} */
  state = {};
  /**
   * The image in the first view, C·H·W bytes, which the other views use, too.
   * @type {{ pixels: Uint8Array, shape: number[] } | null}
   */
  drawing = null;
  /** @type {Set<ModelListener>} */
  #listeners = new Set();
  #onRuns;

  /**
   * @param {Api | null} api null: there is no server
   * @param {() => void} onRuns called when there may be a new run
   */
  constructor(api, onRuns) {
    this.api = api;
    this.served = api !== null;
    this.#onRuns = onRuns;
  }

  /** @type {(payload: any) => Promise<void>} Opens a payload of page_model in all views. */
  async openModel(payload) {
    const model = openModel(await unpackSamples(payload));
    this.check = checkModel(model);
    this.model = model;
    this.#listeners.forEach((listener) => listener(model));
  }

  /** Call this when there may be a new run. */
  refreshRuns() {
    this.#onRuns();
  }

  /** @param {string} view */
  goTo(view) {
    location.hash = view;
  }

  /** Calls back with every model from now on; returns a function that stops this. @param {ModelListener} listener */
  onModel(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
