// Numbers in rows and columns: fields, buttons, or text.
//
// A grid is one stop of the Tab key; arrow keys move inside it. Rows and columns are counted from 0.

import { divergingColour, inkOn } from "convlens/interface/colours.js";
import { element } from "convlens/interface/dom.js";
import { ARROWS, PLAIN_TEXT } from "convlens/interface/parts.js";
import { readNumber } from "convlens/views/learn/arithmetic/reading.js";
import { shortNumber } from "convlens/views/learn/arithmetic/sentences.js";
import { markWrong } from "convlens/views/learn/controls.js";

/** @import { Pair } from "convlens/views/learn/arithmetic/windows.js" */
/** @import { Look, Numbers } from "convlens/views/learn/matrices.js" */

/** @typedef {{ root: HTMLElement, row: number, column: number, inside: boolean }} Cell inside: not in the padding */

/**
 * The share of the full colour for the largest value: text must stay readable, and only images use the darkest shades.
 */
const PURE = 0.6;

export class NumberGrid {
  /** @param {import("convlens/views/learn/matrices.js").GridOptions} options */
  constructor({ name, onChange, onPick, mistakes, vector = false }) {
    this.name = name;
    this.onChange = onChange;
    this.onPick = onPick;
    this.mistakes = mistakes;
    this.vector = vector;
    this.operable = Boolean(onChange || onPick);
    /** @type {Map<string, Cell>} */
    this.cells = new Map();
    /** @type {Numbers} */
    this.values = [];
    this.shape = "";
    this.active = { row: 0, column: 0 };
    /** @type {HTMLElement | null} */
    this.typing = null;
    this.root = element("div", { class: "numbers", role: this.operable ? "group" : "img", "aria-label": name });
  }

  /** @type {(values: Numbers, look?: Look) => void} */
  show(values, look = {}) {
    const [down, across] = look.around ?? [0, 0];
    const shape = [values.length, values[0].length, down, across].join();
    this.values = values;
    if (shape !== this.shape) this.#build(down, across);
    this.shape = shape;
    for (const cell of this.cells.values()) {
      const { root, row, column, inside } = cell;
      const unknown = Boolean(look.hidden?.(row, column));
      const value = unknown ? null : inside ? values[row][column] : (look.filling?.(row, column) ?? null);
      this.#write(cell, value);
      root.className = ["cell", inside ? "" : "padding", unknown ? "unknown" : "", ...namesOf(row, column, look)]
        .filter(Boolean)
        .join(" ");
      colour(root, value, look.limit);
    }
    if (!this.operable) this.root.setAttribute("aria-label", `${this.name}: ${inWords(values, look)}`);
  }

  /** @type {(down: number, across: number) => void} */
  #build(down, across) {
    const [height, width] = [this.values.length, this.values[0].length];
    const held = this.root.contains(document.activeElement);
    this.cells.clear();
    this.root.style.setProperty("--columns", `${width + 2 * across}`);
    for (let row = -down; row < height + down; row += 1) {
      for (let column = -across; column < width + across; column += 1) {
        const inside = row >= 0 && row < height && column >= 0 && column < width;
        this.cells.set(`${row},${column}`, this.#makeCell([row, column], inside));
      }
    }
    this.root.replaceChildren(...[...this.cells.values()].map(({ root }) => root));
    this.#activate(Math.min(this.active.row, height - 1), Math.min(this.active.column, width - 1));
    if (held) this.#cellAt(this.active)?.root.focus();
  }

