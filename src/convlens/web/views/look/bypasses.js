/**
 * Lines that connect a layer to one other than the next: skip connections, drawn above the columns or left of the rows.
 */

import { svg } from "convlens/interface/dom.js";

/** @import { Model } from "convlens/engine/network.js" */

/** A connection from one layer to another; lane 0 is the nearest to the columns. */
/** @typedef {{ from: number, to: number, lane: number }} Bypass */

const LANE = 14;
const ARROW = 4;

export class Bypasses {
  root = svg("svg", { class: "bypasses", "aria-hidden": "true" });

  /**
   * @param {Model} model
   * @param {HTMLElement} list contains all columns, and gets extra space for the lines
   * @param {HTMLElement[]} columns the input's column first
   */
  constructor(model, list, columns) {
    this.list = list;
    this.columns = columns;
    this.bypasses = findBypasses(model);
    this.lanes = Math.max(0, ...this.bypasses.map(({ lane }) => lane + 1));
    list.style.setProperty("--lanes", `${this.lanes * LANE}px`);
  }

  /** @type {(asRows: boolean) => void} */
  draw(asRows) {
    const frame = this.list.getBoundingClientRect();
    const paths = this.bypasses.map(({ from, to, lane }) => {
      const [source, target] = [this.columns[from + 1], this.columns[to + 1]];
      const away = LANE * (this.lanes - lane) - LANE / 2;
      const start = endOf(source, target, frame, asRows, true);
      const end = endOf(target, source, frame, asRows, false);
      return svg("path", { d: asRows ? drawAside(start, end, away) : drawAbove(start, end, away) });
    });
    this.root.style.left = `${this.list.offsetLeft}px`;
    this.root.style.top = `${this.list.offsetTop}px`;
    this.root.replaceChildren(...paths);
  }
}

// All connections that do not lead to the next layer; if two overlap, the shorter one is nearer to the columns.
/** @type {(model: Model) => Bypass[]} */
function findBypasses({ layers }) {
  const all = layers.flatMap(({ index, inputs }) =>
    [...new Set(inputs)].filter((input) => input !== index - 1).map((from) => ({ from, to: index })),
  );
  /** @type {Bypass[]} */
  const placed = [];
  for (const { from, to } of all.toSorted((one, other) => one.to - one.from - (other.to - other.from))) {
    const taken = placed.filter((other) => from < other.to && other.from < to).map(({ lane }) => lane);
    let lane = 0;
    while (taken.includes(lane)) lane += 1;
    placed.push({ from, to, lane });
  }
  return placed;
}

/**
 * The point where a line leaves or reaches a column: at the outermost branch around it without the line's other end.
 * @param {HTMLElement} column
 * @param {HTMLElement} other
 * @param {DOMRect} frame
 * @param {boolean} asRows
 * @param {boolean} leaves
 */
function endOf(column, other, frame, asRows, leaves) {
  let around = column;
  for (let node = column.parentElement; node && !node.contains(other); node = node.parentElement) {
    if (node.classList.contains("branch")) around = node;
  }
  const box = around.getBoundingClientRect();
  const isBranch = around !== column;
  const [left, top] = [box.left - frame.left, box.top - frame.top];
  const [across, down] = isBranch ? [box.width - LANE, box.height - LANE] : [LANE * 4.5, LANE * 1.5];
  if (asRows) return { x: left - 2, y: leaves ? top + down : top + LANE / 2 };
  return { x: leaves ? left + across : left + LANE / 2, y: top - 2 };
}

/** @typedef {{ x: number, y: number }} Point */

/** @type {(start: Point, end: Point, y: number) => string} */
function drawAbove(start, end, y) {
  const arrow = `m${-ARROW} ${-ARROW}l${ARROW} ${ARROW}l${ARROW} ${-ARROW}`;
  return `M${start.x} ${start.y}V${y}H${end.x}V${end.y}${arrow}`;
}

/** @type {(start: Point, end: Point, x: number) => string} */
function drawAside(start, end, x) {
  const arrow = `m${-ARROW} ${-ARROW}l${ARROW} ${ARROW}l${-ARROW} ${ARROW}`;
  return `M${start.x} ${start.y}H${x}V${end.y}H${end.x}${arrow}`;
}
