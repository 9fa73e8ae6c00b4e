// Parts that several views use.

import { element } from "convlens/interface/dom.js";

/** @import { Attributes, Children } from "convlens/interface/dom.js" */

/** @type {(name: string, ...children: Children[]) => HTMLDivElement} `name` is a CSS class, or "" for none. */
export function div(name, ...children) {
  return element("div", { class: name || null }, ...children);
}

/** @type {(words: Children, onClick: () => void, attributes?: Attributes<HTMLButtonElement>) => HTMLButtonElement} */
export function button(words, onClick, attributes = {}) {
  return element("button", { type: "button", onClick, ...attributes }, words);
}

/** The moves of the arrow keys, in rows and columns. @type {Record<string, [down: number, right: number]>} */
export const ARROWS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** Attributes of a text field that the browser neither completes nor corrects. */
export const PLAIN_TEXT = { type: "text", autocomplete: "off", spellcheck: "false" };

/** @type {(...children: Children[]) => HTMLLIElement[]} Each child as a list item. */
export function items(...children) {
  return children.map((child) => element("li", {}, child));
}

/** @type {(...choices: [value: string | number, words: string][]) => HTMLOptionElement[]} The options of a select. */
export function optionList(...choices) {
  return choices.map(([value, words]) => element("option", { value }, words));
}

/** @type {(name: string, facts: [name: string, value: Children][]) => HTMLDListElement} Facts as a list of terms. */
export function factList(name, facts) {
  const rows = facts.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value)));
  return element("dl", { class: name }, rows);
}

/** @typedef {[words: Children, kind?: string]} Cell its content, if any, and its CSS class */

/**
 * A table that scrolls sideways if it is too wide; `name` is for screen readers.
 * @type {(name: string, headings: Cell[], body: HTMLElement | HTMLElement[],
 *   more?: { attributes?: Record<string, string>, caption?: string }) => HTMLDivElement}
 */
export function scrollingTable(name, headings, body, { attributes = {}, caption } = {}) {
  const cells = headings.map(([words, kind]) =>
    words ? element("th", { scope: "col", class: kind }, words) : element("td"),
  );
  const head = element("thead", {}, element("tr", {}, cells));
  const rows = Array.isArray(body) ? element("tbody", {}, body) : body;
  const table = element("table", attributes, caption && element("caption", {}, caption), head, rows);
  return element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": name }, table);
}

/** @type {(...words: Children[]) => Cell[]} Cells or headings with the class `number`. */
export function numberCells(...words) {
  return words.map((one) => [one, "number"]);
}

/** @type {(name: Children, cells: Cell[], attributes?: Attributes<HTMLElement>) => HTMLTableRowElement} */
export function tableRow(name, cells, attributes = {}) {
  const others = cells.map(([words, kind]) => element("td", { class: kind }, words));
  return element("tr", attributes, element("th", { scope: "row" }, name), others);
}

/** A line that says what went wrong; without text it is hidden. */
export class Problem {
  root = element("p", { class: "notice alarm", role: "alert", hidden: true });

  /** @param {string} words */
  say(words) {
    if (this.root.textContent !== words) this.root.textContent = words;
    this.root.hidden = !words;
  }
}
