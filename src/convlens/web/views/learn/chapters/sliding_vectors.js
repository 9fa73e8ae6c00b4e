// Chapter: one vector slides along another, and where the sliding ends.

import { resizeMatrix } from "convlens/views/learn/arithmetic/kernels.js";
import { writeProducts } from "convlens/views/learn/arithmetic/sentences.js";
import { ENDS, slideAlong } from "convlens/views/learn/arithmetic/vectors.js";
import { element } from "convlens/interface/dom.js";
import { chapterFrame, controls } from "convlens/views/learn/chapter.js";
import { choice, mistakeLine, sumLine, wholeField } from "convlens/views/learn/controls.js";
import { numberGrid } from "convlens/views/learn/grids.js";
import { limitOf } from "convlens/views/learn/matrices.js";
import { stepper } from "convlens/views/learn/steps.js";

const LONGEST = 9;

export function slidingVectors() {
  const state = { a: [3, 1, 2], b: [2, 4, 1], turned: true, ends: "full", placements: [] };
  const parts = buildParts(state, { update, show });
  const { steps } = parts;

  function update() {
    state.placements = slideAlong(state.a, state.b, state);
    steps.setCount(state.placements.length);
    show(steps.place, false);
  }
  function show(place, playing) {
    parts.sum.quiet(playing);
    showPlacement(parts, state, place);
  }
  update();
  return { element: frame(parts), update, pause: steps.pause, dispose: steps.dispose };
}

function buildParts(state, { update, show }) {
  const mistakes = mistakeLine();
  const set = (key) => (value) => {
    state[key] = value;
    update();
  };
  const edit = (key) => (_, column, value) =>
    set(key)(state[key].map((old, place) => (place === column ? value : old)));
  const steps = stepper({
    name: "the sliding vector",
    onStep: show,
    describe: (place) => `starts at place ${`${state.placements[place]?.start ?? 0}`.replace("-", "−")} of A`,
    start: 1,
  });
  return {
    mistakes,
    steps,
    sum: sumLine(),
    ...buildControls(state, mistakes, set),
    grids: {
      b: numberGrid({ name: "B", vector: true, onChange: edit("b"), mistakes }),
      a: numberGrid({ name: "A", vector: true, onChange: edit("a"), mistakes }),
      kernel: numberGrid({ name: "the kernel where it lies" }),
      products: numberGrid({ name: "products" }),
      result: numberGrid({ name: "result", vector: true, onPick: (_, column) => steps.go(column) }),
    },
  };
}

function buildControls(state, mistakes, set) {
  const resize = (key) => (count) => set(key)(resizeMatrix([state[key]], 1, count, (_, column) => (column * 2) % 5)[0]);
  const length = (key) =>
    wholeField({
      label: `Numbers in ${key.toUpperCase()}`,
      name: `count of numbers in ${key.toUpperCase()}`,
      value: 3,
      least: 1,
      most: LONGEST,
      mistakes,
      onChange: resize(key),
    });
  const turned = choice({
    legend: "Operation",
    options: [
      ["no", "cross-correlation: B as it is"],
      ["yes", "convolution: B turned by 180°"],
    ],
    value: "yes",
    onChange: (value) => set("turned")(value === "yes"),
  });
  const ends = choice({
    legend: "Ends",
    options: ENDS.map((name) => [name, name]),
    value: "full",
    onChange: set("ends"),
  });
  return { lengths: [length("a"), length("b")], turned, ends };
}

function showPlacement({ grids, sum }, { a, b, placements }, place) {
  const one = placements[place];
  const hanging = b.length - 1;
  const covers = (column) => column >= one.start && column < one.start + b.length;
  // Kernel and products are drawn under the cells of A that they meet, so all three have the same columns.
  const under = (numbers) => [
    Array.from({ length: a.length + 2 * hanging }, (_, place) => numbers[place - hanging - one.start] ?? null),
  ];
  const blank = (numbers) => (_, column) => (under(numbers)[0][column] === null ? ["blank"] : []);
  const totals = placements.map(({ total }) => total);
  grids.b.show([b]);
  grids.a.show([a], {
    around: [0, hanging],
    filling: (_, column) => (covers(column) ? 0 : null),
    classes: (_, column) => (covers(column) ? ["covered"] : []),
  });
  grids.kernel.show(under(one.kernel), { limit: limitOf(b), classes: blank(one.kernel) });
  grids.products.show(under(one.products), {
    limit: limitOf(placements.map(({ products }) => products)),
    classes: blank(one.products),
  });
  grids.result.show([totals], {
    limit: limitOf(totals),
    hidden: (_, column) => column > place,
    classes: (_, column) => (column === place ? ["chosen"] : []),
  });
  sum.say(writeProducts(one));
}

function frame({ lengths, turned, ends, grids, mistakes, steps, sum }) {
  const line = (name, grid) =>
    element("div", { class: "vector-row" }, element("span", { class: "row-name" }, name), grid.element);
  return chapterFrame({
    id: "sliding-vectors",
    title: "One vector slides along the other",
    text: [
      [
        "Move B along A and write down a sum at every placement. ",
        element("strong", {}, "Full"),
        " begins where the two first touch and ends where they last do, n + m − 1 sums; what hangs over meets zeros. ",
        element("strong", {}, "Same"),
        " keeps the middle, as many sums as the longer vector has numbers. ",
        element("strong", {}, "Valid"),
        " keeps those where nothing hangs over.",
      ],
    ],
    bench: [
      controls(
        lengths.map((field) => field.element),
        turned.element,
        ends.element,
      ),
      element("div", { class: "vector-rows" }, line("B", grids.b)),
      element(
        "div",
        { class: "scroll" },
        element(
          "div",
          { class: "vector-rows" },
          line("A", grids.a),
          line("kernel", grids.kernel),
          line("products", grids.products),
        ),
      ),
      mistakes.element,
      steps.element,
      sum.element,
      element("div", { class: "scroll" }, element("div", { class: "vector-rows" }, line("result", grids.result))),
    ],
  });
}
