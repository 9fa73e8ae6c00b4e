// Chapter: max and average pooling.

import { element } from "convlens/interface/dom.js";
import { findPoolingMistake, placePooling, poolMatrix } from "convlens/views/learn/arithmetic/pooling.js";
import { replaceAt, resizeMatrix } from "convlens/views/learn/arithmetic/kernels.js";
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
  const parts = buildParts(state, { update, show, takeMaps: () => activation.maps() });
  const { steps } = parts;

  function update() {
    const shape = [state.values.length, state.values[0].length];
    const sliding = squareWindow(state);
    const mistake = findPoolingMistake(shape, sliding, state.ceil);
    parts.mistakes.report("window", mistake);
    if (mistake) return;
    state.drawn = poolMatrix(state.values, state.kind, sliding, state.ceil);
    state.sliding = sliding;
    steps.setCount(state.drawn.flat().length);
    parts.formula.replaceChildren(...(state.ceil ? [sayPooled(state.drawn)] : describeSize(shape, sliding)));
    show(steps.place, false);
  }
  function show(place, playing) {
    parts.sum.quiet(playing);
    showWindow(parts, state, place);
  }
  update();
  return { element: frame(parts), update, pause: steps.pause, dispose: steps.dispose };
}

function buildParts(state, { update, show, takeMaps }) {
  const mistakes = mistakeLine();
  const set = (key) => (value) => {
    state[key] = value;
    update();
  };
  const edit = (row, column, value) => set("values")(replaceAt(state.values, row, column, value));
  const steps = stepper({
    name: "the window",
    onStep: show,
    describe: (place) =>
      state.drawn
        ? `row ${Math.floor(place / state.drawn[0].length)}, column ${place % state.drawn[0].length} of the result`
        : "",
    start: 0,
  });
  const pick = (row, column) => steps.go(row * state.drawn[0].length + column);
  return {
    mistakes,
    steps,
    sum: sumLine(),
    ...buildFields(state, { mistakes, set, takeMaps }),
    input: matrixView({ name: "input", caption: "Input", onChange: edit, mistakes }),
    result: matrixView({ name: "result", caption: "Result", onPick: pick }),
    formula: element("div", { class: "formulas" }),
  };
}

function buildFields(state, { mistakes, set, takeMaps }) {
  const resize = (size) => set("values")(resizeMatrix(state.values, size, size, (y, x) => (3 * y + 5 * x) % 9));
  const size = wholeField({ label: "Input size", value: 4, least: 1, most: LARGEST_SIDE, mistakes, onChange: resize });
  const whole = (label, key, least, most) =>
    wholeField({ label, value: state[key], least, most, mistakes, onChange: set(key) });
  const take = () => {
    const [values] = takeMaps();
    if (values.length <= LARGEST_SIDE) size.set(values.length);
    set("values")(values);
  };
  return {
    fields: [size, whole("Window", "kernel", 1, 5), whole("Stride", "stride", 1, 5), whole("Padding", "padding", 0, 2)],
    kind: choice({
      legend: "Takes",
      options: [
        ["max", "the largest"],
        ["average", "the average"],
      ],
      value: "max",
      onChange: set("kind"),
    }),
    ceil: checkbox({ label: "a last window may hang over the end", value: false, onChange: set("ceil") }),
    take: button("Take the first map of the chapter above", take),
  };
}

function showWindow({ input, result, sum }, { drawn, sliding, values, kind, padding, ceil }, place) {
  const position = [Math.floor(place / drawn[0].length), place % drawn[0].length];
  const one = placePooling(values, kind, sliding, position);
  const isWinner = (row, column) => one.winner?.[0] === row && one.winner[1] === column;
  input.show(values, {
    around: [padding, padding],
    filling: () => (kind === "average" ? 0 : null),
    window: one,
    chosen: one.winner,
    unread: ceil ? null : unreadOf([values.length, values[0].length], sliding),
    limit: undefined,
    classes: (row, column) => (isWinner(row, column) ? ["winner"] : []),
  });
  const limit = limitOf(values);
  result.show(drawn, { limit, hidden: (row, column) => row * drawn[0].length + column > place, chosen: position });
  sum.say(writePooling(one));
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
