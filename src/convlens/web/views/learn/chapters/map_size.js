// Chapter: the number of positions of a window, the cells that rounding down drops, and how often each cell is read.

import { element, fill, svg } from "convlens/interface/dom.js";
import { div } from "convlens/interface/parts.js";
import { shortNumber } from "convlens/views/learn/arithmetic/sentences.js";
import * as windows from "convlens/views/learn/arithmetic/windows.js";
import { Chapter, paragraph } from "convlens/views/learn/chapter.js";
import { newId } from "convlens/views/learn/controls.js";
import { drawHatching } from "convlens/views/learn/pictures.js";
import { sayLost, unreadOf } from "convlens/views/learn/unread.js";

/** @import { Axis } from "convlens/views/learn/arithmetic/windows.js" */

const STATE = { size: 8, kernel: 3, stride: 2, padding: 0, dilation: 1 };
/** @type {[label: string, key: keyof typeof STATE, least: number, most: number][]} */
const FIELDS = [
  ["Input size n", "size", 1, 14],
  ["Kernel size k", "kernel", 1, 7],
  ["Stride s", "stride", 1, 5],
  ["Padding p", "padding", 0, 3],
  ["Dilation d", "dilation", 1, 3],
];

/** @extends {Chapter<typeof STATE>} */
export class MapSizeChapter extends Chapter {
  constructor() {
    super({ id: "size", operations: ["output-size", "coverage"], state: { ...STATE } });
    const fields = FIELDS.map(([label, key, least, most]) =>
      this.whole(label, key, least, most, { name: label.slice(0, -2).toLowerCase() }),
    );
    this.formula = element("p", { class: "formula", "aria-live": "polite" });
    this.moves = paragraph("");
    this.lost = div("");
    const words = "Positions of the kernel along one axis";
    this.ruler = element("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": words });
    const heading = element("figcaption", {}, "Every position along one axis");
    this.coverage = this.matrix("how many window positions read each cell", {
      caption: "How many window positions read each cell",
      sized: true,
      coloured: true,
    });
    this.build(
      ["The kernel covers d(k − 1) + 1 cells and moves by the stride as long as it stays on the padded input."],
      div("controls", fields),
      this.mistakes,
      this.formula,
      this.moves,
      this.lost,
      div("stage", element("figure", { class: "matrix" }, heading, this.ruler), this.coverage),
    );
  }

  update() {
    const { state } = this;
    const sliding = windows.squareWindow(state);
    const mistake = windows.findWindowMistake([state.size, state.size], sliding);
    this.mistakes.report("window", mistake);
    fill(this.formula, windows.outputSizeFormula(state));
    if (mistake) return;
    fill(this.moves, sayMoves(state));
    fill(this.lost, sayLost([state.size, state.size], sliding) ?? paragraph("lost", "Every row and column is read."));
    fill(this.ruler, drawRuler(state));
    const unread = unreadOf([state.size, state.size], sliding);
    this.coverage.show(windows.countCoverage([state.size, state.size], sliding), { unread });
  }
}

/** @param {Axis} axis */
function sayMoves(axis) {
  const share = (axis.size + 2 * axis.padding - windows.reach(axis)) / axis.stride;
  const floor = windows.outputSize(axis) - 1;
  return Number.isInteger(share)
    ? `The division has no remainder: there are ${floor} moves after the first position.`
    : `The division gives ${shortNumber(share)}, rounded down to ${floor}: the number of moves after the first position.`;
}

/** Draws the padded axis, and below it one line per position with the cells that it reads. @param {Axis} axis */
function drawRuler(axis) {
  const positions = windows.outputSize(axis);
  const width = axis.size + 2 * axis.padding;
  const pattern = newId("hatching");
  const words = `${positions} positions on ${axis.size} cells; ${windows.dropped(axis)} dropped at the end`;
  const attributes = { class: "ruler", viewBox: `0 0 ${width} ${positions + 1.4}`, role: "img", "aria-label": words };
  const rows = Array.from({ length: positions }, (_, position) => drawPosition(axis, position));
  const size = { style: { "--columns": width } };
  return svg("svg", { ...attributes, ...size }, drawHatching(pattern, 0.2, 0.04), drawAxis(axis, pattern), rows);
}

/** @param {Axis} axis @param {string} pattern fills the cells that no position reads */
function drawAxis(axis, pattern) {
  const counts = windows.countReads(axis);
  return Array.from({ length: axis.size + 2 * axis.padding }, (_, index) => {
    const cell = index - axis.padding;
    const inside = cell in counts;
    const unread = counts[cell] === 0;
    const name = inside ? `ruler-cell ${unread ? "unread" : ""}` : "ruler-padding";
    const box = { x: index + 0.06, y: 0.06, width: 0.88, height: 0.88 };
    return [
      svg("rect", { ...box, class: name, fill: unread && `url(#${pattern})` }),
      svg("text", { x: index + 0.5, y: 0.65, class: "ruler-text" }, inside && cell),
    ];
  });
}

/**
 * The cells that one position reads; if they have gaps, drawn on the span from the first to the last.
 * @type {(axis: Axis, position: number) => (false | SVGRectElement | SVGRectElement[])[]}
 */
function drawPosition(axis, position) {
  const [first, ...others] = windows.cellsRead(position, axis).map((cell) => cell + axis.padding + 0.06);
  const span = { x: first, y: position + 1.7, width: windows.reach(axis) - 0.12, height: 0.4, class: "ruler-span" };
  const tap = { y: position + 1.46, width: 0.88, height: 0.88, class: "ruler-tap" };
  return [axis.dilation > 1 && svg("rect", span), [first, ...others].map((x) => svg("rect", { x, ...tap }))];
}
