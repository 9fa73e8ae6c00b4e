// The layer table: what Python says of every layer, with the arithmetic filled in.

import { element, fill } from "convlens/interface/dom.js";
import { formatCount, formatShape, plural } from "convlens/interface/format.js";

const HEADINGS = [["layer"], ["output"], ["parameters", "number"], ["multiply-adds", "number"], ["sees", "number"]];

/** Fill `root` with the table of `/api/layers`. */
export function showLayerTable(root, table) {
  const most = Math.max(1, ...table.layers.map(({ parameters }) => parameters));
  fill(
    root,
    element("p", { class: "small soft", id: "train-layers-words" }, describeTable(table)),
    element(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Layer table" },
      element(
        "table",
        { class: "train-layers", "aria-describedby": "train-layers-words" },
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            HEADINGS.map(([name, kind]) => element("th", { scope: "col", class: kind }, name)),
          ),
        ),
        element(
          "tbody",
          {},
          table.layers.map((row) => tableRow(row, most)),
        ),
      ),
    ),
    warningsOf(table),
  );
}

/** "9,098 parameters, 290,080 multiply-adds an image, for 1 × 28 × 28 and 10 classes" */
export function describeTable({ parameters, multiply_adds, input_shape, classes, isAssumed }) {
  const images = isAssumed ? "as long as they are not read, images are taken to be" : "images of";
  return `${plural(parameters, "parameter")}, ${plural(multiply_adds, "multiply-add")} an image; ${images} ${formatShape(input_shape)}, ${plural(classes, "class", "classes")}`;
}

function tableRow(row, most) {
  const parameters = element("td", { class: "number train-share" }, row.parameters ? formatCount(row.parameters) : "·");
  parameters.style.setProperty("--share", (row.parameters / most).toFixed(4));
  const numbers = element(
    "tr",
    {},
    element("th", { scope: "row", class: "mono" }, row.text),
    element("td", {}, formatShape(row.output_shape)),
    parameters,
    element("td", { class: "number" }, row.multiply_adds ? formatCount(row.multiply_adds) : "·"),
    element("td", { class: "number" }, formatShape(row.receptive_field)),
  );
  const formulas = [
    ["size", row.size_formula],
    ["parameters", row.parameters_formula],
    ["multiply-adds", row.multiply_adds_formula],
  ].filter(([, formula]) => formula);
  if (!formulas.length) return numbers;
  numbers.classList.add("followed");
  return [
    numbers,
    element(
      "tr",
      { class: "train-formulas" },
      element(
        "td",
        { colspan: HEADINGS.length },
        formulas.map(([name, formula]) =>
          element("span", {}, element("span", { class: "unseen" }, `${name}: `), formula),
        ),
      ),
    ),
  ];
}

function warningsOf({ layers }) {
  const warnings = layers.flatMap((row) => row.warnings.map((warning) => `${row.text}: ${warning}`));
  return warnings.length
    ? element(
        "ul",
        { class: "train-warnings" },
        warnings.map((warning) => element("li", {}, warning)),
      )
    : null;
}
