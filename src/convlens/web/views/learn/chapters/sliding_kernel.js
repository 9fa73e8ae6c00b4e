// Chapter: a kernel slides over a matrix, over numbers of one's own or over a digit.

import { element } from "convlens/interface/dom.js";
import { KERNELS, nameOf, replaceAt, resizeMatrix } from "convlens/views/learn/arithmetic/kernels.js";
import { writePlacement } from "convlens/views/learn/arithmetic/sentences.js";
import { makeMap, placeKernel, turnKernel, valueAt } from "convlens/views/learn/arithmetic/tensors.js";
import { findWindowMistake, PADDING_MODES, squareWindow } from "convlens/views/learn/arithmetic/windows.js";
import { chapterFrame, controls, lineUp } from "convlens/views/learn/chapter.js";
import { button, choice, mistakeLine, selection, sumLine, wholeField } from "convlens/views/learn/controls.js";
import { drawLine, drawDigit, DIGITS, emptyPicture } from "convlens/views/learn/digits.js";
import { limitOf, matrixView } from "convlens/views/learn/matrices.js";
import { firstLayerOf, samplesOf } from "convlens/views/learn/model_parts.js";
import { cellEditor } from "convlens/views/learn/cell_editor.js";
import { stepper } from "convlens/views/learn/steps.js";
import { unreadOf, describeSize } from "convlens/views/learn/unread.js";

const TUTORIAL = [
  [1, 2, 0, 1, 3],
  [3, 1, 2, 0, 1],
  [0, 2, 4, 1, 0],
  [2, 0, 1, 3, 1],
  [1, 3, 0, 2, 2],
];
const FIRST_KERNEL = [
  [1, 0],
  [2, 1],
];
const SMALLEST_SIDE = 1;
const LARGEST_SIDE = 9;
const LARGEST_KERNEL = 7;
/** Of a picture the map is a picture too, unless it has become so small. */
const MOST_NUMBERS = 8;

export function slidingKernel() {
  const state = {
    source: "numbers",
    numbers: TUTORIAL,
    drawing: emptyPicture(),
    kernel: FIRST_KERNEL,
    kernelSize: 2,
    stride: 1,
    padding: 0,
    dilation: 1,
    mode: "zeros",
    turned: false,
    samples: [],
    modelKernels: [],
    drawn: null,
  };
  const parts = buildParts(state, { update, show });
  const { steps } = parts;

  function update() {
    const matrix = matrixOf(state);
    const sliding = squareWindow({ ...state, kernel: state.kernelSize });
    const size = [matrix.length, matrix[0].length];
    const mistake = findWindowMistake(size, sliding);
    parts.mistakes.report("window", mistake);
    if (!mistake) {
      state.drawn = compute(matrix, size, sliding, state);
      steps.setCount(state.drawn.map.flat().length);
      parts.formula.replaceChildren(...describeSize(size, sliding));
    }
    parts.preset.set(presetOf(state));
    parts.small.hidden = state.source !== "numbers";
    parts.pen.hidden = state.source === "numbers";
    show(steps.place, false);
  }
  function show(place, playing) {
    parts.sum.quiet(playing);
    if (state.drawn) showPlacement(parts, state, place);
  }
  update();
  steps.go(5);
  return {
    element: frame(parts),
    update,
    pause: steps.pause,
    dispose: steps.dispose,
    onModel: (model) => offerModel(parts, state, model, update),
  };
}

function matrixOf(state) {
  return state.source === "numbers" ? state.numbers : state.drawing;
}

function compute(matrix, size, sliding, state) {
  const kernel = state.turned ? turnKernel(state.kernel) : state.kernel;
  const map = makeMap([matrix], [kernel], sliding);
  return { matrix, sliding, kernel, map, limit: limitOf(map), unread: unreadOf(size, sliding) };
}

