// Numbers in rows and columns: to type into, to choose from, or to look at.
//
// A grid is one stop of the Tab key; arrow keys move inside it. Rows and columns count from 0, as everywhere in Convlens.

import { divergingColour, inkOn } from "convlens/interface/colours.js";
import { element } from "convlens/interface/dom.js";
import { readNumber } from "convlens/views/learn/arithmetic/reading.js";
import { shortNumber } from "convlens/views/learn/arithmetic/sentences.js";

const PURE = 0.6;
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * A grid called `name`. With `onChange(row, column, value)` its cells are fields, with `onPick(row, column)` buttons, else
 * it is a picture of numbers. `show(values, look)` draws it; in `look`:
 * `around`: [rows, columns] of padding; `filling(row, column)`: the number in a cell of the padding, null for none;
 * `classes(row, column)`: names such as "covered"; `limit`: colour the cells, full at this size;
 * `hidden(row, column)`: the cell is not known yet. Rows and columns are those of `values`, negative in the padding.
 */
export function numberGrid({ name, onChange = null, onPick = null, mistakes = null, vector = false }) {
  const root = element("div", { class: "numbers", role: onChange || onPick ? "group" : "img", "aria-label": name });
  const grid = {
    name,
    onChange,
    onPick,
    mistakes,
    vector,
    root,
    cells: new Map(),
    values: [],
    shape: "",
    active: [0, 0],
    typing: null,
  };
  root.addEventListener("keydown", (event) => moveByKey(grid, event));
  root.addEventListener("focusin", (event) => event.target.convlensPlace && activate(grid, event.target.convlensPlace));
  return {
    element: root,
    show: (values, look = {}) => showGrid(grid, values, look),
    rename: (next) => (grid.name = next),
  };
}

function showGrid(grid, values, look) {
  const [down, across] = look.around ?? [0, 0];
  const [height, width] = [values.length, values[0].length];
  const shape = [height, width, down, across].join();
  if (shape !== grid.shape) build(grid, [height, width], [down, across]);
  Object.assign(grid, { values, shape });
  for (const [key, cell] of grid.cells) {
    const [row, column] = key.split(",").map(Number);
    const inside = row >= 0 && row < height && column >= 0 && column < width;
    const value = inside ? values[row][column] : (look.filling?.(row, column) ?? null);
    const unknown = Boolean(look.hidden?.(row, column));
    write(grid, cell, unknown ? null : value, [row, column], inside);
    cell.className = ["cell", inside ? "" : "padding", unknown ? "unknown" : "", ...(look.classes?.(row, column) ?? [])]
      .filter(Boolean)
      .join(" ");
    colour(cell, look.limit !== undefined && !unknown && value !== null ? share(value, look.limit) : null);
  }
  if (!grid.onChange && !grid.onPick) grid.root.setAttribute("aria-label", `${grid.name}: ${inWords(values, look)}`);
  else grid.root.setAttribute("aria-label", grid.name);
}

function build(grid, [height, width], [down, across]) {
  const held = grid.root.contains(document.activeElement);
  grid.cells.clear();
  grid.root.style.setProperty("--columns", width + 2 * across);
  for (let row = -down; row < height + down; row += 1) {
    for (let column = -across; column < width + across; column += 1) {
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      grid.cells.set(`${row},${column}`, makeCell(grid, row, column, inside));
    }
  }
  grid.root.replaceChildren(...grid.cells.values());
  activate(grid, [Math.min(grid.active[0], height - 1), Math.min(grid.active[1], width - 1)]);
  if (held) grid.cells.get(grid.active.join())?.focus();
}

