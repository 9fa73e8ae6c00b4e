/** Below the network: the sum behind a number, what spoke for and against, the kernels, the way of the picture; one at a time. */

import { element, prefersStillness } from "convlens/interface/dom.js";
import { HeatPanel } from "convlens/views/look/heat_panel.js";
import { LayerPanel } from "convlens/views/look/layer_panel.js";
import { makePreparationPanel } from "convlens/views/look/preparation_panel.js";
import { SumPanel } from "convlens/views/look/sum_panel.js";

const MOVES = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/** The details, in `root`. Handlers as of `SumPanel`; `onTab()` when another tab is chosen. */
export class Details {
  constructor({ onTab, ...handlers }) {
    Object.assign(this, {
      onTab,
      open: "sum",
      sum: new SumPanel(handlers),
      heat: new HeatPanel(),
      layer: new LayerPanel(),
    });
    const preparation = makePreparationPanel();
    this.tabs = [
      {
        name: "sum",
        title: "The sum behind a number",
        panel: this.sum,
        show: (session, trail) => this.sum.show(session, trail),
      },
      { name: "heat", title: "For and against", panel: this.heat, show: (session) => this.heat.show(session) },
      { name: "layer", title: "Kernels and layers", panel: this.layer, show: () => this.layer.show() },
      {
        name: "steps",
        title: "How the picture was prepared",
        panel: preparation,
        show: (session) => preparation.show(session),
      },
    ];
    for (const tab of this.tabs) {
      const { name, title, panel } = tab;
      tab.button = element(
        "button",
        {
          type: "button",
          role: "tab",
          id: `detail-tab-${name}`,
          "aria-controls": `detail-${name}`,
          onClick: () => this.choose(name),
        },
        title,
      );
      tab.body = element(
        "div",
        { role: "tabpanel", id: `detail-${name}`, "aria-labelledby": `detail-tab-${name}`, class: "detail" },
        panel.root,
      );
    }
    this.root = element(
      "section",
      { class: "details panel", "aria-label": "Details" },
      element(
        "div",
        { class: "tabs", role: "tablist", "aria-label": "Details", onKeydown: (event) => this.key(event) },
        this.tabs.map(({ button }) => button),
      ),
      this.tabs.map(({ body }) => body),
    );
    this.mark();
  }

  /** Another model. */
  build(model) {
    this.heat.build(model);
    this.layer.build(model);
  }

  /** Brings the open tab up to date. */
  show(session, trail) {
    this.tabs.find(({ name }) => name === this.open).show(session, trail);
  }

  openSum(session, trail) {
    this.open = "sum";
    this.mark();
    this.sum.show(session, trail);
  }

  focusSum() {
    this.sum.focus();
    reveal(this.root);
  }

  /** Shows a layer by itself; of the input, how it came to be. */
  askLayer(index) {
    if (index >= 0) this.layer.ask(index);
    this.choose(index >= 0 ? "layer" : "steps");
    reveal(this.root);
  }

  choose(name) {
    this.open = name;
    this.mark();
    this.onTab();
  }

  mark() {
    for (const { name, button, body } of this.tabs) {
      button.setAttribute("aria-selected", String(name === this.open));
      button.tabIndex = name === this.open ? 0 : -1;
      body.hidden = name !== this.open;
    }
  }

  key(event) {
    if (!(event.key in MOVES)) return;
    event.preventDefault();
    const at = this.tabs.findIndex(({ name }) => name === this.open);
    const next = this.tabs[Math.min(Math.max(at + MOVES[event.key], 0), this.tabs.length - 1)];
    this.choose(next.name);
    next.button.focus();
  }
}

// Only as far as is needed to see where the details begin: whoever chose a number in a map wants to keep seeing the map.
function reveal(root) {
  const { top } = root.getBoundingClientRect();
  const behavior = prefersStillness() ? "auto" : "smooth";
  if (top > innerHeight - 260) scrollBy({ top: top - innerHeight + Math.min(420, innerHeight * 0.6), behavior });
  else if (top < 0) scrollBy({ top: top - 16, behavior });
}
