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
  const mistakes = mistakeLine();
  const fields = FIELDS.map(([key, label, least, most]) =>
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
    }),
  );
  const formula = element("p", { class: "formula", "aria-live": "polite" });
  const steps = element("p", {});
  const lost = element("p", { class: "lost" });
  const ruler = element("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "Positions of the kernel along one axis" });
  const coverage = matrixView({ name: "how many placements read each cell", caption: "How many placements read each cell" });

  function update() {
    const { size, kernel, stride, padding, dilation } = state;
    const numbers = [size, kernel, stride, padding, dilation];
    const sliding = squareWindow(state);
    const mistake = findWindowMistake([size, size], sliding);
    mistakes.report("window", mistake);
    fill(formula, outputSizeFormula(...numbers));
    if (mistake) return;
    const share = (size + 2 * padding - reach(kernel, dilation)) / stride;
    const floor = outputSize(...numbers) - 1;
    fill(
      steps,
      Number.isInteger(share)
        ? `The division leaves nothing over: ${floor} moves after the first position.`
        : `The division gives ${shortNumber(share)}, and there is no part of a move: the floor makes it ${floor}, after the first position.`,
    );
    const words = sayLost([size, size], sliding);
    fill(lost, words ? [element("span", { class: "hatched-sample", "aria-hidden": "true" }), words] : "Every row and column is read.");
    fill(ruler, drawRuler(numbers));
    const counts = countCoverage([size, size], sliding);
    coverage.show(counts, { limit: limitOf(counts), unread: unreadOf([size, size], sliding) });
  }
  update();
  return {
    element: frame({ fields, mistakes, formula, steps, lost, ruler, coverage }),
    update,
  };
}

/** The padded axis, and below it a line for each position with the cells that it reads. */
function drawRuler([size, kernel, stride, padding, dilation]) {
  const positions = outputSize(size, kernel, stride, padding, dilation);
  const counts = countReads(size, kernel, stride, padding, dilation);
  const [width, height] = [size + 2 * padding, positions + 1.4];
  const pattern = newId("hatching");
  const square = (place, line, name, text) => [
    svg("rect", {
      x: place + padding + 0.06,
      y: line + 0.06,
      width: 0.88,
      height: 0.88,
      class: name,
      fill: name.includes("unread") ? `url(#${pattern})` : null,
    }),
    text === undefined ? null : svg("text", { x: place + padding + 0.5, y: line + 0.65, class: "ruler-text" }, text),
  ];
  const cells = Array.from({ length: width }, (_, index) => index - padding);
  const axis = cells.map((cell) => {
    const inside = cell >= 0 && cell < size;
    return square(cell, 0, inside ? (counts[cell] ? "ruler-cell" : "ruler-cell unread") : "ruler-padding", inside ? cell : "");
  });
  const lines = Array.from({ length: positions }, (_, position) => {
    const read = cellsRead(position, kernel, stride, padding, dilation);
    return [
      dilation === 1
        ? null
        : svg("rect", {
            x: read[0] + padding + 0.06,
            y: position + 1.7,
            width: read.at(-1) - read[0] + 0.88,
            height: 0.4,
            class: "ruler-span",
          }),
      read.map((cell) => svg("rect", { x: cell + padding + 0.06, y: position + 1.46, width: 0.88, height: 0.88, class: "ruler-tap" })),
    ];
  });
  const drawing = svg(
    "svg",
    {
      class: "ruler",
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": `${positions} positions on ${size} cells; ${dropped(size, kernel, stride, padding, dilation)} dropped at the end`,
    },
    svg(
      "pattern",
      { id: pattern, width: 0.2, height: 0.2, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect", { width: 0.2, height: 0.2, class: "hatch-ground" }),
      svg("rect", { width: 0.04, height: 0.2, class: "hatch" }),
    ),
    axis,
    lines,
  );
  drawing.style.setProperty("--columns", width);
  return drawing;
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
