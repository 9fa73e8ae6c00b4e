// Parts that stand in several places of this view.

import { element } from "convlens/interface/dom.js";

/** @import { Attributes } from "convlens/interface/dom.js" */

/** A part with a class of the style sheet. @param {string} name @param {...any} children */
export function box(name, ...children) {
  return element("div", { class: name }, ...children);
}

/**
 * A button that does something here.
 * @type {(words: string | Node, onClick: () => void, attributes?: Attributes<HTMLButtonElement>) => HTMLButtonElement}
 */
export function button(words, onClick, attributes = {}) {
  return element("button", { type: "button", onClick, ...attributes }, words);
}

/**
 * A table that scrolls sideways where it is too wide, under a name for screen readers. A heading is a name and, above
 * numbers, the class of its column.
 * @param {string} name @param {string[][]} headings @param {Node} body
 * @param {{ attributes?: Record<string, string>, caption?: string }} [more]
 */
export function scrollingTable(name, headings, body, { attributes = {}, caption } = {}) {
  const cells = headings.map(([words, kind]) => element("th", { scope: "col", class: kind }, words));
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": name },
    element(
      "table",
      attributes,
      caption && element("caption", {}, caption),
      element("thead", {}, element("tr", {}, cells)),
      body,
    ),
  );
}

/** A line that says what went wrong; it is there only while it has words. */
export class Problem {
  root = element("p", { class: "notice alarm", role: "alert", hidden: true });

  /** @param {string} words */
  say(words) {
    if (this.root.textContent !== words) this.root.textContent = words;
    this.root.hidden = !words;
  }
}
