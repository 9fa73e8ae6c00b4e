// Chapter: one vector slides along another, with the three rules for the ends.

import { div } from "convlens/interface/parts.js";
import { writeKernelSum } from "convlens/views/learn/arithmetic/sentences.js";
import { resizeMatrix } from "convlens/views/learn/arithmetic/tensors.js";
import { ENDS, slideAlong } from "convlens/views/learn/arithmetic/vectors.js";
import { Chapter, namedRow } from "convlens/views/learn/chapter.js";
import { choice, optionsOf } from "convlens/views/learn/controls.js";
import { limitOf } from "convlens/views/learn/matrices.js";
import { EXAMPLES } from "convlens/views/learn/operations.js";

const STATE = { a: [EXAMPLES.a], b: [EXAMPLES.b], length: 3, turned: true, ends: "full" };
const LONGEST = 9;

/** @extends {Chapter<typeof STATE>} */
export class SlidingVectorsChapter extends Chapter {
  constructor() {
    const title = "One vector slides along the other";
    super({ id: "sliding-vectors", title, operations: ["full"], state: { ...STATE } });
    this.positions = this.#slide();
    const describe = () => `starts at place ${`${this.positions[this.steps.place].columns[0]}`.replace("-", "−")} of A`;
    this.steps = this.stepThrough({ name: "the sliding vector", describe, start: 1 });
    this.grids = {
      b: this.grid("B", { vector: true, onChange: this.editing("b") }),
      a: this.grid("A", { vector: true, onChange: this.editing("a") }),
      kernel: this.grid("the kernel at its position"),
      products: this.grid("products"),
      result: this.grid("result", { vector: true, onPick: this.steps.pick }),
    };
    const { a, b, kernel, products, result } = this.grids;
    this.build(
      [
        "**Full** keeps all positions from the first overlap to the last; numbers without a partner are multiplied by zero. **Same** keeps the sums in the middle, as many as the longer vector has numbers. **Valid** keeps the positions where the vectors overlap completely.",
      ],
      div("controls", ...this.#buildControls()),
      div("vector-rows", namedRow("B", b)),
      div("scroll", div("vector-rows", namedRow("A", a), namedRow("kernel", kernel), namedRow("products", products))),
      this.mistakes,
      this.steps,
      this.sum,
      div("scroll", div("vector-rows", namedRow("result", result))),
    );
  }

  #buildControls() {
    const length = (/** @type {"a" | "b"} */ key) => {
      const vector = key.toUpperCase();
      return this.whole(`Numbers in ${vector}`, "length", 1, LONGEST, {
        name: `count of numbers in ${vector}`,
        onChange: (count) => this.set(key)(resizeMatrix(this.state[key], 1, count, (_, column) => (column * 2) % 5)),
      });
    };
    const turned = choice({
      legend: "Operation",
      options: { no: "cross-correlation: B unchanged", yes: "convolution: B rotated by 180°" },
      value: "yes",
      onChange: (value) => this.set("turned")(value === "yes"),
    });
    const ends = choice({ legend: "Ends", options: optionsOf(ENDS), value: "full", onChange: this.set("ends") });
    return [length("a"), length("b"), turned, ends];
  }

  #slide() {
    return slideAlong(this.state.a[0], this.state.b[0], this.state);
  }

  update() {
    this.positions = this.#slide();
    this.steps.resize(1, this.positions.length);
    this.show();
  }

  show() {
    const { a, b } = this.state;
    const { grids, positions } = this;
    const { place } = this.steps;
    const { columns, kernel, products } = positions[place];
    const hanging = b[0].length - 1;
    const covered = (/** @type {number} */ column) => columns.includes(column);
    // Kernel and products are drawn under the cells of A that they belong to, so all three have the same columns.
    const under = (/** @type {number[]} */ numbers) => [
      Array.from({ length: a[0].length + 2 * hanging }, (_, cell) => numbers[cell - hanging - columns[0]] ?? null),
    ];
    const blank = {
      classes: (/** @type {number} */ _, /** @type {number} */ cell) => (covered(cell - hanging) ? "" : "blank"),
    };
    const totals = positions.map(({ total }) => total);
    grids.b.show(b);
    grids.a.show(a, {
      around: [0, hanging],
      filling: (_, column) => (covered(column) ? 0 : null),
      window: { rows: [0], columns },
    });
    grids.kernel.show(under(kernel[0][0]), { limit: limitOf(b), ...blank });
    grids.products.show(under(products[0][0]), { limit: limitOf(positions.map((one) => one.products)), ...blank });
    grids.result.show([totals], { limit: limitOf(totals), hidden: this.steps.isAhead, chosen: [0, place] });
    this.sum.say(writeKernelSum(positions[place]));
  }
}
