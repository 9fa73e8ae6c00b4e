/** One layer by itself: its arithmetic, and its kernels as pictures and numbers. */

import { element, fill } from "convlens/interface/dom.js";
import { formatCount, formatNumber, formatShape, plural } from "convlens/interface/format.js";
import { arrange, drawMaps, largestSize } from "convlens/interface/maps.js";
import { numberGrid } from "convlens/views/look/sums/number_grid.js";

const MOST_KERNELS = 32;
const MOST_CHANNELS = 8;

/** The panel, in `root`. */
export class LayerPanel {
  constructor() {
    Object.assign(this, { model: null, chosen: 0, kernel: 0, showsAll: false, drawn: false });
    this.choice = element("select", { id: "layer-choice", onChange: () => this.ask(Number(this.choice.value)) });
    this.body = element("div", { class: "layer-body" });
    this.root = element(
      "div",
      { class: "layer" },
      element("div", { class: "row" }, element("label", { for: "layer-choice" }, "Layer"), this.choice),
      this.body,
    );
  }

  /** Another model: its first convolution is chosen. */
  build(model) {
    const chosen = Math.max(
      model.layers.findIndex(({ kind }) => kind === "conv"),
      0,
    );
    Object.assign(this, { model, chosen, kernel: 0, showsAll: false, drawn: false });
    fill(
      this.choice,
      model.layers.map((layer, index) => element("option", { value: index }, `${index}: ${layer.text}`)),
    );
    this.choice.value = String(chosen);
  }

  ask(layer) {
    Object.assign(this, { chosen: layer, kernel: 0, showsAll: false });
    this.choice.value = String(layer);
    this.draw();
  }

  show() {
    if (!this.drawn) this.draw();
  }

  draw() {
    this.drawn = true;
    const layer = this.model.layers[this.chosen];
    fill(this.body, drawFacts(layer), layer.kind === "conv" ? this.drawKernels(layer) : null);
  }

  drawKernels(layer) {
    const [outputs, channels] = layer.weight.shape;
    const limit = largestSize(layer.weight.data);
    return [
      element(
        "p",
        {},
        `${plural(outputs, "kernel")} of ${formatShape(layer.weight.shape.slice(1))}. Blue adds, orange takes away; all share one scale.`,
      ),
      element(
        "p",
        { class: "legend" },
        formatNumber(-limit),
        element("span", { class: "scale", "aria-hidden": "true" }),
        `+${formatNumber(limit)}`,
      ),
      this.kernelButtons(layer, limit),
      channels > MOST_CHANNELS
        ? element("p", { class: "small soft" }, `The pictures show the first ${MOST_CHANNELS} of ${channels} channels.`)
        : null,
      outputs > MOST_KERNELS ? this.allButton(outputs) : null,
      this.detail,
    ];
  }

  /** A button for each kernel, and in `detail` the numbers of the one that is pressed. */
  kernelButtons(layer, limit) {
    const [outputs] = layer.weight.shape;
    const many = this.showsAll ? outputs : Math.min(outputs, MOST_KERNELS);
    this.detail = element("div", { class: "kernel-detail" });
    const press = (number) => {
      this.kernel = number;
      buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(index === number)));
      fill(this.detail, drawNumbers(layer, number, limit));
    };
    const buttons = Array.from({ length: many }, (_, number) =>
      kernelButton(layer, number, limit, () => press(number)),
    );
    press(this.kernel);
    return element("div", { class: "kernels", role: "group", "aria-label": "Kernels" }, buttons);
  }

  allButton(outputs) {
    return element(
      "button",
      {
        type: "button",
        class: "quiet small",
        onClick: () => {
          this.showsAll = !this.showsAll;
          this.draw();
        },
      },
      this.showsAll ? `Show ${MOST_KERNELS}` : `Show all ${formatCount(outputs)}`,
    );
  }
}

function drawFacts({
  inputShape,
  outputShape,
  sizeFormula,
  parametersFormula,
  parameters,
  multiplyAdds,
  receptiveField,
}) {
  const facts = [
    ["takes", formatShape(inputShape)],
    ["gives", formatShape(outputShape)],
    ["size", sizeFormula],
    ["parameters", parametersFormula || (parameters ? formatCount(parameters) : "none")],
    ["multiply-adds", multiplyAdds ? formatCount(multiplyAdds) : ""],
    ["receptive field", receptiveField ? `${formatShape(receptiveField)} pixels` : ""],
  ];
  return element(
    "dl",
    { class: "layer-facts" },
    facts
      .filter(([, text]) => text)
      .map(([name, text]) => element("div", {}, element("dt", {}, name), element("dd", {}, text))),
  );
}

function kernelButton(layer, number, limit, onClick) {
  const [, channels, height, width] = layer.weight.shape;
  const count = Math.min(channels, MOST_CHANNELS);
  const size = channels * height * width;
  const canvas = element("canvas", { "aria-hidden": "true" });
  const scale =
    count === 1
      ? Math.max(4, Math.floor(48 / Math.max(height, width)))
      : Math.max(3, Math.floor(24 / Math.max(height, width)));
  drawMaps(
    canvas,
    layer.weight.data.subarray(number * size, number * size + count * height * width),
    arrange({ count, height, width, columns: count > 1 ? Math.min(count, 4) : 1, scale, gap: 1 }),
    { limit },
  );
  return element(
    "button",
    {
      type: "button",
      class: "kernel",
      "aria-pressed": "false",
      "aria-label": `Kernel ${number}, bias ${formatNumber(layer.bias.data[number], 3)}`,
      onClick,
    },
    canvas,
    element("span", { class: "small" }, number),
  );
}

function drawNumbers(layer, number, limit) {
  const [, channels, height, width] = layer.weight.shape;
  const size = height * width;
  const start = number * channels * size;
  return [
    element("h3", {}, `Kernel ${number}, bias ${formatNumber(layer.bias.data[number], 3)}`),
    element(
      "div",
      { class: "kernel-numbers" },
      Array.from({ length: Math.min(channels, 64) }, (_, channel) =>
        element(
          "figure",
          {},
          numberGrid(
            Array.from(layer.weight.data.subarray(start + channel * size, start + (channel + 1) * size)),
            width,
            { label: `kernel ${number}, channel ${channel}`, limit },
          ),
          element("figcaption", { class: "small soft" }, `channel ${channel}`),
        ),
      ),
    ),
    channels > 64 ? element("p", { class: "small soft" }, `The first 64 of ${channels} channels.`) : null,
  ];
}
