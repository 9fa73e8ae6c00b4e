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
const FIRST = {
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

export function channelsChapter() {
  const state = { ...FIRST };
  const listeners = new Set();
  const parts = buildParts(state, { update, show, choose });
  const { steps } = parts;

  function update(changedSource = false) {
    const layer = chosenLayer(state);
    const mistake = findWindowMistake(layer.size, layer.sliding);
    parts.mistakes.report("window", mistake);
    if (mistake) return;
    compute(state, layer);
    showLayer(parts, state);
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
    nextOf: () => nextOf(state),
    onMaps: (listener) => listeners.add(listener),
  };
}

/** Image, kernels and how they slide: one's own, or those of the open model and one of its test images. */
function chosenLayer(state) {
  const model = state.source === "model";
  const sample = state.samples[state.sample];
  const image = model ? sample.input : state.image;
  return {
    image,
    kernels: model ? state.layer.kernels : state.kernels,
    sliding: model ? state.layer.sliding : squareWindow({ ...state, kernel: state.kernelSize }),
    size: [image[0].length, image[0][0].length],
    pixels: model ? sample.pixels : null,
  };
}

function compute(state, { image, kernels, sliding, size, pixels }) {
  const maps = makeMaps(image, kernels, sliding);
  Object.assign(state, {
    chosen: Math.min(state.chosen, kernels.length - 1),
    repaint: true,
    drawn: { image, kernels, sliding, maps, limit: limitOf(maps), unread: unreadOf(size, sliding), pixels },
  });
}

function showLayer(parts, state) {
  const { kernels, maps } = state.drawn;
  const model = state.source === "model";
  parts.steps.setCount(maps[0].length * maps[0][0].length);
  parts.own.hidden = model;
  parts.sample.element.hidden = !model;
  rebuild(parts, state);
  const full = limitOf(kernels);
  parts.tabs.offer(
    kernels.map((kernel, number) => [paintThumb(kernel, full), `kernel ${number}`]),
    state.chosen,
  );
}

/** Bias and activation that belong to these maps. */
function nextOf({ source, layer, kernels }) {
  return source === "model" ? layer : { biases: kernels.map((_, place) => BIASES[place] ?? 0), activation: "relu" };
}

function buildParts(state, { update, show, choose }) {
  const mistakes = mistakeLine();
  const source = selection({
    label: "Numbers",
    options: [["own", "own numbers"]],
    value: "own",
    onChange: (value) => {
      Object.assign(state, { source: value, chosen: 0 });
      update(true);
    },
  });
  const takeSample = (value) => {
    state.sample = Number(value);
    update();
  };
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
    own: buildFields(state, mistakes, update),
    source,
    sample: selection({ label: "Test image", options: [], value: "", onChange: takeSample }),
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

/** What is chosen for one's own numbers: how many kernels, their size, and how they slide. */
function buildFields(state, mistakes, update) {
  const set = (key) => (value) => {
    state[key] = value;
    update();
  };
  const resize = (count, size) => {
    state.kernelSize = size;
    state.kernels = resizeKernels(state, count, size);
    update(true);
  };
  const whole = (label, value, least, most, onChange) =>
    wholeField({ label, value, least, most, mistakes, onChange }).element;
  return element(
    "div",
    { class: "fields" },
    whole("Kernels", 2, 1, MOST_KERNELS, (count) => resize(count, state.kernelSize)),
    whole("Kernel size", 2, 1, 3, (size) => resize(state.kernels.length, size)),
    whole("Stride", state.stride, 1, 3, set("stride")),
    whole("Padding", state.padding, 0, 2, set("padding")),
  );
}

function resizeKernels({ image, kernels }, count, size) {
  return Array.from({ length: count }, (_, kernel) =>
    image.map((_, channel) =>
      resizeMatrix(kernels[kernel]?.[channel] ?? [[]], size, size, (y, x) => ((kernel + channel + y + 2 * x) % 3) - 1),
    ),
  );
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
