/** One layer: its sizes and counts, and its kernels as images and numbers. */

import { element, fill } from "convlens/interface/dom.js";
import { formatCount, formatNumber, formatShape, plural } from "convlens/interface/format.js";
import { arrange, drawMaps, largestSize } from "convlens/interface/maps.js";
import { button, div, factList, optionList } from "convlens/interface/parts.js";
import { hasKernels, layerName } from "convlens/views/look/places.js";
import { numberGrid } from "convlens/views/look/sums/number_grid.js";

/** @import { Layer, Model, WeightedLayer } from "convlens/engine/network.js" */

const MOST_KERNELS = 32;
const MOST_CHANNELS = 8;
const MOST_GRIDS = 64;

/** Shows the first convolution until another layer is chosen. */
export class LayerPanel {
  #kernel = 0;
  #showsAll = false;
  #isDrawn = false;
  #choice = element("select", { id: "layer-choice", onChange: () => this.ask(Number(this.#choice.value)) });
  #body = div("layer-body");

  /** @param {Model} model */
  constructor(model) {
    this.layers = model.layers;
    this.chosen = Math.max(model.layers.findIndex(hasKernels), 0);
    const names = model.layers.map(({ path }, index) => `${path}: ${layerName(model, index)}`);
    fill(this.#choice, optionList(...names.entries()));
    this.#choice.value = String(this.chosen);
    this.root = div("layer", div("row", element("label", { for: "layer-choice" }, "Layer"), this.#choice), this.#body);
  }

  /** @type {(layer: number) => void} */
  ask(layer) {
    this.chosen = layer;
    this.#kernel = 0;
    this.#showsAll = false;
    this.#choice.value = String(layer);
    this.#draw();
  }

  show() {
    if (!this.#isDrawn) this.#draw();
  }

  #draw() {
    this.#isDrawn = true;
    const layer = this.layers[this.chosen];
    const kernels = hasKernels(layer) ? this.#drawKernels(/** @type {WeightedLayer} */ (layer)) : null;
    fill(this.#body, drawFacts(layer), kernels);
  }

  /** @type {(layer: WeightedLayer) => (HTMLDivElement | HTMLButtonElement | null)[]} */
  #drawKernels(layer) {
    const [outputs, channels] = layer.weight.shape;
    const limit = largestSize(layer.weight.data);
    const size = formatShape(layer.weight.shape.slice(1));
    const detail = div("kernel-detail");
    const scale = element("span", { class: "scale", "aria-hidden": "true" });
    return [
      element(
        "p",
        {},
        `${plural(outputs, "kernel")} of ${size}. Blue is positive, orange negative; all kernels share one scale.`,
      ),
      element("p", { class: "legend" }, formatNumber(-limit), scale, `+${formatNumber(limit)}`),
      this.#kernelButtons(layer, limit, detail),
      channels > MOST_CHANNELS
        ? element("p", { class: "small soft" }, `The images show the first ${MOST_CHANNELS} of ${channels} channels.`)
        : null,
      outputs > MOST_KERNELS ? this.#allButton(outputs) : null,
      detail,
    ];
  }

  // A button for each kernel; `detail` shows the numbers of the pressed one.
  /** @type {(layer: WeightedLayer, limit: number, detail: HTMLElement) => HTMLDivElement} */
  #kernelButtons(layer, limit, detail) {
    const [outputs] = layer.weight.shape;
    const many = this.#showsAll ? outputs : Math.min(outputs, MOST_KERNELS);
    const press = (/** @type {number} */ number) => {
      this.#kernel = number;
      buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(index === number)));
      fill(detail, drawNumbers(layer, number, limit));
    };
    const buttons = Array.from({ length: many }, (_nothing, number) =>
      kernelButton(layer, number, limit, () => press(number)),
    );
    press(this.#kernel);
    return element("div", { class: "kernels", role: "group", "aria-label": "Kernels" }, buttons);
  }

  /** @type {(outputs: number) => HTMLButtonElement} */
  #allButton(outputs) {
    const toggle = () => {
      this.#showsAll = !this.#showsAll;
      this.#draw();
    };
    const text = this.#showsAll ? `Show ${MOST_KERNELS}` : `Show all ${formatCount(outputs)}`;
    return button(text, toggle, { class: "quiet small" });
  }
}

/** @type {(layer: Layer) => HTMLDListElement} */
function drawFacts(layer) {
  const { inputShapes, outputShape, parameters, multiplyAdds, receptiveField } = layer;
  /** @type {[string, string][]} */
  const facts = [
    ["input", inputShapes.map(formatShape).join(" and ")],
    ["output", formatShape(outputShape)],
    ["output size", layer.sizeFormula],
    ["parameters", layer.parametersFormula || (parameters ? formatCount(parameters) : "none")],
    ["multiply-adds", multiplyAdds ? formatCount(multiplyAdds) : ""],
    ["receptive field", receptiveField ? `${formatShape(receptiveField)} pixels` : ""],
  ];
  return factList(
    "layer-facts",
    facts.filter(([, text]) => text),
  );
}

/** @type {(layer: WeightedLayer, number: number) => string} */
function kernelName(layer, number) {
  return `Kernel ${number}, bias ${formatNumber(layer.bias.data[number], 3)}`;
}

/** @type {(layer: WeightedLayer, number: number, limit: number, onClick: () => void) => HTMLButtonElement} */
function kernelButton(layer, number, limit, onClick) {
  const [, channels, height, width] = layer.weight.shape;
  const count = Math.min(channels, MOST_CHANNELS);
  const size = channels * height * width;
  const canvas = element("canvas", { "aria-hidden": "true" });
  const [room, least] = count === 1 ? [48, 4] : [24, 3];
  const scale = Math.max(least, Math.floor(room / Math.max(height, width)));
  drawMaps(
    canvas,
    layer.weight.data.subarray(number * size, number * size + count * height * width),
    arrange({ count, height, width, columns: Math.min(count, 4), scale, gap: 1 }),
    { limit },
  );
  const name = kernelName(layer, number);
  const words = [canvas, element("span", { class: "small" }, number)];
  return button(words, onClick, { class: "kernel", "aria-pressed": "false", "aria-label": name });
}

/** @type {(layer: WeightedLayer, number: number, limit: number) => (HTMLDivElement | null)[]} */
function drawNumbers(layer, number, limit) {
  const [, channels, height, width] = layer.weight.shape;
  const size = height * width;
  const grids = Array.from({ length: Math.min(channels, MOST_GRIDS) }, (_nothing, channel) => {
    const start = (number * channels + channel) * size;
    const values = Array.from(layer.weight.data.subarray(start, start + size));
    const label = `kernel ${number}, channel ${channel}`;
    const caption = element("figcaption", { class: "small soft" }, `channel ${channel}`);
    return element("figure", {}, numberGrid(values, width, { label, limit }), caption);
  });
  return [
    element("h3", {}, kernelName(layer, number)),
    div("kernel-numbers", grids),
    channels > MOST_GRIDS
      ? element("p", { class: "small soft" }, `The first ${MOST_GRIDS} of ${channels} channels.`)
      : null,
  ];
}
