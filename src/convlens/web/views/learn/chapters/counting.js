// Chapter: what a convolution costs, beside a dense layer between the same numbers.

import { element, fill } from "convlens/interface/dom.js";
import { formatCount } from "convlens/interface/format.js";
import * as counting from "convlens/views/learn/arithmetic/counting.js";
import { findWindowMistake, outputShape, outputSizeFormula, axisOf } from "convlens/views/learn/arithmetic/windows.js";
import { shortNumber } from "convlens/views/learn/arithmetic/sentences.js";
import { chapterFrame, controls } from "convlens/views/learn/chapter.js";
import { mistakeLine, selection, wholeField } from "convlens/views/learn/controls.js";

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
  pairs: {},
};
const SECOND = { ...FIRST, channels: 8, height: 14, width: 14, kernels: 16 };
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

export function countingChapter() {
  const state = { ...FIRST };
  const parts = buildParts(state, { update, take });
  let offered = [];

  function take(name) {
    const given = { first: FIRST, second: SECOND }[name] ?? offered[Number(name.split("-")[1])];
    if (!given) return;
    Object.assign(state, given);
    parts.fields.forEach(([key, field]) => field.set(state[key]));
    update();
  }
  function update() {
    const sliding = slidingOf(state);
    const size = [state.height, state.width];
    const mistake = findWindowMistake(size, sliding);
    parts.mistakes.report("window", mistake);
    if (mistake) return;
    const output = outputShape(size, sliding);
    const layer = { channels: state.channels, kernels: state.kernels, kernel: sliding.kernel, output };
    fill(parts.answer, describe(layer, size, sliding));
  }
  update();
  return {
    element: frame(parts),
    update,
    onModel(model) {
      const convolutions = (model?.layers ?? []).filter(({ kind }) => kind === "conv");
      offered = convolutions.map(asNumbers);
      const chosen = parts.layers.value;
      parts.layers.offer(options(convolutions), chosen.startsWith("model") ? "own" : chosen);
    },
  };
}

function buildParts(state, { update, take }) {
  const mistakes = mistakeLine();
  const layers = selection({ label: "Layer", options: options([]), value: "first", onChange: take });
  const change = (key) => (value) => {
    // `pairs` are a model's strides and such where they differ down and across; one number typed holds for both.
    const { [key]: _, ...pairs } = state.pairs;
    Object.assign(state, { [key]: value, pairs });
    layers.set("own");
    update();
  };
  const fields = FIELDS.map(([key, label, least, most]) => [
    key,
    wholeField({ label, value: state[key], least, most, mistakes, onChange: change(key) }),
  ]);
  return { mistakes, layers, fields, answer: element("div", { class: "counts", "aria-live": "polite" }) };
}

function options(convolutions) {
  const own = [
    ["first", "the tutorial’s first: 8 kernels 3×3"],
    ["second", "the tutorial’s second: 16 kernels 3×3"],
    ["own", "own numbers"],
  ];
  const layer = convolutions.map((one, number) => [`model-${number}`, `layer ${one.index}: ${one.text}`]);
  return layer.length
    ? [
        ["The tutorial", own],
        ["The open model", layer],
      ]
    : own;
}

function slidingOf(state) {
  const pair = (key) => state.pairs[key] ?? [state[key], state[key]];
  return {
    kernel: [state.kernelHeight, state.kernelWidth],
    stride: pair("stride"),
    padding: pair("padding"),
    dilation: pair("dilation"),
    mode: "zeros",
  };
}

function describe(layer, size, sliding) {
  const [channels, [height, width]] = [layer.channels, layer.output];
  const dense = { inputs: channels * size[0] * size[1], outputs: layer.kernels * height * width };
  const [parameters, work] = [counting.countConvParameters(layer), counting.countConvMultiplyAdds(layer)];
  const [denseParameters, denseWork] = [counting.countDenseParameters(dense), counting.countDenseMultiplyAdds(dense)];
  const formulas = [0, 1].map((axis) => outputSizeFormula(size[axis], ...axisOf(sliding, axis)));
  const row = (name, one, other) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, name),
      element("td", { class: "formula" }, one.formula),
      element("td", { class: "formula" }, other.formula),
    );
  const times = denseParameters.count / parameters.count;
  return [
    element(
      "p",
      { class: "formula" },
      formulas[0] === formulas[1] ? formulas[0] : `height ${formulas[0]}, width ${formulas[1]}`,
    ),
    element("p", {}, `${layer.kernels} map${layer.kernels === 1 ? "" : "s"} of ${height}×${width}.`),
    element(
      "div",
      { class: "scroll", tabindex: 0, role: "group", "aria-label": "Counts of the layer" },
      element(
        "table",
        {},
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            element("td"),
            element("th", { scope: "col" }, "convolution"),
            element("th", { scope: "col" }, "dense, the same numbers in and out"),
          ),
        ),
        element("tbody", {}, row("parameters", parameters, denseParameters), row("multiply-adds", work, denseWork)),
      ),
    ),
    element(
      "p",
      {},
      `The dense layer has ${times >= 1 ? `${times < 1000 ? shortNumber(Number(times.toPrecision(3))) : formatCount(times)} times as many` : "fewer"} parameters.`,
    ),
  ];
}

function asNumbers(layer) {
  const [channels, height, width] = layer.inputShape;
  return {
    channels,
    height,
    width,
    kernels: layer.outputShape[0],
    kernelHeight: layer.kernel[0],
    kernelWidth: layer.kernel[1],
    stride: layer.stride[0],
    padding: layer.padding[0],
    dilation: layer.dilation[0],
    pairs: { stride: layer.stride, padding: layer.padding, dilation: layer.dilation },
  };
}

function frame({ layers, fields, mistakes, answer }) {
  return chapterFrame({
    id: "counting",
    title: "What it costs",
    text: [
      "A kernel has one weight for each of its cells in each channel, and one bias. These few numbers are used at every placement: that is why a convolution has so few parameters and so much to do.",
      "A dense layer has a weight of its own for every pair of an input and an output. Below it stands between the same numbers.",
    ],
    bench: [
      controls(
        layers.element,
        fields.map(([, field]) => field.element),
      ),
      mistakes.element,
      answer,
    ],
  });
}
