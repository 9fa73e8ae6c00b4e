/** Below the network: the sum behind a number, what spoke for and against, the kernels, the way of the picture; one at a time. */

import { element, prefersStillness } from "convlens/interface/dom.js";
import { makeHeatPanel } from "convlens/views/look/heat_panel.js";
import { makeLayerPanel } from "convlens/views/look/layer_panel.js";
import { makePreparationPanel } from "convlens/views/look/preparation_panel.js";
import { makeSumPanel } from "convlens/views/look/sum_panel.js";

const MOVES = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };

/** The details: `{ root, build(model), show(session, trail), openSum(…), focusSum(), askLayer(layer) }`. Handlers as of the panels; `onTab()` when another is chosen. */
export function makeDetails({ onWalk, onReturn, onMove, onTab }) {
  const sum = makeSumPanel({ onWalk, onReturn, onMove });
  const heat = makeHeatPanel();
  const layer = makeLayerPanel();
  const preparation = makePreparationPanel();
  const tabs = [
    { name: "sum", title: "The sum behind a number", root: sum.root, show: (session, trail) => sum.show(session, trail.at(-1), trail) },
    { name: "heat", title: "For and against", root: heat.root, show: (session) => heat.show(session) },
    { name: "layer", title: "Kernels and layers", root: layer.root, show: () => layer.show() },
    { name: "steps", title: "How the picture was prepared", root: preparation.root, show: (session) => preparation.show(session) },
  ];
  let open = "sum";

  const buttons = tabs.map(({ name, title }) => element("button", {
    type: "button", role: "tab", id: `detail-tab-${name}`, "aria-controls": `detail-${name}`, onClick: () => choose(name) }, title));
  const list = element("div", { class: "tabs", role: "tablist", "aria-label": "Details", onKeydown: (event) => {
    if (!(event.key in MOVES)) return;
    event.preventDefault();
    const at = tabs.findIndex(({ name }) => name === open);
    const next = Math.min(Math.max(at + MOVES[event.key], 0), tabs.length - 1);
    choose(tabs[next].name);
    buttons[next].focus();
  } }, buttons);
  const bodies = tabs.map(({ name, root }) => element("div", { role: "tabpanel", id: `detail-${name}`, "aria-labelledby": `detail-tab-${name}`, class: "detail" }, root));
  const root = element("section", { class: "details panel", "aria-label": "Details" }, list, bodies);
  mark();

  function mark() {
    tabs.forEach(({ name }, index) => {
      buttons[index].setAttribute("aria-selected", String(name === open));
      buttons[index].tabIndex = name === open ? 0 : -1;
      bodies[index].hidden = name !== open;
    });
  }

  function choose(name) {
    open = name;
    mark();
    onTab();
  }

  function reveal(smooth) {
    root.scrollIntoView({ block: "nearest", behavior: smooth && !prefersStillness() ? "smooth" : "auto" });
  }

  return {
    root,
    build(model) {
      heat.build(model);
      layer.build(model);
    },
    show: (session, trail) => tabs.find(({ name }) => name === open).show(session, trail),
    openSum(session, trail) {
      open = "sum";
      mark();
      sum.show(session, trail.at(-1), trail);
    },
    focusSum() {
      sum.focus();
      revealTop(root);
    },
    askLayer(index) {
      if (index >= 0) layer.ask(index);
      choose(index >= 0 ? "layer" : "steps");
      reveal(true);
    },
  };
}

// Only as far as is needed to see where the sum begins: whoever chose a number in a map wants to keep seeing the map.
function revealTop(root) {
  const { top } = root.getBoundingClientRect();
  if (top > innerHeight - 260) scrollBy({ top: top - innerHeight + Math.min(420, innerHeight * 0.6), behavior: prefersStillness() ? "auto" : "smooth" });
  else if (top < 0) scrollBy({ top: top - 16, behavior: prefersStillness() ? "auto" : "smooth" });
}
