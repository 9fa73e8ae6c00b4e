// Chapter: a kernel slides over a matrix of numbers that a person can change, or over a digit.

import { element, fill } from "convlens/interface/dom.js";
import { button, div } from "convlens/interface/parts.js";
import { writeKernelSum } from "convlens/views/learn/arithmetic/sentences.js";
import { kernelAt, makeMap, resizeMatrix, sizeOf } from "convlens/views/learn/arithmetic/tensors.js";
import { turnKernel, valueAt } from "convlens/views/learn/arithmetic/tensors.js";
import { findWindowMistake, PADDING_MODES, squareWindow } from "convlens/views/learn/arithmetic/windows.js";
import { CellEditor } from "convlens/views/learn/cell_editor.js";
import { Chapter, lineUp } from "convlens/views/learn/chapter.js";
import { choice, optionsOf, selection } from "convlens/views/learn/controls.js";
import { DIGITS, drawDigit, drawLine, emptyPicture } from "convlens/views/learn/digits.js";
import { limitOf } from "convlens/views/learn/matrices.js";
import { firstLayerOf, samplesOf } from "convlens/views/learn/model_parts.js";
import { EXAMPLES, KERNELS } from "convlens/views/learn/operations.js";
import { describeSize, unreadOf } from "convlens/views/learn/unread.js";

/** @import { Model } from "convlens/engine/network.js" */
/** @import { Sample } from "convlens/views/learn/model_parts.js" */

const STATE = {
  source: "numbers",
  numbers: EXAMPLES.matrix,
  drawing: emptyPicture(),
  rows: 5,
  columns: 5,
  kernel: EXAMPLES.kernel,
  kernelSize: 2,
  stride: 1,
  padding: 0,
  dilation: 1,
  mode: "zeros",
  turned: false,
};
const SOURCES = {
  numbers: "your numbers",
  ...Object.fromEntries(DIGITS.map((digit) => [`digit-${digit}`, `a drawn ${digit}`])),
  empty: "an empty sheet to draw on",
};
const LARGEST_SIDE = 9;
const LARGEST_KERNEL = 7;
/** The map of an image is also shown as an image, unless it has at most this many rows and columns. */
const MOST_NUMBERS = 8;

/** @extends {Chapter<typeof STATE>} */
export class KernelChapter extends Chapter {
  constructor() {
    super({ id: "kernel", operations: ["conv2d"], state: { ...STATE } });
    /** @type {Sample[]} */
    this.samples = [];
    /** @type {number[][][]} */
    this.modelKernels = [];
    this.drawn = this.#compute();
    this.steps = this.stepThrough({ name: "the kernel", start: 5 });
    this.editor = new CellEditor({
      mistakes: this.mistakes,
      valueAt: (row, column) => this.state.drawing[row]?.[column],
      onChange: this.editing("drawing"),
    });
    this.formula = div("formulas");
    this.size = this.whole("Kernel size", "kernelSize", 1, LARGEST_KERNEL, {
      onChange: (size) => this.#takeKernel(resizeMatrix(this.state.kernel, size, size)),
    });
    this.source = selection({
      label: "Input",
      options: SOURCES,
      group: "Here",
      modelGroup: "Test images of the open model",
      value: "numbers",
      onChange: (name) => this.#takeInput(name),
    });
    this.preset = selection({
      label: "Kernel",
      options: { custom: "your numbers", ...optionsOf(Object.keys(KERNELS)) },
      group: "By hand",
      modelGroup: "First layer of the open model",
      value: "custom",
      onChange: (name) => this.#takeNamed(name),
    });
    this.small = div("fields", this.#side("Rows", "rows"), this.#side("Columns", "columns"));
    this.pen = div(
      "row",
      element("span", { class: "small soft" }, "Draw on it with mouse, pen or finger."),
      button("Clear", () => this.#takeInput("empty"), { class: "quiet" }),
      this.editor,
    );
    this.views = this.#buildViews();
    this.#buildBench();
  }

  #buildViews() {
    /** @type {(from: [number, number], to: [number, number]) => void} */
    const onPaint = ([top, left], [bottom, right]) =>
      this.set("drawing")(drawLine(this.state.drawing, [left, top], [right, bottom]));
    return {
      input: this.matrix("input", { caption: "Input", sized: true, onChange: this.editing("numbers"), onPaint }),
      kernel: this.matrix("kernel", {
        caption: "Kernel",
        sized: true,
        coloured: true,
        onChange: this.editing("kernel"),
      }),
      map: this.matrix("map", { caption: "Map", sized: true, coloured: true, onPick: this.steps.pick }),
      covered: this.matrix("covered"),
      used: this.matrix("kernel in use", { coloured: true }),
      products: this.matrix("products", { coloured: true }),
    };
  }

  #buildBench() {
    const mode = selection({
      label: "Padding values",
      options: optionsOf(PADDING_MODES),
      value: "zeros",
      onChange: this.set("mode"),
    });
    const turned = choice({
      legend: "Operation",
      options: { no: "cross-correlation: unchanged", yes: "convolution: rotated by 180°" },
      value: "no",
      onChange: (value) => this.set("turned")(value === "yes"),
    });
    const sliding = [
      this.whole("Stride", "stride", 1, 5),
      this.whole("Padding", "padding", 0, 4),
      this.whole("Dilation", "dilation", 1, 4),
    ];
    const { input, kernel, map, covered, used, products } = this.views;
    this.build(
      [
        "The stride is the distance of one move of the kernel. Padding adds rows and columns around the input, so that the kernel can reach past the edge. Dilation spreads the kernel’s cells apart.",
      ],
      div("controls", this.source, this.small, this.preset, this.size, sliding, mode, turned),
      this.mistakes,
      div("stage", div("", input, this.pen), kernel, map),
      this.steps,
      lineUp(covered, "×", used, "=", products),
      this.sum,
      this.formula,
    );
  }

