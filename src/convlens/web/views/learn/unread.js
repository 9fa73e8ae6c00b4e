// The cells that no window position reads, for hatching and description.

import { element } from "convlens/interface/dom.js";
import { plural } from "convlens/interface/format.js";
import { axesOf, countReads, dropped, outputSizeFormula, skipped } from "convlens/views/learn/arithmetic/windows.js";
import { paragraph } from "convlens/views/learn/chapter.js";

/** @import { Pair, Sliding } from "convlens/views/learn/arithmetic/windows.js" */

/** @param {Pair} size @param {Sliding} sliding */
export function unreadOf(size, sliding) {
  const [rows, columns] = axesOf(size, sliding).map((axis) => {
    const reads = countReads(axis);
    return new Set(reads.flatMap((count, cell) => (count ? [] : [cell])));
  });
  return { rows, columns };
}

/** @type {(size: Pair, sliding: Sliding) => HTMLElement[]} The size of the result, and the unread cells. */
export function describeSize(size, sliding) {
  const [rows, columns] = axesOf(size, sliding).map(outputSizeFormula);
  /** @type {(name: string, text: string) => HTMLElement} */
  const formula = (name, text) =>
    element("p", { class: "formula" }, element("span", { class: "soft" }, `${name} of the map: `), text);
  const same = rows === columns;
  const lines = same ? [formula("Rows and columns", rows)] : [formula("Rows", rows), formula("Columns", columns)];
  const lost = sayLost(size, sliding);
  return lost ? [...lines, lost] : lines;
}

/** @type {(size: Pair, sliding: Sliding) => HTMLParagraphElement | null} The unread cells, if any. */
export function sayLost(size, sliding) {
  const axes = axesOf(size, sliding);
  const names = ["row", "column"];
  const counts = { ends: axes.map(dropped), gaps: axes.map(skipped) };
  const ends = counts.ends.map(
    (count, axis) => count && `the last ${count === 1 ? names[axis] : plural(count, names[axis])}`,
  );
  const gaps = counts.gaps.map((count, axis) => count && plural(count, names[axis]));
  const [lastOnes, between] = [ends, gaps].map((parts) => parts.filter(Boolean).join(" and "));
  const said = [];
  if (lastOnes) said.push(`Rounding down drops ${lastOnes}: no window position reads the hatched cells.`);
  if (between) said.push(`The stride skips ${between} between the positions: no window position reads them.`);
  if (!said.length) return null;
  const line = paragraph("lost", said.join(" "));
  line.prepend(element("span", { class: "hatched-sample", "aria-hidden": "true" }));
  return line;
}
