// What the network makes of one picture while it learns: kernels of the first layer, feature maps, probabilities.

import { openModel, probabilities } from "convlens/engine/network.js";
import { onTheme } from "convlens/interface/colours.js";
import { element, fill, nameOf, onceAFrame } from "convlens/interface/dom.js";
import { formatPercent, formatShape } from "convlens/interface/format.js";
import { arrange, drawMaps, drawPicture } from "convlens/interface/maps.js";
import { createComputer } from "convlens/views/train/forward_slices.js";
import { stagesOf } from "convlens/views/train/stages.js";
import { createPictureChooser } from "convlens/views/train/watched_picture.js";

const MAP_SIDE = 56; // CSS pixels that a map should about have
const WIDE = 480; // CSS pixels from which on sixteen maps lie in two rows
const MOST_MAPS = 16;
const MOST_CLASSES = 10;

/**
 * The panel. `begin(payload, sources)` for another training, `show(weights)` for other weights of it; `sources` as the
 * chooser takes them. Sets that come faster than they can be computed or drawn are left out.
 */
export function createGlimpses() {
  const panel = {
    model: null,
    weights: null,
    result: null,
    stages: [],
    figures: [],
    bars: [],
    isWide: true,
    stagesRoot: element("div", { class: "train-stages" }),
    barsRoot: element("div", { class: "bars aligned train-probabilities" }),
    problem: element("p", { class: "notice alarm", hidden: true }),
  };
  panel.chooser = createPictureChooser({ onChoice: () => compute(panel) });
  panel.computer = createComputer({
    onDone: (task, result) => takeResult(panel, task, result),
    onError: (error) => showProblem(panel, error),
  });
  panel.draw = onceAFrame(() => panel.result && drawAll(panel));
  const endTheme = onTheme(panel.draw);
  const observer = new ResizeObserver(() => fitWidth(panel));
  observer.observe(panel.stagesRoot);
  return {
    element: element(
      "div",
      { class: "train-glimpses" },
      panel.chooser.element,
      panel.problem,
      panel.stagesRoot,
      element("div", { class: "train-answer" }, element("h4", {}, "Probabilities"), panel.barsRoot),
    ),
    begin: (payload, sources) => begin(panel, payload, sources),
    show(weights) {
      if (panel.weights === weights) return;
      panel.weights = weights;
      compute(panel);
    },
    dispose() {
      endTheme();
      observer.disconnect();
      panel.draw.cancel();
      panel.computer.forget();
    },
  };
}

function begin(panel, payload, sources) {
  panel.problem.hidden = true;
  panel.model = openModel(payload);
  panel.weights = payload.weights;
  panel.result = null;
  furnish(panel);
  panel.chooser.offer(panel.model, sources);
  compute(panel);
}

function compute({ model, weights, chooser, computer }) {
  const pixels = chooser.pixels();
  if (model && weights && pixels) computer.offer({ model, weights, pixels });
}

function takeResult(panel, task, result) {
  if (task.model !== panel.model) return; // another training has begun meanwhile
  panel.result = { ...result, pixels: task.pixels };
  drawAll(panel);
}

function showProblem({ problem }, error) {
  problem.textContent = `The pictures cannot be computed: ${error.message}`;
  problem.hidden = false;
}

function fitWidth(panel) {
  const isWide = panel.stagesRoot.clientWidth >= WIDE;
  if (isWide === panel.isWide) return;
  panel.isWide = isWide;
  panel.figures.forEach((figure) => (figure.layout = layoutOf(figure.stage, isWide)));
  panel.draw();
}

/** Empty figures for a network, filled with every set of weights. */
function furnish(panel) {
  const { model, stagesRoot, barsRoot } = panel;
  panel.stages = stagesOf(model);
  panel.figures = panel.stages.map((stage) => makeFigure(stage, panel.isWide));
  fill(
    stagesRoot,
    panel.figures.map(({ root }) => root),
  );
  const shown = Math.min(model.classNames.length, MOST_CLASSES);
  panel.bars = Array.from({ length: shown }, () => {
    const name = element("span", { class: "bar-name" });
    const number = element("span", { class: "bar-number" });
    return {
      root: element("div", { class: "bar" }, name, element("span", { class: "bar-track" }), number),
      name,
      number,
      label: null,
    };
  });
  fill(
    barsRoot,
    panel.bars.map(({ root }) => root),
  );
}

function makeFigure(stage, isWide) {
  const canvas = element("canvas", { role: "img", "aria-label": stage.name });
  const more = stage.kind !== "picture" && stage.shape[0] > MOST_MAPS ? `, ${MOST_MAPS} shown` : "";
  const root = element(
    "figure",
    { class: `train-stage ${stage.kind}` },
    element(
      "figcaption",
      {},
      element("span", {}, stage.name),
      element("span", { class: "soft" }, `${formatShape(stage.shape)}${more}`),
    ),
    canvas,
  );
  return { root, canvas, stage, layout: layoutOf(stage, isWide) };
}

/** Two rows of maps, as high as the picture; four where that would be too wide. */
function layoutOf({ shape: [maps, height, width] }, isWide) {
  const count = Math.min(maps, MOST_MAPS);
  const scale = Math.max(1, Math.floor(MAP_SIDE / Math.max(height, width)));
  const across = count > 8 && isWide ? 8 : count > 4 ? 4 : 2;
  return arrange({
    count,
    height,
    width,
    columns: Math.min(across, count),
    scale: Math.min(scale, 8),
    gap: Math.max(1, Math.round(4 / scale)),
  });
}

function drawAll(panel) {
  const { model, result, stages, figures } = panel;
  stages.forEach((stage, place) => {
    const { canvas, layout } = figures[place];
    if (stage.kind === "picture")
      drawPicture(canvas, result.pixels, model.inputShape, Math.max(1, Math.floor(112 / model.inputShape[2])));
    else drawMaps(canvas, dataOf(stage, model, result), layout);
  });
  const shares = probabilities(model, result.outputs.at(-1).data);
  showShares(panel, shares);
}

function dataOf(stage, model, { decoded, outputs }) {
  if (stage.kind === "kernels") return (decoded[`${stage.layer}.weight`] ?? model.layers[stage.layer].weight).data;
  return outputs[stage.layer + 1].data;
}

/** All classes in their order where they fit, else the likeliest ones. */
function showShares({ model, bars }, shares) {
  let labels = Array.from(shares.keys());
  if (labels.length > MOST_CLASSES)
    labels = labels.sort((first, second) => shares[second] - shares[first]).slice(0, MOST_CLASSES);
  const best = shares.indexOf(Math.max(...shares));
  bars.forEach((bar, place) => {
    const label = labels[place];
    if (bar.label !== label) fill(bar.name, nameOf(model.classNames[label]));
    bar.label = label;
    bar.root.classList.toggle("best", label === best);
    bar.root.style.setProperty("--share", shares[label].toFixed(4));
    bar.number.textContent = formatPercent(shares[label], 1);
  });
}
