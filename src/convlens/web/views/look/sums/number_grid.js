/**
 * Numbers in rows and columns, coloured by size and sign, every one of which may lead further.
 *
 * Sign is told three times: by colour, by the minus, and by the frame, which is broken below zero. Padding is hatched.
 */

import { divergingColour, inkOn } from "convlens/interface/colours.js";
import { element } from "convlens/interface/dom.js";
import { formatNumber } from "convlens/interface/format.js";

const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/**
 * A grid of `values`, row by row in rows of `columns`.
 *
 * `limit`: the size with the full colour; `grey: [low, high]` paints from black to white instead. `label`: what the grid is called.
 * `padding[i]`: this is no number but padding. `sources[i]`: where it comes from, null for nowhere; `onSource(source)` is called when
 * it is chosen. `chosen`: the number of the one to be framed. `digits` behind the point.
 */
export function numberGrid(
  values,
  columns,
  { label, limit, grey, padding = [], sources = [], onSource, chosen = -1, digits = columns > 5 ? 2 : 3 },
) {
  const leads = (index) => Boolean(onSource && sources[index]);
  const first = values.findIndex((_, index) => leads(index));
  const cells = Array.from(values, (value, index) => {
    const lead = leads(index);
    const classes = [
      "cell",
      padding[index] ? "padding" : value < 0 ? "below" : value > 0 ? "above" : "zero",
      lead ? "leads" : "",
      index === chosen ? "chosen" : "",
    ];
    const cell = element(
      "div",
      {
        role: "gridcell",
        class: classes.filter(Boolean).join(" "),
        tabindex: lead ? (index === first ? 0 : -1) : null,
        title: padding[index] ? "padding" : null,
        "aria-label": padding[index] ? `padding, ${formatNumber(value ?? 0, digits)}` : null,
      },
      value === null ? "–" : formatNumber(value, digits),
    );
    if (!padding[index] && value !== null) paint(cell, value, limit, grey);
    return cell;
  });
  const rows = Array.from({ length: Math.ceil(cells.length / columns) }, (_, row) =>
    element("div", { role: "row", class: "cells-row" }, cells.slice(row * columns, (row + 1) * columns)),
  );
  const root = element(
    "div",
    {
      role: "grid",
      class: columns > 5 ? "cells small-cells" : "cells",
      "aria-label": label,
      "aria-readonly": "true",
      style: { "--columns": columns },
    },
    rows,
  );
  if (first >= 0) {
    const follow = (event) => {
      const index = cells.indexOf(event.target.closest(".cell"));
      if (index >= 0 && leads(index)) onSource(sources[index]);
    };
    root.addEventListener("click", follow);
    root.addEventListener("keydown", (event) => moveByKey(event, cells, columns, leads, follow));
  }
  return root;
}

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

function moveByKey(event, cells, columns, leads, follow) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    follow(event);
    return;
  }
  const move = MOVES[event.key];
  if (!move) return;
  event.preventDefault();
  const at = cells.indexOf(event.target.closest(".cell"));
  let row = Math.floor(at / columns),
    column = at % columns;
  // Over padding, which leads nowhere, to the next number that does.
  do [row, column] = [row + move[0], column + move[1]];
  while (
    column >= 0 &&
    column < columns &&
    row >= 0 &&
    row * columns + column < cells.length &&
    !leads(row * columns + column)
  );
  const next = column >= 0 && column < columns && row >= 0 ? cells[row * columns + column] : null;
  if (!next) return;
  cells.forEach((cell) => cell.tabIndex === 0 && (cell.tabIndex = -1));
  next.tabIndex = 0;
  next.focus();
}