function buildParts(state, { update, show }) {
  const mistakes = mistakeLine();
  const set = (key) => (value) => {
    state[key] = value;
    update();
  };
  const edit = (key) => (row, column, value) => set(key)(replaceAt(state[key], row, column, value));
  const widthOf = ({ map }) => map[0].length;
  const steps = stepper({
    name: "the kernel",
    onStep: show,
    describe: (place) =>
      state.drawn
        ? `row ${Math.floor(place / widthOf(state.drawn))}, column ${place % widthOf(state.drawn)} of the map`
        : "",
  });
  const pick = (row, column) => steps.go(row * widthOf(state.drawn) + column);
  const paint = (from, to) => set("drawing")(drawLine(state.drawing, [from[1], from[0]], [to[1], to[0]]));
  const editor = cellEditor({
    mistakes,
    valueAt: (row, column) => state.drawing[row]?.[column],
    onChange: edit("drawing"),
  });
  return {
    mistakes,
    steps,
    editor,
    ...buildInput(state, { mistakes, set, update, editor }),
    ...buildKernel(state, { mistakes, set, update }),
    sum: sumLine(),
    formula: element("div", { class: "formulas" }),
    matrix: matrixView({ name: "input", caption: "Input", onChange: edit("numbers"), onPaint: paint, mistakes }),
    kernel: matrixView({ name: "kernel", caption: "Kernel", onChange: edit("kernel"), mistakes }),
    map: matrixView({ name: "map", caption: "Map", onPick: pick }),
    covered: matrixView({ name: "covered", caption: "covered" }),
    used: matrixView({ name: "kernel in use" }),
    products: matrixView({ name: "products" }),
  };
}

/** Which input: numbers of a chosen size, or a picture to draw on. */
function buildInput(state, { mistakes, set, update, editor }) {
  const resize = () =>
    set("numbers")(resizeMatrix(state.numbers, rows.value, columns.value, (y, x) => (3 * y + 2 * x) % 5));
  const side = (label) =>
    wholeField({ label, value: 5, least: SMALLEST_SIDE, most: LARGEST_SIDE, mistakes, onChange: resize });
  const [rows, columns] = [side("Rows"), side("Columns")];
  const take = (name) => takeInput(state, name, update, editor);
  return {
    input: selection({ label: "Input", options: sources([]), value: "numbers", onChange: take }),
    small: element("div", { class: "fields" }, rows.element, columns.element),
    pen: element(
      "div",
      { class: "row" },
      element("span", { class: "small soft" }, "Draw on it with mouse, pen or finger."),
      button("Clear", () => take("empty"), { class: "quiet" }),
      editor.element,
    ),
  };
}

/** Which kernel, and how it slides. */
function buildKernel(state, { mistakes, set, update }) {
  const whole = (label, key, least, most, onChange = set(key)) =>
    wholeField({ label, value: state[key], least, most, mistakes, onChange });
  const size = whole("Kernel size", "kernelSize", 1, LARGEST_KERNEL, (next) => {
    state.kernel = resizeMatrix(state.kernel, next, next);
    set("kernelSize")(next);
  });
  return {
    size,
    preset: selection({
      label: "Kernel",
      options: presets([]),
      value: "own",
      onChange: (name) => takeKernel(state, name, size, update),
    }),
    fields: [
      size,
      whole("Stride", "stride", 1, 5),
      whole("Padding", "padding", 0, 4),
      whole("Dilation", "dilation", 1, 4),
    ],
    mode: selection({
      label: "Padding holds",
      options: PADDING_MODES.map((mode) => [mode, mode]),
      value: "zeros",
      onChange: set("mode"),
    }),
    turned: choice({
      legend: "Operation",
      options: [
        ["no", "cross-correlation: as it is"],
        ["yes", "convolution: turned by 180°"],
      ],
      value: "no",
      onChange: (value) => set("turned")(value === "yes"),
    }),
  };
}

function presets(modelKernels) {
  const named = Object.keys(KERNELS).map((name) => [name, name]);
  const own = [["own", "own numbers"], ...named];
  return modelKernels.length
    ? [
        ["By hand", own],
        ["First layer of the open model", modelKernels.map(([name], place) => [`model-${place}`, name])],
      ]
    : own;
}

function sources(samples) {
  const own = [
    ["numbers", "own numbers"],
    ...DIGITS.map((digit) => [`digit-${digit}`, `a drawn ${digit}`]),
    ["empty", "an empty sheet to draw on"],
  ];
  return samples.length
    ? [
        ["Here", own],
        ["Test images of the open model", samples.map(({ name }, place) => [`sample-${place}`, name])],
      ]
    : own;
}