function makeCell(grid, row, column, inside) {
  let cell;
  if (inside && grid.onChange) {
    cell = element("input", {
      type: "text",
      inputmode: "text",
      autocomplete: "off",
      spellcheck: "false",
      tabindex: -1,
      "aria-describedby": grid.mistakes?.id,
    });
    cell.addEventListener("focus", () => cell.select());
    cell.addEventListener("input", () => read(grid, cell, row, column));
    cell.addEventListener("blur", () => restore(grid, cell, row, column));
  } else if (inside && grid.onPick) {
    cell = element("button", { type: "button", tabindex: -1, onClick: () => grid.onPick(row, column) });
  } else {
    return element("span", { "aria-hidden": grid.onChange || grid.onPick ? "true" : null });
  }
  cell.convlensPlace = [row, column];
  return cell;
}

function write(grid, cell, value, [row, column], inside) {
  const text = value === null ? "" : shortNumber(value);
  const where = grid.vector ? `${grid.name}, place ${column}` : `${grid.name}, row ${row}, column ${column}`;
  if (cell.tagName === "INPUT") {
    cell.setAttribute("aria-label", where);
    if (grid.typing !== cell && cell.value !== text) cell.value = text;
  } else {
    if (cell.textContent !== text) cell.textContent = text;
    if (inside && grid.onPick) cell.setAttribute("aria-label", `${where}: ${text || "not reached yet"}`);
  }
  cell.style.setProperty("--length", Math.max(3, text.length));
}

function read(grid, cell, row, column) {
  grid.typing = cell;
  const where = grid.vector ? `place ${column} of ${grid.name}` : `row ${row}, column ${column} of ${grid.name}`;
  const found = readNumber(where, cell.value);
  grid.mistakes?.report(cell, found.mistake ?? null);
  if (found.mistake) cell.setAttribute("aria-invalid", "true");
  else {
    cell.removeAttribute("aria-invalid");
    grid.onChange(row, column, found.value);
  }
}

/** A cell that is left shows the number that counts: typed "1/3" becomes 0.3333, and a mistake what was there before. */
function restore(grid, cell, row, column) {
  grid.typing = null;
  grid.mistakes?.report(cell, null);
  cell.removeAttribute("aria-invalid");
  const value = grid.values[row]?.[column];
  if (value !== undefined) cell.value = shortNumber(value);
}

function activate(grid, place) {
  grid.cells.get(grid.active.join())?.setAttribute("tabindex", -1);
  grid.active = place;
  const cell = grid.cells.get(place.join());
  if (cell?.convlensPlace) cell.setAttribute("tabindex", 0);
}

function moveByKey(grid, event) {
  const place = event.target.convlensPlace;
  if (!place || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
  if (event.key === "Escape" && event.target.tagName === "INPUT") {
    restore(grid, event.target, ...place);
    event.target.select();
    return;
  }
  const move = MOVES[event.key];
  if (!move || (move[1] && staysInText(event.target, move[1]))) return;
  const next = grid.cells.get([place[0] + move[0], place[1] + move[1]].join());
  if (!next?.convlensPlace) return;
  event.preventDefault();
  next.focus();
}

/** Left and right move the caret inside a number that is being corrected, and leave the cell at its ends. */
function staysInText(input, direction) {
  if (input.tagName !== "INPUT") return false;
  const { selectionStart: start, selectionEnd: end, value } = input;
  if (start === 0 && end === value.length) return false;
  return start !== end || (direction < 0 ? start > 0 : end < value.length);
}

/** The largest value gets no more than the pure colour: numbers are read here, and the darkest shades are for pictures. */
function share(value, limit) {
  return limit > 0 ? (PURE * value) / limit : 0;
}

function colour(cell, part) {
  if (part === null) {
    cell.style.removeProperty("background-color");
    cell.style.removeProperty("color");
    return;
  }
  cell.style.setProperty("background-color", divergingColour(part));
  cell.style.setProperty("color", inkOn(part));
}

function inWords(values, look) {
  return values
    .map((row, y) =>
      row.map((value, x) => (value === null || look.hidden?.(y, x) ? "–" : shortNumber(value))).join(" "),
    )
    .join("; ");
}
