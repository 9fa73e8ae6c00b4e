// What no placement reads, for hatching it and for saying it.

import { element } from "convlens/interface/dom.js";
import { axisOf, countReads, dropped, outputSizeFormula, skipped } from "convlens/views/learn/arithmetic/windows.js";

/** Rows and columns that no placement reads, as sets. */
export function unreadOf(size, sliding) {
  const [rows, columns] = [0, 1].map(
    (axis) =>
      new Set(countReads(size[axis], ...axisOf(sliding, axis)).flatMap((reads, place) => (reads ? [] : [place]))),
  );
  return { rows, columns };
}

/** The size of the result with the numbers filled in, and what is lost of the input, as paragraphs. */
export function describeSize(size, sliding) {
  const [rows, columns] = [0, 1].map((axis) => outputSizeFormula(size[axis], ...axisOf(sliding, axis)));
  const formula = (name, text) =>
    element("p", { class: "formula" }, name ? element("span", { class: "soft" }, `${name} `) : "", text);
  const lines =
    rows === columns
      ? [formula("Rows and columns of the map:", rows)]
      : [formula("Rows of the map:", rows), formula("Columns of the map:", columns)];
  const lost = sayLost(size, sliding);
  return lost
    ? [
        ...lines,
        element("p", { class: "lost" }, element("span", { class: "hatched-sample", "aria-hidden": "true" }), lost),
      ]
    : lines;
}

/** One line on what nothing reads, and null where everything is read. */
export function sayLost(size, sliding) {
  const axes = [
    [0, "row"],
    [1, "column"],
  ].map(([axis, name]) => ({
    name,
    end: dropped(size[axis], ...axisOf(sliding, axis)),
    between: skipped(size[axis], ...axisOf(sliding, axis)),
  }));
  const counted = (count, name) => (count === 1 ? `the last ${name}` : `the last ${count} ${name}s`);
  const ends = axes.filter(({ end }) => end).map(({ end, name }) => counted(end, name));
  const gaps = axes
    .filter(({ between }) => between)
    .map(({ between, name }) => `${between} ${name}${between === 1 ? "" : "s"}`);
  const said = [];
  if (ends.length) said.push(`The floor drops ${ends.join(" and ")}: no placement reads what is hatched there.`);
  if (gaps.length)
    said.push(
      `Between the placements nothing reads ${gaps.join(" and ")}: the stride steps over what the kernel leaves open.`,
    );
  return said.join(" ") || null;
}
