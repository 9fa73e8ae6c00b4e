// Chapter: a bias for each map, and a function that is not a straight line for every value.

import { element, fill } from "convlens/interface/dom.js";
import { activate, ACTIVATIONS, ruleOf, USUAL_SLOPE } from "convlens/views/learn/arithmetic/activations.js";
import { bracketed, equalsSign, shortNumber } from "convlens/views/learn/arithmetic/sentences.js";
import { chapterFrame, controls, lineUp } from "convlens/views/learn/chapter.js";
import { choice, mistakeLine, numberField, sumLine } from "convlens/views/learn/controls.js";
import { drawCurve } from "convlens/views/learn/curve.js";
import { numberGrid } from "convlens/views/learn/grids.js";
import { limitOf, matrixView } from "convlens/views/learn/matrices.js";
import { stepper } from "convlens/views/learn/steps.js";
import { tabRow } from "convlens/views/learn/tab_row.js";

/** `channels` is the chapter whose maps these are. */
export function activationChapter(channels) {
  const state = { biases: [], activation: "relu", slope: USUAL_SLOPE, chosen: 0, maps: channels.maps() };
  const parts = buildParts(state, { update, show });
  const { steps } = parts;

  function take(changedSource) {
    state.maps = channels.maps();
    takeSettings(parts, state, channels.nextOf(), changedSource);
    update();
  }
  function update() {
    const { maps } = state;
    state.chosen = Math.min(state.chosen, maps.length - 1);
    parts.tabs.choose(state.chosen);
    parts.slope.element.hidden = state.activation !== "leaky_relu";
    steps.setCount(maps[0].length * maps[0][0].length);
    parts.biases.show([state.biases], { classes: (_, map) => (map === state.chosen ? ["chosen"] : []) });
    show(steps.place, false);
  }
  function show(place, playing) {
    parts.sum.quiet(playing);
    showValue(parts, state, place);
  }
  channels.onMaps(take);
  take(true);
  return {
    element: frame(parts),
    update,
    pause: steps.pause,
    dispose: steps.dispose,
    maps: () => state.maps.map((map, number) => through(state, add(map, state.biases[number]))),
  };
}

function buildParts(state, { update, show }) {
  const mistakes = mistakeLine();
  const set = (key) => (value) => {
    state[key] = value;
    update();
  };
  const biases = numberGrid({
    name: "bias",
    vector: true,
    mistakes,
    onChange: (_, map, value) => set("biases")(state.biases.map((old, place) => (place === map ? value : old))),
  });
  const activation = choice({
    legend: "Activation",
    options: ACTIVATIONS.map((name) => [name, name]),
    value: "relu",
    onChange: set("activation"),
  });
  const widthOf = () => state.maps[0][0].length;
  const steps = stepper({
    name: "the values",
    onStep: show,
    describe: (place) => `row ${Math.floor(place / widthOf())}, column ${place % widthOf()} of map ${state.chosen}`,
    start: 1,
  });
  const pick = (row, column) => steps.go(row * widthOf() + column);
  return {
    mistakes,
    biases,
    activation,
    steps,
    sum: sumLine(),
    slope: numberField({
      label: "Slope below zero",
      name: "slope",
      value: state.slope,
      mistakes,
      onChange: set("slope"),
    }),
    tabs: tabRow({ name: "Which map", onChoose: set("chosen") }),
    views: {
      sums: matrixView({ name: "map", caption: "Map", onPick: pick }),
      biased: matrixView({ name: "map with bias", caption: "with bias", onPick: pick }),
      activated: matrixView({ name: "activated map", caption: "activated", onPick: pick }),
    },
    curve: element("div", { class: "curve" }),
    rule: element("p", { class: "formula" }),
  };
}

/** Bias and activation that belong to the maps; what was chosen here stays as long as these are the same maps. */
function takeSettings(parts, state, next, changedSource) {
  if (changedSource || next.biases.length !== state.biases.length) {
    Object.assign(state, { biases: [...next.biases], activation: next.activation, slope: next.slope ?? USUAL_SLOPE });
    parts.activation.set(state.activation);
    parts.slope.set(state.slope);
  }
  parts.tabs.offer(
    state.maps.map((_, map) => `map ${map}`),
    state.chosen,
  );
}

function add(map, bias) {
  return map.map((line) => line.map((value) => value + bias));
}

function through({ activation, slope }, map) {
  return map.map((line) => line.map((value) => activate(value, activation, slope)));
}

function showValue({ views, curve, rule, sum }, state, place) {
  const map = state.maps[state.chosen];
  const bias = state.biases[state.chosen];
  const chosen = [Math.floor(place / map[0].length), place % map[0].length];
  const biased = add(map, bias);
  const activated = through(state, biased);
  const limit = limitOf([map, biased]);
  views.sums.show(map, { limit, chosen });
  views.biased.show(biased, { limit, chosen });
  views.activated.show(activated, { limit: limitOf(activated), chosen });
  const [before, total, result] = [map, biased, activated].map((one) => one[chosen[0]][chosen[1]]);
  const { activation, slope } = state;
  fill(curve, drawCurve({ name: activation, slope, values: biased.flat(), chosen: total }));
  fill(rule, `${activation === "none" ? "no activation" : activation}: ${ruleOf(activation, slope)}`);
  const after = activation === "none" ? "" : `, ${activation} ${shortNumber(result)}`;
  sum.say(
    `${shortNumber(before)} + bias ${bracketed(bias)} ${equalsSign(before, bias, total)} ${shortNumber(total)}${after}`,
  );
}

function frame({ activation, slope, biases, mistakes, tabs, views, curve, rule, steps, sum }) {
  return chapterFrame({
    id: "activation",
    title: "Bias and activation",
    text: [
      "Each kernel has one more number, its bias, which is added to every value of its map. Then every value goes through the activation, a function that is not a straight line: without one, any number of layers could do no more than a single one.",
      "These are the maps of the chapter above.",
    ],
    bench: [
      controls(
        activation.element,
        slope.element,
        element(
          "div",
          { class: "field" },
          element("span", {}, "Bias of each map"),
          element("div", { class: "scroll" }, biases.element),
        ),
      ),
      mistakes.element,
      tabs.element,
      element(
        "div",
        { class: "stage trio" },
        lineUp(views.sums.element, "→", views.biased.element, "→", views.activated.element),
        element("div", { class: "curve-part" }, curve, rule),
      ),
      steps.element,
      sum.element,
    ],
  });
}
