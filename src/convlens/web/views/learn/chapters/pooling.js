// Chapter: max and average pooling.

import { element } from "convlens/interface/dom.js";
import { findPoolingMistake, placePooling, poolMatrix } from "convlens/views/learn/arithmetic/pooling.js";
import { resizeMatrix } from "convlens/views/learn/arithmetic/kernels.js";
import { writePooling } from "convlens/views/learn/arithmetic/sentences.js";
import { squareWindow } from "convlens/views/learn/arithmetic/windows.js";
import { chapterFrame, controls } from "convlens/views/learn/chapter.js";
import { button, checkbox, choice, mistakeLine, sumLine, wholeField } from "convlens/views/learn/controls.js";
import { limitOf, matrixView } from "convlens/views/learn/matrices.js";
import { stepper } from "convlens/views/learn/steps.js";
import { describeSize, unreadOf } from "convlens/views/learn/unread.js";

const TUTORIAL = [
  [1, 3, 2, 1],
  [4, 8, 0, 1],
  [2, 2, 5, 7],
  [0, 4, 6, 2],
];

const LARGEST_SIDE = 9;

/** `activation` is the chapter whose maps can be taken. */
export function poolingChapter(activation) {
  const state = { values: TUTORIAL, kind: "max", kernel: 2, stride: 2, padding: 0, ceil: false, drawn: null };
  const mistakes = mistakeLine();
  const sum = sumLine();
  const set = (key) => (value) => {
    state[key] = value;
    update();
  };
  const resize = (size) => {
    state.values = resizeMatrix(state.values, size, size, (y, x) => (3 * y + 5 * x) % 9);
    update();
  };
  const edit = (row, column, value) => {
    state.values = state.values.map((line, y) => (y === row ? line.map((old, x) => (x === column ? value : old)) : line));
    update();
  };
  const size = wholeField({ label: "Input size", value: 4, least: 1, most: LARGEST_SIDE, mistakes, onChange: resize });
  const whole = (label, key, least, most) => wholeField({ label, value: state[key], least, most, mistakes, onChange: set(key) });
  const fields = [size, whole("Window", "kernel", 1, 5), whole("Stride", "stride", 1, 5), whole("Padding", "padding", 0, 2)];
  const kind = choice({
    legend: "Takes",
    options: [
      ["max", "the largest"],
      ["average", "the average"],
    ],
    value: "max",
    onChange: set("kind"),
  });
  const ceil = checkbox({ label: "a last window may hang over the end", value: false, onChange: set("ceil") });
  const take = button("Take the first map of the chapter above", () => {
    [state.values] = activation.maps();
    if (state.values.length <= LARGEST_SIDE) size.set(state.values.length);
    update();
  });
  const input = matrixView({ name: "input", caption: "Input", onChange: edit, mistakes });
  const result = matrixView({ name: "result", caption: "Result", onPick: (row, column) => steps.go(row * state.drawn[0].length + column) });
  const formula = element("div", { class: "formulas" });
  const steps = stepper({
    name: "the window",
    onStep: show,
    describe: (place) =>
      state.drawn ? `row ${Math.floor(place / state.drawn[0].length)}, column ${place % state.drawn[0].length} of the result` : "",
    start: 0,
  });

  function update() {
    const shape = [state.values.length, state.values[0].length];
    const sliding = squareWindow(state);
    const mistake = findPoolingMistake(shape, sliding, state.ceil);
    mistakes.report("window", mistake);
    if (mistake) return;
    state.drawn = poolMatrix(state.values, state.kind, sliding, state.ceil);
    state.sliding = sliding;
    steps.setCount(state.drawn.flat().length);
    formula.replaceChildren(...(state.ceil ? [sayPooled(state.drawn)] : describeSize(shape, sliding)));
    show(steps.place, false);
  }
  function show(place, playing) {
    sum.quiet(playing);
    const { drawn, sliding, values, kind: taken } = state;
    const position = [Math.floor(place / drawn[0].length), place % drawn[0].length];
    const one = placePooling(values, taken, sliding, position);
    const isWinner = (row, column) => one.winner?.[0] === row && one.winner[1] === column;
    input.show(values, {
      around: [state.padding, state.padding],
      filling: () => (taken === "average" ? 0 : null),
      window: one,
      chosen: one.winner,
      unread: state.ceil ? null : unreadOf([values.length, values[0].length], sliding),
      limit: undefined,
      classes: (row, column) => (isWinner(row, column) ? ["winner"] : []),
    });
    const limit = limitOf(values);
    result.show(drawn, { limit, hidden: (row, column) => row * drawn[0].length + column > place, chosen: position });
    sum.say(writePooling(one));
  }
  update();
  return {
    element: frame({ kind, fields, ceil, take, mistakes, input, result, steps, sum, formula }),
    update,
    pause: steps.pause,
    dispose: steps.dispose,
  };
}

function sayPooled(result) {
  return element(
    "p",
    { class: "formula" },
    `${result.length} row${result.length === 1 ? "" : "s"} and ${result[0].length} column${result[0].length === 1 ? "" : "s"}: the division is rounded up where a last window still begins inside.`,
  );
}

function frame({ kind, fields, ceil, take, mistakes, input, result, steps, sum, formula }) {
  return chapterFrame({
    id: "pooling",
    title: "Pooling",
    text: [
      "A window without weights slides over every map by itself and takes the largest of what it covers, or the average. It usually moves by its own size, so that a 2×2 window keeps a quarter of the numbers.",
      "What lies in the padding takes part in no maximum, and counts as zero in an average.",
    ],
    bench: [
      controls(
        kind.element,
        fields.map((field) => field.element),
        ceil.element,
        take,
      ),
      mistakes.element,
      element("div", { class: "stage" }, input.element, result.element),
      steps.element,
      sum.element,
      formula,
    ],
  });
}
