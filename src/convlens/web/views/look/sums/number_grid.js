/**
 * Numbers in rows and columns, coloured by size and sign. Each may link to its source.
 *
 * Three things show the sign: the colour, the minus, and the frame, which is dashed below zero. Padding is hatched.
 */

import { divergingColour, inkOn } from "convlens/interface/colours.js";
import { element } from "convlens/interface/dom.js";
import { formatNumber } from "convlens/interface/format.js";
import { ARROWS } from "convlens/interface/parts.js";

/** @import { Source } from "convlens/engine/network.js" */

/**
 * @typedef {object} GridOptions
 * @property {string} label the name of the grid
 * @property {number} [limit] the absolute value with the full colour
 * @property {[number, number] | null} [grey] the values of black and white, to paint greys instead of colours
 * @property {boolean[]} [padding] which cells are padding
 * @property {(Source | null)[]} [sources] the source of each number
 * @property {(source: Source) => void} [onSource] called with the source of the chosen number
 * @property {number} [chosen] the index of the framed number
 */

/**
 * A grid of `values`, row by row in rows of `columns`; null is written as a dash.
 * @type {(values: (number | null)[], columns: number, options: GridOptions) => HTMLDivElement}
 */
export function numberGrid(values, columns, options) {
  const { label, sources = [], onSource } = options;
  const leads = (/** @type {number} */ index) => Boolean(onSource && sources[index]);
  const first = values.findIndex((_value, index) => leads(index));
  const digits = columns > 5 ? 2 : 3;
  const cells = values.map((value, index) => {
    const cell = makeCell(value, index, digits, options);
    if (leads(index)) {
      cell.classList.add("leads");
      cell.tabIndex = index === first ? 0 : -1;
    }
    return cell;
  });
  const rows = Array.from({ length: Math.ceil(cells.length / columns) }, (_nothing, row) =>
    element("div", { role: "row", class: "cells-row" }, cells.slice(row * columns, (row + 1) * columns)),
  );
  const classes = columns > 5 ? "cells small-cells" : "cells";
  const attributes = { role: "grid", class: classes, "aria-label": label, "aria-readonly": "true" };
  const root = element("div", { ...attributes, style: { "--columns": columns } }, rows);
  if (first >= 0) {
    const follow = (/** @type {Event} */ event) => {
      const source = sources[cellOf(event, cells)];
      if (source) onSource?.(source);
    };
    root.addEventListener("click", follow);
    root.addEventListener("keydown", (event) => moveByKey(event, cells, columns, leads, follow));
  }
  return root;
}

/** @type {(value: number | null, index: number, digits: number, options: GridOptions) => HTMLDivElement} */
function makeCell(value, index, digits, { limit = 0, grey, padding, chosen }) {
  const isPadding = padding?.[index] ?? false;
  const size = value ?? 0;
  const sign = isPadding ? "padding" : size < 0 ? "below" : size > 0 ? "above" : "zero";
  const text = value === null ? "–" : formatNumber(value, digits);
  const words = isPadding ? { title: "padding", "aria-label": `padding, ${formatNumber(size, digits)}` } : {};
  const name = index === chosen ? `cell ${sign} chosen` : `cell ${sign}`;
  const cell = element("div", { role: "gridcell", class: name, ...words }, text);
  if (!isPadding && value !== null) paint(cell, value, limit, grey);
  return cell;
}

/** @type {(cell: HTMLElement, value: number, limit: number, grey: [number, number] | null | undefined) => void} */
function paint(cell, value, limit, grey) {
  if (grey) {
    const level = Math.round(255 * Math.min(Math.max((value - grey[0]) / (grey[1] - grey[0] || 1), 0), 1));
    cell.style.background = `rgb(${level} ${level} ${level})`;
    cell.style.color = level > 117 ? "#000000" : "#ffffff";
  } else {
    const share = limit > 0 ? value / limit : 0;
    cell.style.background = divergingColour(share);
    cell.style.color = inkOn(share);
  }
}

/** @type {(event: Event, cells: HTMLElement[]) => number} */
function cellOf(event, cells) {
  const found = event.target instanceof Element ? event.target.closest(".cell") : null;
  return cells.findIndex((cell) => cell === found);
}

/**
 * @type {(event: KeyboardEvent, cells: HTMLElement[], columns: number,
 *   leads: (index: number) => boolean, follow: (event: Event) => void) => void}
 */
function moveByKey(event, cells, columns, leads, follow) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    follow(event);
    return;
  }
  const move = ARROWS[event.key];
  if (!move) return;
  event.preventDefault();
  const at = cellOf(event, cells);
  let [row, column] = [Math.floor(at / columns), at % columns];
  const isInside = () => column >= 0 && column < columns && row >= 0 && row * columns + column < cells.length;
  // Skips padding, which has no source.
  do [row, column] = [row + move[0], column + move[1]];
  while (isInside() && !leads(row * columns + column));
  if (!isInside()) return;
  for (const cell of cells) if (cell.tabIndex === 0) cell.tabIndex = -1;
  const next = cells[row * columns + column];
  next.tabIndex = 0;
  next.focus();
}
