// Chapter: an image with channels, kernels with as many, and a map for each kernel.

import { element } from "convlens/interface/dom.js";
import { resizeMatrix } from "convlens/views/learn/arithmetic/kernels.js";
import { makeMaps } from "convlens/views/learn/arithmetic/tensors.js";
import { findWindowMistake, squareWindow } from "convlens/views/learn/arithmetic/windows.js";
import { chapterFrame, controls } from "convlens/views/learn/chapter.js";
import { mistakeLine, selection, sumLine, wholeField } from "convlens/views/learn/controls.js";
import { paintThumb, rebuild, showPlacement } from "convlens/views/learn/chapters/channel_grids.js";
import { limitOf } from "convlens/views/learn/matrices.js";
import { firstLayerOf, samplesOf } from "convlens/views/learn/model_parts.js";
import { stepper } from "convlens/views/learn/steps.js";
import { tabRow } from "convlens/views/learn/tab_row.js";
import { unreadOf } from "convlens/views/learn/unread.js";

const IMAGE = [
  [
    [1, 0, 2, 3],
    [0, 1, 1, 3],
    [2, 1, 0, 1],
    [3, 2, 0, 0],
  ],
  [
    [0, 1, 1, 0],
    [2, 0, 1, 1],
    [1, 0, 2, 3],
    [0, 1, 3, 2],
  ],
  [
    [1, 1, 0, 0],
    [0, 2, 1, 0],
    [0, 1, 1, 2],
    [1, 0, 2, 3],
  ],
];
const KERNELS = [
  [
    [
      [1, 0],
      [0, 1],
    ],
    [
      [0, -1],
      [1, 0],
    ],
    [
      [1, 1],
      [0, 0],
    ],
  ],
  [
    [
      [0, 1],
      [-1, 0],
    ],
    [
      [1, 0],
      [0, -2],
    ],
    [
      [0, 0],
      [1, -1],
    ],
  ],
];
const BIASES = [-2, 1];
const MOST_KERNELS = 4;

export function channelsChapter() {
  const state = {
    source: "own",
    sample: 0,
    samples: [],
    layer: null,
    image: IMAGE,
    kernels: KERNELS,
    kernelSize: 2,
    stride: 1,
    padding: 0,
    chosen: 0,
    drawn: null,
  };
  const listeners = new Set();
  const parts = buildParts(state, { update, show, choose });
  const { steps } = parts;

  function update(changedSource = false) {
    const model = state.source === "model";
    const sample = state.samples[state.sample];
    const image = model ? sample.input : state.image;
    const kernels = model ? state.layer.kernels : state.kernels;
    const sliding = model ? state.layer.sliding : squareWindow({ ...state, kernel: state.kernelSize });
    const size = [image[0].length, image[0][0].length];
    const mistake = findWindowMistake(size, sliding);
    parts.mistakes.report("window", mistake);
    if (mistake) return;
    const maps = makeMaps(image, kernels, sliding);
    state.chosen = Math.min(state.chosen, kernels.length - 1);
    state.repaint = true;
    state.drawn = {
      image,
      kernels,
      sliding,
      maps,
      limit: limitOf(maps),
      unread: unreadOf(size, sliding),
      pixels: model ? sample.pixels : null,
    };
    steps.setCount(maps[0].length * maps[0][0].length);
    parts.own.hidden = model;
    parts.sample.element.hidden = !model;
    rebuild(parts, state);
    const full = limitOf(kernels);
    parts.tabs.offer(
      kernels.map((kernel, number) => [paintThumb(kernel, full), `kernel ${number}`]),
      state.chosen,
    );
    show(steps.place, false);
    listeners.forEach((listener) => listener(changedSource));
  }
  function show(place, playing) {
    parts.sum.quiet(playing);
    if (state.drawn) showPlacement(parts, state, place);
  }
  function choose(kernel, place = steps.place) {
    state.chosen = kernel;
    parts.tabs.choose(kernel);
    if (place === steps.place) show(place, false);
    else steps.go(place);
  }
  update();
  steps.go(1);
  return {
    element: frame(parts),
    update: () => update(),
    pause: steps.pause,
    dispose: steps.dispose,
    onModel: (model) => offerModel(parts, state, model, update),
    maps: () => state.drawn.maps,
    /** Bias and activation that belong to these maps. */
    nextOf: () =>
      state.source === "model" ? state.layer : { biases: state.kernels.map((_, place) => BIASES[place] ?? 0), activation: "relu" },
    onMaps: (listener) => listeners.add(listener),
  };
}

