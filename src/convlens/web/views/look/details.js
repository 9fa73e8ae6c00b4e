/** The tabs below the network: how a value is computed, attribution, kernels and layers, preprocessing. */

import { element, prefersStillness } from "convlens/interface/dom.js";
import { button } from "convlens/interface/parts.js";
import { HeatPanel } from "convlens/views/look/heat_panel.js";
import { LayerPanel } from "convlens/views/look/layer_panel.js";
import { PreparationPanel } from "convlens/views/look/preparation_panel.js";
import { SumPanel } from "convlens/views/look/sum_panel.js";

/** @import { Model, Source } from "convlens/engine/network.js" */
/** @import { Session } from "convlens/views/look/session.js" */
/** @import { SumHandlers } from "convlens/views/look/sum_panel.js" */

/** @typedef {{ root: HTMLElement, show(session: Session, trail: Source[]): void }} Panel */
/** @typedef {{ name: string, panel: Panel, button: HTMLButtonElement, body: HTMLElement }} Tab */

/** @type {Record<string, number>} */
const MOVES = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

export class Details {
  #open = "sum";

  /**
   * @param {Model} model
   * @param {SumHandlers & { onTab: () => void }} handlers `onTab` is called when another tab is chosen
   */
  constructor(model, { onTab, ...handlers }) {
    this.onTab = onTab;
    this.sum = new SumPanel(handlers);
    this.layer = new LayerPanel(model);
    this.tabs = [
      this.#makeTab("sum", "How a value is computed", this.sum),
      this.#makeTab("heat", "Attribution", new HeatPanel(model)),
      this.#makeTab("layer", "Kernels and layers", this.layer),
      this.#makeTab("steps", "Preprocessing", new PreparationPanel()),
    ];
    const onKeydown = (/** @type {KeyboardEvent} */ event) => this.#key(event);
    const [buttons, bodies] = [this.tabs.map(({ button }) => button), this.tabs.map(({ body }) => body)];
    const list = element("div", { class: "tabs", role: "tablist", "aria-label": "Details", onKeydown }, buttons);
    this.root = element("section", { class: "details panel", "aria-label": "Details" }, list, bodies);
    this.#mark();
  }

  /** @type {(name: string, title: string, panel: Panel) => Tab} */
  #makeTab(name, title, panel) {
    const [tab, body] = [`detail-tab-${name}`, `detail-${name}`];
    const onClick = () => this.#choose(name);
    return {
      name,
      panel,
      button: button(title, onClick, { role: "tab", id: tab, "aria-controls": body }),
      body: element("div", { role: "tabpanel", id: body, "aria-labelledby": tab, class: "detail" }, panel),
    };
  }

  /** @type {(session: Session, trail: Source[]) => void} Updates the open tab. */
  show(session, trail) {
    this.tabs.find(({ name }) => name === this.#open)?.panel.show(session, trail);
  }

  /** @type {(session: Session, trail: Source[]) => void} */
  openSum(session, trail) {
    this.#open = "sum";
    this.#mark();
    this.sum.show(session, trail);
  }

  focusSum() {
    this.sum.focus();
    reveal(this.root);
  }

  /** @type {(index: number) => void} Opens the tab of a layer, or of the preprocessing for the input. */
  askLayer(index) {
    if (index >= 0) this.layer.ask(index);
    this.#choose(index >= 0 ? "layer" : "steps");
    reveal(this.root);
  }

  /** @type {(name: string) => void} */
  #choose(name) {
    this.#open = name;
    this.#mark();
    this.onTab();
  }

  #mark() {
    for (const { name, button, body } of this.tabs) {
      const isOpen = name === this.#open;
      button.setAttribute("aria-selected", String(isOpen));
      button.tabIndex = isOpen ? 0 : -1;
      body.hidden = !isOpen;
    }
  }

  /** @type {(event: KeyboardEvent) => void} */
  #key(event) {
    if (!(event.key in MOVES)) return;
    event.preventDefault();
    const at = this.tabs.findIndex(({ name }) => name === this.#open);
    const next = this.tabs[Math.min(Math.max(at + MOVES[event.key], 0), this.tabs.length - 1)];
    this.#choose(next.name);
    next.button.focus();
  }
}

/** Scrolls only to the beginning of the details, so that the map stays visible, too. @param {HTMLElement} root */
function reveal(root) {
  const { top } = root.getBoundingClientRect();
  const behavior = prefersStillness() ? "auto" : "smooth";
  if (top > innerHeight - 260) scrollBy({ top: top - innerHeight + Math.min(420, innerHeight * 0.6), behavior });
  else if (top < 0) scrollBy({ top: top - 16, behavior });
}
