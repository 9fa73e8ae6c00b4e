// Chapter: a bias for each map, and a function that is not a straight line for every value.

import { element, fill } from "convlens/interface/dom.js";
import { activate, ACTIVATIONS, ruleOf, USUAL_SLOPE } from "convlens/views/learn/arithmetic/activations.js";
import { bracketed, equalsSign, shortNumber } from "convlens/views/learn/arithmetic/sentences.js";
import { readNumber } from "convlens/views/learn/arithmetic/reading.js";
import { chapterFrame, controls, lineUp } from "convlens/views/learn/chapter.js";
import { choice, labelled, mistakeLine, sumLine } from "convlens/views/learn/controls.js";
import { drawCurve } from "convlens/views/learn/curve.js";
import { numberGrid } from "convlens/views/learn/grids.js";
import { limitOf, matrixView } from "convlens/views/learn/matrices.js";
import { stepper } from "convlens/views/learn/steps.js";
import { tabRow } from "convlens/views/learn/tab_row.js";

/** `channels` is the chapter whose maps these are. */
export function activationChapter(channels) {
  const state = { biases: [], activation: "relu", slope: USUAL_SLOPE, chosen: 0 };
  const mistakes = mistakeLine();
  const sum = sumLine();
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
  const slope = slopeField({ value: state.slope, mistakes, onChange: set("slope") });
  const tabs = tabRow({ name: "Which map", onChoose: set("chosen") });
  const pick = (row, column) => steps.go(row * widthOf() + column);
  const views = {
    sums: matrixView({ name: "map", caption: "Map", onPick: pick }),
    biased: matrixView({ name: "map with bias", caption: "with bias", onPick: pick }),
    activated: matrixView({ name: "activated map", caption: "activated", onPick: pick }),
  };
  const curve = element("div", { class: "curve" });
  const rule = element("p", { class: "formula" });
  const steps = stepper({
    name: "the values",
    onStep: show,
    describe: (place) => `row ${Math.floor(place / widthOf())}, column ${place % widthOf()} of map ${state.chosen}`,
    start: 1,
  });
  const widthOf = () => channels.maps()[0][0].length;

  function take(changedSource) {
    const next = channels.nextOf();
    if (changedSource || next.biases.length !== state.biases.length) {
      Object.assign(state, { biases: [...next.biases], activation: next.activation, slope: next.slope ?? USUAL_SLOPE });
      activation.set(state.activation);
      slope.set(state.slope);
    }
    tabs.offer(
      channels.maps().map((_, map) => `map ${map}`),
      state.chosen,
    );
    update();
  }
  function results() {
    return channels
      .maps()
      .map((map, number) => map.map((line) => line.map((value) => activate(value + state.biases[number], state.activation, state.slope))));
  }
  function update() {
    const maps = channels.maps();
    state.chosen = Math.min(state.chosen, maps.length - 1);
    tabs.choose(state.chosen);
    slope.element.hidden = state.activation !== "leaky_relu";
    steps.setCount(maps[0].length * widthOf());
    biases.show([state.biases], { classes: (_, map) => (map === state.chosen ? ["chosen"] : []) });
    show(steps.place, false);
  }
  function show(place, playing) {
    sum.quiet(playing);
    const map = channels.maps()[state.chosen];
    const bias = state.biases[state.chosen];
    const chosen = [Math.floor(place / widthOf()), place % widthOf()];
    const biased = map.map((line) => line.map((value) => value + bias));
    const activated = biased.map((line) => line.map((value) => activate(value, state.activation, state.slope)));
    const limit = limitOf([map, biased]);
    views.sums.show(map, { limit, chosen });
    views.biased.show(biased, { limit, chosen });
    views.activated.show(activated, { limit: limitOf(activated), chosen });
    const [before, total, result] = [map, biased, activated].map((one) => one[chosen[0]][chosen[1]]);
    fill(curve, drawCurve({ name: state.activation, slope: state.slope, values: biased.flat(), chosen: total }));
    fill(rule, `${state.activation === "none" ? "no activation" : state.activation}: ${ruleOf(state.activation, state.slope)}`);
    const through = state.activation === "none" ? "" : `, ${state.activation} ${shortNumber(result)}`;
    sum.say(`${shortNumber(before)} + bias ${bracketed(bias)} ${equalsSign(before, bias, total)} ${shortNumber(total)}${through}`);
  }
  channels.onMaps(take);
  take(true);
  return {
    element: frame({ activation, slope, biases, mistakes, tabs, views, curve, rule, steps, sum }),
    update,
    pause: steps.pause,
    dispose: steps.dispose,
    maps: results,
  };
}

/** leaky_relu's slope, a number with a point. */
function slopeField({ value, mistakes, onChange }) {
  const input = element("input", { type: "text", inputmode: "decimal", class: "whole", value, "aria-describedby": mistakes.id });
  input.addEventListener("input", () => {
    const read = readNumber("the slope", input.value);
    mistakes.report("slope", read.mistake ?? null);
    input.toggleAttribute("aria-invalid", false);
    if (read.mistake) input.setAttribute("aria-invalid", "true");
    else onChange(read.value);
  });
  return { element: labelled("Slope below zero", input), set: (next) => (input.value = shortNumber(next)) };
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
        element("div", { class: "field" }, element("span", {}, "Bias of each map"), element("div", { class: "scroll" }, biases.element)),
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
