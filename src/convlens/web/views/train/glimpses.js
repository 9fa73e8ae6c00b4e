// The network's results for one image during training: kernels of the first layer, feature maps, probabilities.

import { openModel, probabilities } from "convlens/engine/network.js";
import { onTheme } from "convlens/interface/colours.js";
import { element, fill, nameOf, onceAFrame } from "convlens/interface/dom.js";
import { formatPercent, formatShape } from "convlens/interface/format.js";
import { arrange, drawMaps, drawPicture } from "convlens/interface/maps.js";
import { Computer } from "convlens/views/train/forward_slices.js";
import { div, Problem } from "convlens/interface/parts.js";
import { stagesOf } from "convlens/views/train/stages.js";
import { PictureChooser } from "convlens/views/train/watched_picture.js";

/** @import { Model } from "convlens/engine/network.js" */
/** @import { Task } from "convlens/views/train/forward_slices.js" */
/** @import { Weights } from "convlens/views/train/run_state.js" */
/** @import { Stage } from "convlens/views/train/stages.js" */
/** @import { Sources } from "convlens/views/train/watched_picture.js" */

const MAP_SIDE = 56; // CSS pixels: the approximate side of a map
const PICTURE_SIDE = 112; // and of the image
const WIDE = 480; // CSS pixels: the least width for sixteen maps in two rows
const MOST_MAPS = 16;
const MOST_CLASSES = 10;

/** The panel. If sets of weights arrive faster than they can be computed or drawn, some are skipped. */
export class Glimpses {
  /** @type {Model | null} */
  model = null;
  /** @type {Weights | null} */
  weights = null;
  /** The latest result. @type {{ pixels: Uint8Array, outputs: { data: Float32Array | Float64Array }[] } | null} */
  result = null;
  /** @type {{ root: HTMLElement, canvas: HTMLCanvasElement, stage: Stage }[]} */
  figures = [];
  /** @type {Bar[]} */
  bars = [];
  stagesRoot = div("train-stages");
  barsRoot = div("bars aligned train-probabilities");
  problem = new Problem();
  chooser = new PictureChooser({ onChoice: () => this.compute() });
  draw = onceAFrame(() => this.drawNow());

  constructor() {
    /** @type {Computer<Task>} */
    this.computer = new Computer({
      onDone: (task, outputs) => {
        if (task.model !== this.model) return; // a new training has begun
        this.result = { outputs, pixels: task.pixels };
        this.drawNow();
      },
      onError: ({ message }) => this.problem.say(`The images cannot be computed: ${message}`),
    });
    this.endTheme = onTheme(this.draw);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.stagesRoot);
    const answer = div("train-answer", element("h4", {}, "Probabilities"), this.barsRoot);
    this.root = div("train-glimpses", this.chooser, this.problem, this.stagesRoot, answer);
  }

  /** @type {(payload: any, sources: Sources) => void} Shows a new training; `sources` are the images to watch. */
  begin(payload, sources) {
    this.problem.say("");
    this.model = openModel(payload);
    this.weights = payload.weights;
    this.result = null;
    this.figures = stagesOf(this.model).map(makeFigure);
    this.bars = this.model.classNames.slice(0, MOST_CLASSES).map(() => new Bar());
    fill(this.stagesRoot, this.figures);
    fill(this.barsRoot, this.bars);
    this.chooser.offer(this.model, sources);
    this.compute();
  }

  /** Shows other weights of this training. @param {Weights} weights */
  show(weights) {
    if (this.weights === weights) return;
    this.weights = weights;
    this.compute();
  }

  compute() {
    const { model, weights } = this;
    const { pixels } = this.chooser;
    if (model && weights && pixels) this.computer.offer({ model, weights, pixels });
  }

  drawNow() {
    const { model, result } = this;
    if (!model || !result) return;
    const isWide = this.stagesRoot.clientWidth >= WIDE;
    for (const { canvas, stage } of this.figures) {
      const { kind, layer } = stage;
      if (kind === "picture") {
        const scale = Math.max(1, Math.floor(PICTURE_SIDE / model.inputShape[2]));
        drawPicture(canvas, result.pixels, model.inputShape, scale);
        continue;
      }
      const data = kind === "kernels" ? model.layers[layer].weight?.data : result.outputs[layer + 1].data;
      if (data) drawMaps(canvas, data, layoutOf(stage, isWide));
    }
    const logits = result.outputs[result.outputs.length - 1].data;
    this.showShares(model, probabilities(model, logits));
  }

  /**
   * Shows all classes in order if they fit, otherwise the likeliest ones.
   * @param {Model} model
   * @param {Float64Array} shares
   */
  showShares({ classNames }, shares) {
    const labels = Array.from(shares.keys());
    if (labels.length > MOST_CLASSES) labels.sort((first, second) => shares[second] - shares[first]);
    const best = shares.indexOf(Math.max(...shares));
    this.bars.forEach((bar, place) => {
      const label = labels[place];
      bar.show(classNames[label], shares[label], label === best);
    });
  }

  dispose() {
    this.endTheme();
    this.observer.disconnect();
    this.draw.cancel();
    this.computer.forget();
  }
}

/** The probability of one class. */
class Bar {
  name = element("span", { class: "bar-name" });
  number = element("span", { class: "bar-number" });
  root = div("bar", this.name, element("span", { class: "bar-track" }), this.number);
  /** @type {string | null} */
  shown = null;

  /** @type {(name: string, share: number, isBest: boolean) => void} */
  show(name, share, isBest) {
    if (this.shown !== name) fill(this.name, nameOf(name));
    this.shown = name;
    this.root.classList.toggle("best", isBest);
    this.root.style.setProperty("--share", share.toFixed(4));
    this.number.textContent = formatPercent(share, 1);
  }
}

/** @param {Stage} stage */
function makeFigure(stage) {
  const { kind, name, shape } = stage;
  const canvas = element("canvas", { role: "img", "aria-label": name });
  const more = kind !== "picture" && shape[0] > MOST_MAPS ? `, ${MOST_MAPS} shown` : "";
  const size = element("span", { class: "soft" }, `${formatShape(shape)}${more}`);
  const caption = element("figcaption", {}, element("span", {}, name), size);
  return { root: element("figure", { class: `train-stage ${kind}` }, caption, canvas), canvas, stage };
}

/**
 * Two rows of maps, as high as the image, or four if two would be too wide.
 * @param {Stage} stage
 * @param {boolean} isWide
 */
function layoutOf({ shape: [maps, height, width] }, isWide) {
  const count = Math.min(maps, MOST_MAPS);
  const scale = Math.min(8, Math.max(1, Math.floor(MAP_SIDE / Math.max(height, width))));
  const columns = Math.min(count, count > 8 && isWide ? 8 : count > 4 ? 4 : 2);
  return arrange({ count, height, width, columns, scale, gap: Math.max(1, Math.round(4 / scale)) });
}