/** The name in the list of kernels that belongs to the present one. */
function presetOf({ kernel, modelKernels }) {
  const place = modelKernels.findIndex(([, known]) => known === kernel);
  return place < 0 ? (nameOf(kernel) ?? "own") : `model-${place}`;
}

function takeKernel(state, name, size, update) {
  const model = state.modelKernels[Number(name.split("-")[1])];
  const kernel = KERNELS[name] ?? (name.startsWith("model-") ? model[1] : state.kernel);
  Object.assign(state, { kernel, kernelSize: kernel.length });
  size.set(kernel.length);
  update();
}

function takeInput(state, name, update, editor) {
  const [kind, which] = name.split("-");
  state.source = kind === "numbers" ? "numbers" : "picture";
  if (kind === "digit") state.drawing = drawDigit(which);
  if (kind === "sample") [state.drawing] = state.samples[Number(which)].pixels;
  if (kind === "empty") state.drawing = emptyPicture();
  if (state.source !== "numbers") editor.resize([state.drawing.length, state.drawing[0].length]);
  update();
}

/** Kernels that fit this chapter are square and of one channel; pictures have one channel too. */
function offerModel(parts, state, model, update) {
  const layer = firstLayerOf(model);
  const square = (kernel) => kernel.length === kernel[0].length && kernel.length <= LARGEST_KERNEL;
  state.modelKernels = (layer?.kernels ?? [])
    .filter((channels) => channels.length === 1 && square(channels[0]))
    .map(([kernel], place) => [`kernel ${place}`, kernel]);
  state.samples = model?.inputShape[0] === 1 ? samplesOf(model) : [];
  const chosen = parts.input.value;
  parts.preset.offer(presets(state.modelKernels), presetOf(state));
  parts.input.offer(sources(state.samples), chosen.startsWith("sample") ? "empty" : chosen);
  update();
}

function showPlacement(parts, state, place) {
  const { matrix, sliding, kernel, map, limit, unread } = state.drawn;
  const position = [Math.floor(place / map[0].length), place % map[0].length];
  const one = placeKernel([matrix], [kernel], sliding, position);
  const around = sliding.padding;
  const filling = (row, column) => valueAt(matrix, row, column, sliding.mode);
  parts.matrix.show(matrix, { around, filling, window: one, unread, grey: state.source !== "numbers" });
  parts.kernel.show(state.kernel, { limit: limitOf(kernel) });
  parts.map.show(map, {
    limit,
    hidden: (row, column) => row * map[0].length + column > place,
    chosen: position,
    most: state.source === "numbers" ? undefined : MOST_NUMBERS,
  });
  const outside = (row, column) => (one.outside[row][column] ? ["padding"] : []);
  parts.covered.show(one.covered[0], { classes: outside, aside: "" });
  parts.used.show(kernel, { limit: limitOf(kernel), aside: state.turned ? "turned" : "" });
  parts.products.show(one.products[0], { limit: limitOf(one.products), aside: "" });
  parts.sum.say(writePlacement(one, 12));
  parts.editor.refresh();
}

function frame(parts) {
  return chapterFrame({
    id: "kernel",
    title: "A kernel slides over a matrix",
    text: [
      "A small matrix, the kernel, lies on a larger one. What stands on top of each other is multiplied, the products are added up, and the sum is one number of the map. Then the kernel moves on.",
      "The stride is how far it moves at a time. Padding puts rows and columns around the input, so that the kernel can reach over the edge. Dilation spreads the kernel’s cells apart.",
    ],
    bench: [
      controls(
        parts.input.element,
        parts.small,
        parts.preset.element,
        parts.fields.map((field) => field.element),
        parts.mode.element,
        parts.turned.element,
      ),
      parts.mistakes.element,
      element(
        "div",
        { class: "stage" },
        element("div", {}, parts.matrix.element, parts.pen),
        parts.kernel.element,
        parts.map.element,
      ),
      parts.steps.element,
      lineUp(parts.covered.element, "×", parts.used.element, "=", parts.products.element),
      parts.sum.element,
      parts.formula,
    ],
  });
}
