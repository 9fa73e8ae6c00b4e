/**
 * The shell: header, three views behind real links, the theme, and the model that all views share.
 *
 * The page works in two ways. Served by `convlens open`, it gets the model from the server and has a third view for
 * training. Opened from disk, it contains the model itself, has no server to ask, and leaves out the third view.
 */

import { Api } from "convlens/interface/api.js";
import { Context } from "convlens/interface/context.js";
import { byId, element, fill } from "convlens/interface/dom.js";
import { messageOf } from "convlens/interface/format.js";
import { showModelLine } from "convlens/interface/model_line.js";
import { RunChooser } from "convlens/interface/run_chooser.js";
import { furnishThemeButton } from "convlens/interface/theme_button.js";

/** @import { View } from "convlens/interface/context.js" */
/** @typedef {{ mount(root: HTMLElement, context: Context): View }} ViewModule */
/** @typedef {{ name: string, title: string, load: () => Promise<ViewModule>, served?: boolean }} ViewEntry */

// Loaded when first shown, so that a broken view does not affect the others.
/** @type {ViewEntry[]} */
const VIEWS = [
  { name: "look", title: "Look inside", load: () => import("convlens/views/look/view.js") },
  { name: "learn", title: "Learn", load: () => import("convlens/views/learn/view.js") },
  { name: "train", title: "Train live", load: () => import("convlens/views/train/view.js"), served: true },
];

class Shell {
  #embedded = byId("convlens-model").textContent?.trim();
  #modelLine = byId("model-line");
  #shown = "";
  /** @type {Map<string, MountedView>} */
  #mounted = new Map();
  #context;
  /** @type {RunChooser | null} */
  #chooser = null;

  constructor() {
    const api = !this.#embedded && location.protocol !== "file:" ? new Api() : null;
    this.#context = new Context(api, () => this.#chooser?.refresh());
    this.#context.onModel(() => this.#showModel());
    if (api)
      this.#chooser = new RunChooser(
        api,
        (payload) => this.#context.openModel(payload),
        (words) => this.#refuse(words),
      );
  }

  async start() {
    furnishThemeButton(byId("theme"));
    addEventListener("hashchange", () => this.#route());
    try {
      const payload = await this.#findModel();
      if (payload) await this.#context.openModel(payload);
      else {
        this.#showModel();
        if (!location.hash) location.hash = "train";
        const { gone } = this.#context.state;
        if (gone) this.#refuse(`The model ${gone} is gone: its file was deleted or moved.`);
      }
    } catch (error) {
      fill(this.#modelLine, alarm(messageOf(error)));
    }
    await this.#route();
    document.documentElement.dataset.ready = "";
  }

  /** Returns the payload embedded in the page, otherwise the server's; null if the server has none. */
  async #findModel() {
    const { api } = this.#context;
    if (this.#embedded) return JSON.parse(this.#embedded);
    if (!api) {
      throw new Error(
        "This page contains no model. `convlens export MODEL --to html` writes a page with a model inside.",
      );
    }
    const state = await api.get("/api/state");
    this.#context.state = state;
    this.#chooser?.offer(state.runs ?? []);
    return state.model === null ? null : api.get("/api/model");
  }

  #showModel() {
    const { model } = this.#context;
    this.#chooser?.show(model?.payload.name ?? null);
    showModelLine(this.#modelLine, model, this.#chooser?.root);
  }

  /** @param {string} words why a run was not opened */
  #refuse(words) {
    this.#showModel(); // removes an earlier refusal
    this.#modelLine.append(alarm(words));
  }

  /** Shows the view named in the address, or the first view if there is no such view. */
  async #route() {
    const asked = location.hash.slice(1).split("/")[0];
    if (asked === "main") return;
    const views = VIEWS.filter((view) => this.#context.served || !view.served);
    const view = views.find(({ name }) => name === asked) ?? views[0];
    if (this.#shown === view.name) return;
    this.#mounted.get(this.#shown)?.view?.hide();
    this.#shown = view.name;
    const links = views.map(({ name, title }) => {
      const current = name === view.name ? "page" : null;
      return element("li", {}, element("a", { href: `#${name}`, "aria-current": current }, title));
    });
    fill(byId("tabs"), links);
    for (const { root } of this.#mounted.values()) root.hidden = true;
    const mounted = this.#mounted.get(view.name) ?? new MountedView(view, this.#context);
    this.#mounted.set(view.name, mounted);
    mounted.root.hidden = false;
    await mounted.ready;
    if (this.#shown === view.name) mounted.view?.show();
  }
}

/** A view in its section; `view` is set once it is `ready`. A view that cannot be loaded shows the reason instead. */
class MountedView {
  /** @type {View | null} */
  view = null;

  /** @param {ViewEntry} entry @param {Context} context */
  constructor({ name, title, load }, context) {
    this.root = element("section", { id: `view-${name}`, class: "view", "aria-label": title });
    byId("views").append(this.root);
    this.ready = this.#mount(load, context).catch((error) => {
      console.error(error);
      fill(this.root, alarm(`“${title}” could not be shown: ${messageOf(error)}`));
    });
  }

  /** @type {(load: ViewEntry["load"], context: Context) => Promise<void>} */
  async #mount(load, context) {
    const { mount } = await load();
    const view = mount(this.root, context);
    this.view = view;
    context.onModel((model) => view.onModel(model));
    if (context.model) view.onModel(context.model);
  }
}

/** @param {string} words */
function alarm(words) {
  return element("p", { class: "notice alarm", role: "alert" }, words);
}

new Shell().start();
