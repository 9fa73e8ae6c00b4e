// Chapter: two vectors, number by number, as they are and with the second one turned.

import { element, fill } from "convlens/interface/dom.js";
import { resizeMatrix } from "convlens/views/learn/arithmetic/kernels.js";
import { shortNumber, writeProducts } from "convlens/views/learn/arithmetic/sentences.js";
import { addElementwise, convolve, crossCorrelate, turn } from "convlens/views/learn/arithmetic/vectors.js";
import { chapterFrame, controls } from "convlens/views/learn/chapter.js";
import { mistakeLine, sumLine, wholeField } from "convlens/views/learn/controls.js";
import { numberGrid } from "convlens/views/learn/grids.js";
import { limitOf } from "convlens/views/learn/matrices.js";

const LONGEST = 8;

export function twoVectors() {
  const state = { a: [3, 1, 2], b: [2, 4, 1] };
  const parts = buildParts(state, update);

  function update() {
    showSums(parts, state);
  }
  update();
  return { element: frame(parts), update };
}

function buildParts(state, update) {
  const mistakes = mistakeLine();
  const resize = (count) => {
    for (const key of ["a", "b"])
      [state[key]] = resizeMatrix([state[key]], 1, count, (_, column) => ((column * 2) % 5) - 1);
    update();
  };
  const edit = (key) => (_, column, value) => {
    state[key] = state[key].map((old, place) => (place === column ? value : old));
    update();
  };
  const editable = (name, key) => numberGrid({ name, vector: true, onChange: edit(key), mistakes });
  return {
    mistakes,
    length: wholeField({
      label: "Numbers in each",
      name: "count of numbers",
      value: 3,
      least: 1,
      most: LONGEST,
      mistakes,
      onChange: resize,
    }),
    rows: {
      a: editable("A", "a"),
      b: editable("B", "b"),
      sum: numberGrid({ name: "A + B" }),
      products: numberGrid({ name: "A · B" }),
      turned: numberGrid({ name: "B turned by 180°" }),
      turnedProducts: numberGrid({ name: "A · B turned" }),
    },
    totals: { correlation: element("output"), convolution: element("output") },
    sums: { correlation: sumLine(), convolution: sumLine() },
  };
}

function showSums({ rows, totals, sums }, { a, b }) {
  const [correlation, convolution] = [crossCorrelate(a, b), convolve(a, b)];
  const limit = limitOf([correlation.products, convolution.products]);
  rows.a.show([a]);
  rows.b.show([b]);
  rows.sum.show([addElementwise(a, b)]);
  rows.products.show([correlation.products], { limit });
  rows.turned.show([turn(b)]);
  rows.turnedProducts.show([convolution.products], { limit });
  fill(totals.correlation, shortNumber(correlation.total));
  fill(totals.convolution, shortNumber(convolution.total));
  sums.correlation.say(`Cross-correlation: ${writeProducts(correlation)}`);
  sums.convolution.say(`Convolution: ${writeProducts(convolution)}`);
}

function frame({ length, rows, totals, mistakes, sums }) {
  const line = (name, row, ...after) =>
    element(
      "div",
      { class: "vector-row" },
      element("span", { class: "row-name" }, name),
      element("div", { class: "scroll" }, row.element),
      after,
    );
  const total = (output) => [element("span", { class: "sign", "aria-hidden": "true" }, "added up:"), output];
  return chapterFrame({
    id: "vectors",
    title: "Two vectors",
    text: [
      "A network is built from one small thing, done very often: multiply numbers in pairs and add the products up. Change A and B and watch what becomes of them.",
      [
        "The sum of the products is the ",
        element("strong", {}, "cross-correlation"),
        ": the more alike the two are, the larger it gets. A ",
        element("strong", {}, "convolution"),
        " does the same with B turned by 180°, last number first.",
      ],
    ],
    bench: [
      controls(length.element),
      element(
        "div",
        { class: "vector-rows" },
        line("A", rows.a),
        line("B", rows.b),
        line("A + B", rows.sum),
        line("A · B", rows.products, total(totals.correlation)),
        line("B turned", rows.turned),
        line("A · B turned", rows.turnedProducts, total(totals.convolution)),
      ),
      mistakes.element,
      sums.correlation.element,
      sums.convolution.element,
      element(
        "p",
        { class: "remark" },
        "What deep learning calls a convolution turns nothing: by its right name it is a cross-correlation. A network learns its kernels, so it does not matter to it; whoever compares formulas should know.",
      ),
    ],
  });
}