function buildParts(state, { update, show, choose }) {
  const mistakes = mistakeLine();
  const set = (key) => (value) => {
    state[key] = value;
    update();
  };
  const resizeKernels = (count, size) => {
    state.kernelSize = size;
    state.kernels = Array.from({ length: count }, (_, kernel) =>
      state.image.map((_, channel) =>
        resizeMatrix(state.kernels[kernel]?.[channel] ?? [[]], size, size, (y, x) => ((kernel + channel + y + 2 * x) % 3) - 1),
      ),
    );
    update(true);
  };
  const count = wholeField({
    label: "Kernels",
    value: 2,
    least: 1,
    most: MOST_KERNELS,
    mistakes,
    onChange: (value) => resizeKernels(value, state.kernelSize),
  });
  const size = wholeField({
    label: "Kernel size",
    value: 2,
    least: 1,
    most: 3,
    mistakes,
    onChange: (value) => resizeKernels(state.kernels.length, value),
  });
  const whole = (label, key, least, most) => wholeField({ label, value: state[key], least, most, mistakes, onChange: set(key) });
  const own = element(
    "div",
    { class: "fields" },
    count.element,
    size.element,
    whole("Stride", "stride", 1, 3).element,
    whole("Padding", "padding", 0, 2).element,
  );
  const source = selection({
    label: "Numbers",
    options: [["own", "own numbers"]],
    value: "own",
    onChange: (value) => {
      Object.assign(state, { source: value, chosen: 0 });
      update(true);
    },
  });
  const sample = selection({ label: "Test image", options: [], value: "", onChange: (value) => set("sample")(Number(value)) });
  const steps = stepper({
    name: "the kernel with channels",
    onStep: show,
    describe: (place) => {
      const width = state.drawn?.maps[0][0].length ?? 1;
      return `row ${Math.floor(place / width)}, column ${place % width} of map ${state.chosen}`;
    },
  });
  return {
    mistakes,
    steps,
    own,
    source,
    sample,
    sum: sumLine(),
    choose,
    photo: element("canvas", { class: "photo", role: "img" }),
    tabs: tabRow({ name: "Which kernel", onChoose: (kernel) => choose(kernel) }),
    channels: element("div", { class: "stage tight" }),
    rows: element("div", { class: "channel-rows" }),
    maps: element("div", { class: "stage tight" }),
    views: null,
    update,
  };
}

function offerModel(parts, state, model, update) {
  state.layer = firstLayerOf(model);
  state.samples = state.layer ? samplesOf(model) : [];
  const there = state.layer && state.samples.length > 0;
  const options = [["own", "own numbers"]];
  if (there) options.push(["model", `the open model’s first layer, ${state.layer.name}`]);
  if (!there) state.source = "own";
  Object.assign(state, { sample: 0, chosen: 0 });
  parts.source.offer(options, state.source);
  parts.sample.offer(
    state.samples.map(({ name }, place) => [`${place}`, name]),
    "0",
  );
  if (parts.views) parts.views.shape = "";
  update(true);
}

function frame(parts) {
  return chapterFrame({
    id: "channels",
    title: "Channels and kernels",
    text: [
      "A colour image is three matrices of the same size: red, green and blue, its channels. A kernel has as many channels as the image. Each lies on its own, and the partial sums are added: three channels in, one map out.",
      "Every kernel looks for something else and makes a map of its own: K kernels, K maps.",
    ],
    bench: [
      controls(parts.source.element, parts.sample.element, parts.own),
      parts.mistakes.element,
      parts.channels,
      parts.tabs.element,
      parts.rows,
      parts.steps.element,
      parts.sum.element,
      parts.maps,
    ],
  });
}
