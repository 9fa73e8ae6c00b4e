// Chapter: how many placements there are, what the floor drops, and how often each cell is read.

import { element, fill, svg } from "convlens/interface/dom.js";
import { shortNumber } from "convlens/views/learn/arithmetic/sentences.js";
import {
  cellsRead,
  countCoverage,
  countReads,
  dropped,
  findWindowMistake,
  outputSize,
  outputSizeFormula,
  reach,
  squareWindow,
} from "convlens/views/learn/arithmetic/windows.js";
import { chapterFrame, controls } from "convlens/views/learn/chapter.js";
import { mistakeLine, newId, wholeField } from "convlens/views/learn/controls.js";
import { limitOf, matrixView } from "convlens/views/learn/matrices.js";
import { sayLost, unreadOf } from "convlens/views/learn/unread.js";

const FIELDS = [
  ["size", "Input size n", 1, 14],
  ["kernel", "Kernel size k", 1, 7],
  ["stride", "Stride s", 1, 5],
  ["padding", "Padding p", 0, 3],
  ["dilation", "Dilation d", 1, 3],
];

export function mapSize() {
  const state = { size: 8, kernel: 3, stride: 2, padding: 0, dilation: 1 };
  const parts = buildParts(state, update);

  function update() {
    const sliding = squareWindow(state);
    const mistake = findWindowMistake([state.size, state.size], sliding);
    parts.mistakes.report("window", mistake);
    fill(parts.formula, outputSizeFormula(...numbersOf(state)));
    if (!mistake) showPositions(parts, state, sliding);
  }
  update();
  return { element: frame(parts), update };
}

function numbersOf({ size, kernel, stride, padding, dilation }) {
  return [size, kernel, stride, padding, dilation];
}

function buildParts(state, update) {
  const mistakes = mistakeLine();
  const field = ([key, label, least, most]) =>
    wholeField({
      label,
      name: label.slice(0, -2).toLowerCase(),
      value: state[key],
      least,
      most,
      mistakes,
      onChange: (value) => {
        state[key] = value;
        update();
      },
    });
  return {
    mistakes,
    fields: FIELDS.map(field),
    formula: element("p", { class: "formula", "aria-live": "polite" }),
    steps: element("p", {}),
    lost: element("p", { class: "lost" }),
    ruler: element("div", {
      class: "scroll",
      tabindex: 0,
      role: "group",
      "aria-label": "Positions of the kernel along one axis",
    }),
    coverage: matrixView({ name: "how many placements read each cell", caption: "How many placements read each cell" }),
  };
}

function showPositions({ steps, lost, ruler, coverage }, state, sliding) {
  const both = [state.size, state.size];
  fill(steps, sayMoves(state));
  const words = sayLost(both, sliding);
  fill(
    lost,
    words
      ? [element("span", { class: "hatched-sample", "aria-hidden": "true" }), words]
      : "Every row and column is read.",
  );
  fill(ruler, drawRuler(numbersOf(state)));
  const counts = countCoverage(both, sliding);
  coverage.show(counts, { limit: limitOf(counts), unread: unreadOf(both, sliding) });
}

function sayMoves(state) {
  const { size, kernel, stride, padding, dilation } = state;
  const share = (size + 2 * padding - reach(kernel, dilation)) / stride;
  const floor = outputSize(...numbersOf(state)) - 1;
  return Number.isInteger(share)
    ? `The division leaves nothing over: ${floor} moves after the first position.`
    : `The division gives ${shortNumber(share)}, and there is no part of a move: the floor makes it ${floor}, after the first position.`;
}

/** The padded axis, and below it a line for each position with the cells that it reads. */
function drawRuler(numbers) {
  const [size, , , padding] = numbers;
  const positions = outputSize(...numbers);
  const [width, height] = [size + 2 * padding, positions + 1.4];
  const pattern = newId("hatching");
  const drawing = svg(
    "svg",
    {
      class: "ruler",
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": `${positions} positions on ${size} cells; ${dropped(...numbers)} dropped at the end`,
    },
    svg(
      "pattern",
      { id: pattern, width: 0.2, height: 0.2, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect", { width: 0.2, height: 0.2, class: "hatch-ground" }),
      svg("rect", { width: 0.04, height: 0.2, class: "hatch" }),
    ),
    drawAxis(numbers, pattern),
    Array.from({ length: positions }, (_, position) => drawPosition(numbers, position)),
  );
  drawing.style.setProperty("--columns", width);
  return drawing;
}

function drawAxis(numbers, pattern) {
  const [size, , , padding] = numbers;
  const counts = countReads(...numbers);
  return Array.from({ length: size + 2 * padding }, (_, index) => {
    const cell = index - padding;
    const inside = cell >= 0 && cell < size;
    const name = inside ? (counts[cell] ? "ruler-cell" : "ruler-cell unread") : "ruler-padding";
    const ground = name.includes("unread") ? `url(#${pattern})` : null;
    return [
      svg("rect", { x: index + 0.06, y: 0.06, width: 0.88, height: 0.88, class: name, fill: ground }),
      svg("text", { x: index + 0.5, y: 0.65, class: "ruler-text" }, inside ? cell : ""),
    ];
  });
}

/** The cells that one position reads; where they lie apart, on the span from the first to the last. */
function drawPosition([, kernel, stride, padding, dilation], position) {
  const read = cellsRead(position, kernel, stride, padding, dilation).map((cell) => cell + padding + 0.06);
  const span =
    dilation === 1
      ? null
      : svg("rect", {
          x: read[0],
          y: position + 1.7,
          width: read.at(-1) - read[0] + 0.88,
          height: 0.4,
          class: "ruler-span",
        });
  return [span, read.map((x) => svg("rect", { x, y: position + 1.46, width: 0.88, height: 0.88, class: "ruler-tap" }))];
}

function frame({ fields, mistakes, formula, steps, lost, ruler, coverage }) {
  return chapterFrame({
    id: "size",
    title: "How large the map is",
    text: [
      "The kernel reaches over d(k − 1) + 1 cells and moves on by the stride as long as it stays on the padded input. Counting the positions along one axis gives one formula; for the other axis it is the same.",
      "Cells in the middle are read by many placements, a corner by few. So the edge of an image counts for little; padding changes that.",
    ],
    bench: [
      controls(fields.map((field) => field.element)),
      mistakes.element,
      element("p", { class: "formula general" }, "⌊(n + 2p − (d(k − 1) + 1))/s⌋ + 1"),
      formula,
      steps,
      lost,
      element(
        "div",
        { class: "stage" },
        element("figure", { class: "matrix" }, element("figcaption", {}, "Every position along one axis"), ruler),
        coverage.element,
      ),
    ],
  });
}
