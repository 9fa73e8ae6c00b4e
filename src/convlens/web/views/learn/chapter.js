// The frame of a chapter: heading, a few sentences, and the bench with what can be played with.

import { element } from "convlens/interface/dom.js";

/** `text` are paragraphs (strings, or arrays of strings and nodes). */
export function chapterFrame({ id, title, text, bench }) {
  return element(
    "section",
    { class: "chapter", id: `learn/${id}`, "aria-labelledby": `learn-title-${id}` },
    element("h2", { id: `learn-title-${id}` }, title),
    element(
      "div",
      { class: "prose" },
      text.map((one) => element("p", {}, one)),
    ),
    element("div", { class: "bench" }, bench),
  );
}

export function controls(...parts) {
  return element("div", { class: "controls" }, parts);
}

/** Things in a row, between them signs such as × and =. */
export function lineUp(...parts) {
  return element(
    "div",
    { class: "line-up" },
    parts.map((part) =>
      typeof part === "string" ? element("span", { class: "sign", "aria-hidden": "true" }, part) : part,
    ),
  );
}
