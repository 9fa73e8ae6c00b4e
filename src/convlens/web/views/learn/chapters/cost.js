// Chapter: the cost of a convolution, compared with a dense layer between the same inputs and outputs.

import { element, fill } from "convlens/interface/dom.js";
import { formatCount, plural } from "convlens/interface/format.js";
import { scrollingTable, tableRow } from "convlens/interface/parts.js";
import { div } from "convlens/interface/parts.js";
import * as counting from "convlens/views/learn/arithmetic/counting.js";
import { axesOf, findWindowMistake, outputShape, outputSizeFormula } from "convlens/views/learn/arithmetic/windows.js";
import { shortNumber } from "convlens/views/learn/arithmetic/sentences.js";
import { Chapter, paragraph } from "convlens/views/learn/chapter.js";
import { selection } from "convlens/views/learn/controls.js";
import { convolutionsOf } from "convlens/views/learn/model_parts.js";

/** @import { Pair, Sliding } from "convlens/views/learn/arithmetic/windows.js" */
/** @import { Model } from "convlens/engine/network.js" */
/** @import { ConvolutionLayer } from "convlens/views/learn/model_parts.js" */

const FIRST = {
  channels: 1,
  height: 28,
  width: 28,
  kernels: 8,
  kernelHeight: 3,
  kernelWidth: 3,
  stride: 1,
  padding: 1,
  dilation: 1,
  /** A model's stride, padding and dilation, which may differ between rows and columns. */
  pairs: /** @type {Partial<Pick<Sliding, "stride" | "padding" | "dilation">>} */ ({}),
};
const SECOND = { ...FIRST, channels: 8, height: 14, width: 14, kernels: 16 };
const LAYERS = {
  first: "the tutorial’s first: 8 kernels 3×3",
  second: "the tutorial’s second: 16 kernels 3×3",
  custom: "your numbers",
};
/** @type {[key: Exclude<keyof typeof FIRST, "pairs">, label: string, least: number, most: number][]} */
const FIELDS = [
  ["channels", "Channels in", 1, 4096],
  ["height", "Height", 1, 4096],
  ["width", "Width", 1, 4096],
  ["kernels", "Kernels", 1, 4096],
  ["kernelHeight", "Kernel height", 1, 64],
  ["kernelWidth", "Kernel width", 1, 64],
  ["stride", "Stride", 1, 64],
  ["padding", "Padding", 0, 64],
  ["dilation", "Dilation", 1, 64],
];

/** @extends {Chapter<typeof FIRST>} */
export class CostChapter extends Chapter {
  constructor() {
    super({ id: "counting", operations: ["cost"], state: { ...FIRST } });
    /** @type {ConvolutionLayer[]} */
    this.offered = [];
    this.layers = selection({
      label: "Layer",
      options: LAYERS,
      group: "The tutorial",
      modelGroup: "The open model",
      value: "first",
      onChange: (name) => this.#take(name),
    });
    this.fields = FIELDS.map(([key, label, least, most]) =>
      this.whole(label, key, least, most, { onChange: (value) => this.#change(key, value) }),
    );
    this.answer = element("div", { class: "counts", "aria-live": "polite" });
    this.build(
      [
        "A dense layer has a separate weight for every pair of an input and an output. The table compares the convolution with a dense layer between the same inputs and outputs.",
      ],
      div("controls", this.layers, this.fields),
      this.mistakes,
      this.answer,
    );
  }

  /** @param {keyof typeof FIRST} key @param {number} value for both axes */
  #change(key, value) {
    Object.assign(this.state, { [key]: value, pairs: { ...this.state.pairs, [key]: undefined } });
    this.layers.list.value = "custom";
    this.update();
  }

  /** @param {string} name */
  #take(name) {
    if (name === "custom") return;
    const layer = this.offered[Number(name.split("-")[1])];
    Object.assign(this.state, layer ? numbersOf(layer) : name === "first" ? FIRST : SECOND);
    FIELDS.forEach(([key], place) => this.fields[place].set(this.state[key]));
    this.update();
  }

  update() {
    const { state } = this;
    const pair = (/** @type {"stride" | "padding" | "dilation"} */ key) => state.pairs[key] ?? [state[key], state[key]];
    /** @type {Sliding} */
    const sliding = {
      kernel: [state.kernelHeight, state.kernelWidth],
      stride: /** @type {Pair} */ (pair("stride")),
      padding: /** @type {Pair} */ (pair("padding")),
      dilation: /** @type {Pair} */ (pair("dilation")),
    };
    const mistake = findWindowMistake([state.height, state.width], sliding);
    this.mistakes.report("window", mistake);
    if (!mistake) fill(this.answer, describe(state, sliding));
  }

  /** @param {Model | null} model */
  onModel(model) {
    this.offered = convolutionsOf(model);
    const chosen = this.layers.list.value;
    const layers = this.offered.map(({ index, text }, place) => [`model-${place}`, `layer ${index}: ${text}`]);
    this.layers.offer(Object.fromEntries(layers), chosen.startsWith("model") ? "custom" : chosen);
  }
}

/** @type {(state: typeof FIRST, sliding: Sliding) => HTMLDivElement[]} */
function describe({ channels, kernels, height, width }, sliding) {
  const output = outputShape([height, width], sliding);
  const layer = { channels, kernels, kernel: sliding.kernel, output };
  const dense = { inputs: channels * height * width, outputs: kernels * output[0] * output[1] };
  const [parameters, denseParameters] = [counting.countConvParameters(layer), counting.countDenseParameters(dense)];
  const [adds, denseAdds] = [counting.countConvMultiplyAdds(layer), counting.countDenseMultiplyAdds(dense)];
  /** @type {(name: string, one: string, other: string) => HTMLElement} */
  const row = (name, one, other) =>
    tableRow(name, [
      [one, "formula"],
      [other, "formula"],
    ]);
  const rows = [
    row("parameters", parameters.formula, denseParameters.formula),
    row("multiply-adds", adds.formula, denseAdds.formula),
  ];
  const [down, across] = axesOf([height, width], sliding).map(outputSizeFormula);
  const times = denseParameters.count / parameters.count;
  const many = times < 1000 ? shortNumber(Number(times.toPrecision(3))) : formatCount(times);
  return [
    paragraph("formula", down === across ? down : `height ${down}, width ${across}`),
    paragraph("", `${plural(kernels, "map")} of ${output[0]}×${output[1]}.`),
    scrollingTable("Counts of the layer", [[""], ["convolution"], ["dense, same inputs and outputs"]], rows),
    paragraph("", `The dense layer has ${times >= 1 ? `${many} times as many` : "fewer"} parameters.`),
  ];
}

/** @type {(layer: ConvolutionLayer) => typeof FIRST} */
function numbersOf({ inputShape: [channels, height, width], outputShape, kernel, stride, padding, dilation }) {
  return {
    channels,
    height,
    width,
    kernels: outputShape[0],
    kernelHeight: kernel[0],
    kernelWidth: kernel[1],
    stride: stride[0],
    padding: padding[0],
    dilation: dilation[0],
    pairs: { stride, padding, dilation },
  };
}
