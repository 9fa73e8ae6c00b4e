// Chapter: a whole network by hand, layer after layer, and what each of its numbers was made of.

import { element } from "convlens/interface/dom.js";
import { replaceAt } from "convlens/views/learn/arithmetic/kernels.js";
import { explainNumber, MADE, runNetwork } from "convlens/views/learn/arithmetic/network.js";
import { chapterFrame, lineUp } from "convlens/views/learn/chapter.js";
import { mistakeLine, sumLine } from "convlens/views/learn/controls.js";
import { limitOf, matrixView } from "convlens/views/learn/matrices.js";
import { stepper } from "convlens/views/learn/steps.js";

/** The numbers of docs/operations.md. */
const TUTORIAL = {
  image: [
    [1, 2, 0],
    [3, 1, 2],
    [0, 2, 4],
  ],
  kernel: [
    [1, 0],
    [2, 1],
  ],
  bias: [[-7]],
  weights: [
    [1, 1, 1, 1],
    [1, 0, 0, -1],
  ],
  biases: [[0], [0.5]],
};
const NAMES = {
  image: "input",
  kernel: "kernel",
  bias: "bias",
  weights: "weights",
  biases: "biases",
  conv: "conv 1 2x2",
  relu: "relu",
  flatten: "flatten",
  dense: "dense 2",
  powers: "eˣ",
  softmax: "softmax",
};

export function networkChapter() {
  const state = { given: TUTORIAL, made: null, order: [] };
  const edit = (key) => (row, column, value) => {
    state.given = { ...state.given, [key]: replaceAt(state.given[key], row, column, value) };
    update();
  };
  const parts = buildParts(state, { edit, show });

  function update() {
    state.made = runNetwork(state.given);
    state.order = orderOf(state.made);
    parts.steps.setCount(state.order.length);
    show(parts.steps.place, false);
  }
  function show(place, playing) {
    parts.sum.quiet(playing);
    showNumber(parts, state.made, state.order[place]);
  }
  update();
  return { element: frame(parts), update, pause: parts.steps.pause, dispose: parts.steps.dispose };
}

/** Every number that the network makes, in its order: [name of the layer, row, column]. */
function orderOf(made) {
  return MADE.flatMap((name) => made[name].flatMap((line, row) => line.map((_, column) => [name, row, column])));
}

function buildParts(state, { edit, show }) {
  const mistakes = mistakeLine();
  const steps = stepper({
    name: "the network",
    unit: "number",
    onStep: show,
    describe: (place) => (state.order[place] ? nameOf(state.order[place]) : ""),
  });
  const pick = (name) => (row, column) =>
    steps.go(state.order.findIndex((one) => one.join() === [name, row, column].join()));
  const views = Object.entries(NAMES).map(([key, name]) => [
    key,
    matrixView({ name, mistakes, ...(MADE.includes(key) ? { onPick: pick(key) } : { onChange: edit(key) }) }),
  ]);
  const shifted = element(
    "p",
    { class: "remark" },
    "These outputs are so far from zero that the largest is taken off each of them first. The probabilities stay the same.",
  );
  return { mistakes, steps, views: Object.fromEntries(views), shifted, sum: sumLine() };
}

function nameOf([name, row, column]) {
  return `row ${row}, column ${column} of ${NAMES[name]}`;
}

function showNumber(parts, made, chosen) {
  const [name, ...place] = chosen;
  const { lit, sentence } = explainNumber(made, name, place);
  const limits = limitsOf(made);
  for (const [key, view] of Object.entries(parts.views)) {
    const went = new Set((lit[key] ?? []).map(String));
    view.show(made[key], {
      limit: limits[key],
      aside: "",
      chosen: key === name ? place : null,
      classes: (row, column) => (went.has(`${row},${column}`) ? ["covered"] : []),
    });
  }
  parts.shifted.hidden = !made.shift;
  parts.sum.say(`${NAMES[name]}, row ${place[0]}, column ${place[1]}: ${sentence}`);
}

/** What gets the full colour; maps of one size share it, so that relu is seen to change nothing above zero. */
function limitsOf({ kernel, weights, conv, dense }) {
  const map = limitOf(conv);
  return {
    kernel: limitOf(kernel),
    weights: limitOf(weights),
    conv: map,
    relu: map,
    flatten: map,
    dense: limitOf(dense),
    softmax: 1,
  };
}

function frame({ mistakes, steps, views, shifted, sum }) {
  return chapterFrame({
    id: "network",
    title: "A network",
    text: [
      [
        "In a network each layer works on what the one before has made. This is one of the smallest, ",
        element("code", {}, "conv 1 2x2, relu, dense 2"),
        ": a kernel, an activation, and a dense layer with two outputs, one for each class.",
      ],
      "A dense layer is cross-correlation once more: all its inputs, in one row, with the weights of each output. Softmax makes probabilities of the outputs: e to the power of each, divided by the sum of these powers.",
      "Change the input or any weight. Choose a number of any layer, and what it was made of lights up.",
    ],
    bench: [
      lineUp(
        views.image.element,
        "→",
        views.kernel.element,
        "+",
        views.bias.element,
        "→",
        views.conv.element,
        "→",
        views.relu.element,
      ),
      lineUp(
        views.flatten.element,
        "→",
        views.weights.element,
        "+",
        views.biases.element,
        "→",
        views.dense.element,
        "→",
        views.powers.element,
        "→",
        views.softmax.element,
      ),
      mistakes.element,
      steps.element,
      sum.element,
      shifted,
    ],
  });
}
