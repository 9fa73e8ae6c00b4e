// The layer table: the server's facts on every layer, with formulas.

import { element, fill } from "convlens/interface/dom.js";
import { formatCount, formatShape, plural } from "convlens/interface/format.js";
import { items, numberCells, scrollingTable, tableRow } from "convlens/interface/parts.js";

/** @import { Cell } from "convlens/interface/parts.js" */

/**
 * A row of the server's table. A layer inside a block has a depth above 0 and the name of its branch.
 * @typedef {{
 *   text: string, depth?: number, branch?: string, output_shape: number[], size_formula: string, parameters: number,
 *   parameters_formula: string, multiply_adds: number, multiply_adds_formula: string, receptive_field: number[],
 *   warnings: string[],
 * }} LayerRow
 */

/**
 * The answer of `/api/layers`; `isAssumed` if the shape of the images is still unknown.
 * @typedef {{
 *   layers: LayerRow[], parameters: number, multiply_adds: number, input_shape: number[], classes: number,
 *   isAssumed?: boolean,
 * }} LayerTable
 */

/** @type {Cell[]} */
const HEADINGS = [["layer"], ["output"], ...numberCells("parameters", "multiply-adds", "receptive field")];

/** @type {(root: Element, table: LayerTable) => void} Shows the table in `root`. */
export function showLayerTable(root, table) {
  const most = Math.max(1, ...table.layers.map(({ parameters }) => parameters));
  const rows = table.layers.flatMap((row, index) => drawRow(row, most, row.branch !== table.layers[index - 1]?.branch));
  const attributes = { class: "train-layers", "aria-describedby": "train-layers-words" };
  const words = element("p", { class: "small soft", id: "train-layers-words" }, describeTable(table));
  const warnings = element("ul", { class: "train-warnings" }, items(...table.layers.flatMap((row) => row.warnings)));
  fill(root, words, scrollingTable("Layer table", HEADINGS, rows, { attributes }), warnings.firstChild && warnings);
}

/** "9,098 parameters, 290,080 multiply-adds per image of 1 × 28 × 28; 10 classes" @param {LayerTable} table */
export function describeTable({ parameters, multiply_adds, input_shape, classes, isAssumed }) {
  const counts = `${plural(parameters, "parameter")}, ${plural(multiply_adds, "multiply-add")}`;
  const images = `per image of ${formatShape(input_shape)}; ${plural(classes, "class", "classes")}`;
  return `${counts} ${images}${isAssumed ? " (assumed until the images have been read)" : ""}`;
}

/**
 * @type {(row: LayerRow, most: number, isFirst: boolean) => HTMLTableRowElement[]} `isFirst`: in its branch.
 */
function drawRow(row, most, isFirst) {
  const branch = row.branch && isFirst ? element("span", { class: "train-branch-name" }, row.branch) : null;
  const depth = { "--depth": String(row.depth ?? 0) };
  const numbers = tableRow(
    [branch, row.text],
    [
      [formatShape(row.output_shape)],
      [row.parameters ? formatCount(row.parameters) : "·", "number train-share"],
      ...numberCells(row.multiply_adds ? formatCount(row.multiply_adds) : "·", formatShape(row.receptive_field)),
    ],
    { style: { "--share": (row.parameters / most).toFixed(4), ...depth } },
  );
  numbers.cells[0].classList.add("mono");
  const formulas = [
    ["size", row.size_formula],
    ["parameters", row.parameters_formula],
    ["multiply-adds", row.multiply_adds_formula],
  ].filter(([, formula]) => formula);
  if (!formulas.length) return [numbers];
  numbers.classList.add("followed");
  const sums = formulas.map(([name, formula]) => [element("span", { class: "unseen" }, `${name}: `), formula]);
  const cell = element(
    "td",
    { colspan: HEADINGS.length, style: depth },
    sums.map((sum) => element("span", {}, sum)),
  );
  return [numbers, element("tr", { class: "train-formulas" }, cell)];
}