  /** @type {(place: Pair, inside: boolean) => Cell} */
  #makeCell([row, column], inside) {
    const { onPick, onChange } = this;
    const onFocus = () => this.#activate(row, column);
    if (inside && onChange) {
      const input = element("input", {
        ...{ ...PLAIN_TEXT, inputmode: "text", tabindex: -1 },
        "aria-describedby": this.mistakes?.root.id,
        onFocus: () => (onFocus(), input.select()),
        onInput: () => this.#read(input, [row, column]),
        onBlur: () => this.#restore(input, [row, column]),
        onKeydown: (event) => this.#press(event, [row, column], input),
      });
      return { root: input, row, column, inside };
    }
    if (inside && onPick) {
      const onKeydown = (/** @type {KeyboardEvent} */ event) => this.#press(event, [row, column]);
      const actions = { onFocus, onKeydown, onClick: () => onPick(row, column) };
      return { root: element("button", { type: "button", tabindex: -1, ...actions }), row, column, inside };
    }
    return { root: element("span", { "aria-hidden": this.operable ? "true" : null }), row, column, inside };
  }

  /** @param {{ row: number, column: number }} place */
  #cellAt({ row, column }) {
    return this.cells.get(`${row},${column}`);
  }

  /** @type {(cell: Cell, value: number | null) => void} */
  #write({ root, row, column, inside }, value) {
    const text = value === null ? "" : shortNumber(value);
    const where = this.vector ? `${this.name}, place ${column}` : `${this.name}, row ${row}, column ${column}`;
    if (root instanceof HTMLInputElement) {
      root.setAttribute("aria-label", where);
      if (this.typing !== root && root.value !== text) root.value = text;
    } else {
      if (root.textContent !== text) root.textContent = text;
      if (inside && this.onPick) root.setAttribute("aria-label", `${where}: ${text || "not reached yet"}`);
    }
    root.style.setProperty("--length", `${Math.max(3, text.length)}`);
  }

  /** @type {(input: HTMLInputElement, place: Pair) => void} */
  #read(input, [row, column]) {
    this.typing = input;
    const where = this.vector ? `place ${column} of ${this.name}` : `row ${row}, column ${column} of ${this.name}`;
    const { value, mistake } = readNumber(where, input.value);
    this.mistakes?.report(input, mistake);
    markWrong(input, Boolean(mistake));
    if (value !== undefined) this.onChange?.(row, column, value);
  }

  // A cell that loses the focus shows its valid number: "1/3" becomes 0.3333, and a mistake the number before it.
  /** @type {(input: HTMLInputElement, place: Pair) => void} */
  #restore(input, [row, column]) {
    this.typing = null;
    this.mistakes?.report(input);
    markWrong(input, false);
    const value = this.values[row]?.[column];
    if (typeof value === "number") input.value = shortNumber(value);
  }

  /** @type {(row: number, column: number) => void} */
  #activate(row, column) {
    this.#cellAt(this.active)?.root.setAttribute("tabindex", "-1");
    this.active = { row, column };
    if (this.operable) this.#cellAt(this.active)?.root.setAttribute("tabindex", "0");
  }

  /** @param {KeyboardEvent} event @param {Pair} place @param {HTMLInputElement} [input] the cell, if it is a field */
  #press(event, [row, column], input) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.key === "Escape" && input) {
      this.#restore(input, [row, column]);
      input.select();
      return;
    }
    const move = ARROWS[event.key];
    if (!move || (input && move[1] && staysInText(input, move[1]))) return;
    const next = this.#cellAt({ row: row + move[0], column: column + move[1] });
    if (!next?.inside) return;
    event.preventDefault();
    next.root.focus();
  }
}

// Left and right move the caret while a person edits a number, and leave the cell at the number's ends.
/** @type {(input: HTMLInputElement, direction: number) => boolean} */
function staysInText({ selectionStart: start, selectionEnd: end, value }, direction) {
  if (start === null || end === null || (start === 0 && end === value.length)) return false;
  return start !== end || (direction < 0 ? start > 0 : end < value.length);
}

/** @type {(row: number, column: number, look: Look) => string[]} */
function namesOf(row, column, { window, unread, chosen, classes }) {
  return [
    window?.rows.includes(row) && window.columns.includes(column) ? "covered" : "",
    unread?.rows.has(row) || unread?.columns.has(column) ? "unread" : "",
    chosen?.[0] === row && chosen[1] === column ? "chosen" : "",
    classes?.(row, column) ?? "",
  ];
}

/** @type {(cell: HTMLElement, value: number | null, limit?: number) => void} */
function colour({ style }, value, limit) {
  const share = value !== null && limit ? (PURE * value) / limit : 0;
  const coloured = value !== null && limit !== undefined;
  style.setProperty("background-color", coloured ? divergingColour(share) : null);
  style.setProperty("color", coloured ? inkOn(share) : null);
}

/** @type {(values: Numbers, look: Look) => string} */
function inWords(values, look) {
  /** @type {(value: number | null, row: number, column: number) => string} */
  const word = (value, row, column) => (value === null || look.hidden?.(row, column) ? "–" : shortNumber(value));
  return values.map((line, row) => line.map((value, column) => word(value, row, column)).join(" ")).join("; ");
}