  /** @param {string} label @param {"rows" | "columns"} key */
  #side(label, key) {
    return this.whole(label, key, 1, LARGEST_SIDE, {
      onChange: (count) => {
        this.state[key] = count;
        const { numbers, rows, columns } = this.state;
        this.set("numbers")(resizeMatrix(numbers, rows, columns, (y, x) => (3 * y + 2 * x) % 5));
      },
    });
  }

  /** The present kernel's name in the list. */
  #presetName() {
    const { kernel } = this.state;
    const place = this.modelKernels.indexOf(kernel);
    if (place >= 0) return `model-${place}`;
    return Object.keys(KERNELS).find((name) => `${KERNELS[name]}` === `${kernel}`) ?? "custom";
  }

  /** @param {string} name */
  #takeNamed(name) {
    const kernel = KERNELS[name] ?? this.modelKernels[Number(name.split("-")[1])] ?? this.state.kernel;
    this.size.set(kernel.length);
    this.#takeKernel(kernel);
  }

  /** @param {number[][]} kernel */
  #takeKernel(kernel) {
    this.state.kernelSize = kernel.length;
    this.set("kernel")(kernel);
  }

  /** @param {string} name */
  #takeInput(name) {
    const [kind, which] = name.split("-");
    this.state.source = kind;
    if (kind === "digit") this.state.drawing = drawDigit(which);
    if (kind === "sample") [this.state.drawing] = this.samples[Number(which)].pixels;
    if (kind === "empty") this.state.drawing = emptyPicture();
    if (kind !== "numbers") this.editor.resize(sizeOf(this.state.drawing));
    this.update();
  }

  #compute() {
    const { state } = this;
    const matrix = state.source === "numbers" ? state.numbers : state.drawing;
    const sliding = squareWindow({ ...state, kernel: state.kernelSize });
    const kernel = state.turned ? turnKernel(state.kernel) : state.kernel;
    const size = sizeOf(matrix);
    const mistake = findWindowMistake(size, sliding);
    const map = mistake ? [] : makeMap(matrix, kernel, sliding);
    return { matrix, sliding, kernel, size, mistake, map, limit: limitOf(map), unread: unreadOf(size, sliding) };
  }

  update() {
    const next = this.#compute();
    this.mistakes.report("window", next.mistake);
    if (!next.mistake) {
      this.drawn = next;
      this.steps.resize(...sizeOf(next.map));
      fill(this.formula, describeSize(next.size, next.sliding));
    }
    this.preset.list.value = this.#presetName();
    this.small.hidden = this.state.source !== "numbers";
    this.pen.hidden = this.state.source === "numbers";
    this.show();
  }

  show() {
    const { views, state } = this;
    const { matrix, sliding, kernel, map, limit, unread } = this.drawn;
    const grey = state.source !== "numbers";
    const one = kernelAt([matrix], [kernel], sliding, this.steps.position);
    views.input.show(matrix, {
      around: sliding.padding,
      filling: (row, column) => valueAt(matrix, row, column, sliding.mode),
      window: one,
      unread,
      grey,
    });
    views.kernel.show(state.kernel);
    const most = grey ? MOST_NUMBERS : undefined;
    views.map.show(map, { limit, hidden: this.steps.isAhead, chosen: this.steps.position, most });
    views.covered.show(one.covered[0], { classes: (row, column) => (one.outside[row][column] ? "padding" : "") });
    views.used.show(kernel, { aside: state.turned ? "turned" : "" });
    views.products.show(one.products[0]);
    this.sum.say(writeKernelSum(one, 12));
    this.editor.refresh();
  }

  /** Offers the model's square kernels and images of one channel. @param {Model | null} model */
  onModel(model) {
    this.modelKernels = (firstLayerOf(model)?.kernels ?? [])
      .filter(({ length }) => length === 1)
      .map(([kernel]) => kernel)
      .filter((kernel) => kernel.length === kernel[0].length && kernel.length <= LARGEST_KERNEL);
    this.samples = model?.inputShape[0] === 1 ? samplesOf(model) : [];
    const chosen = this.source.list.value;
    const kernels = this.modelKernels.map((_, place) => [`model-${place}`, `kernel ${place}`]);
    const samples = this.samples.map(({ name }, place) => [`sample-${place}`, name]);
    this.preset.offer(Object.fromEntries(kernels), this.#presetName());
    this.source.offer(Object.fromEntries(samples), chosen.startsWith("sample") ? "empty" : chosen);
    this.update();
  }
}
