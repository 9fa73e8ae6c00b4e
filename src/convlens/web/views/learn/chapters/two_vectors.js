// Chapter: the sum of products of two vectors, and the same with the second one reversed.

import { element, fill } from "convlens/interface/dom.js";
import { div } from "convlens/interface/parts.js";
import { shortNumber, writeKernelSum } from "convlens/views/learn/arithmetic/sentences.js";
import { resizeMatrix } from "convlens/views/learn/arithmetic/tensors.js";
import { slideAlong } from "convlens/views/learn/arithmetic/vectors.js";
import { Chapter, namedRow, sign } from "convlens/views/learn/chapter.js";
import { SumLine } from "convlens/views/learn/controls.js";
import { limitOf } from "convlens/views/learn/matrices.js";
import { EXAMPLES } from "convlens/views/learn/operations.js";

const STATE = { a: [EXAMPLES.a], b: [EXAMPLES.b], length: 3 };
const LONGEST = 8;

/** @extends {Chapter<typeof STATE>} */
export class TwoVectorsChapter extends Chapter {
  constructor() {
    super({ id: "vectors", title: "Two vectors", operations: ["correlate", "convolve"], state: { ...STATE } });
    const name = "count of numbers";
    const length = this.whole("Numbers in each", "length", 1, LONGEST, {
      name,
      onChange: (count) => this.#resize(count),
    });
    this.grids = {
      a: this.grid("A", { vector: true, onChange: this.editing("a") }),
      b: this.grid("B", { vector: true, onChange: this.editing("b") }),
      sum: this.grid("A + B"),
      products: this.grid("A · B"),
      turned: this.grid("B rotated by 180°"),
      turnedProducts: this.grid("A · B turned"),
    };
    this.totals = [element("output"), element("output")];
    this.turnedSum = new SumLine();
    const { a, b, sum, products, turned, turnedProducts } = this.grids;
    const [total, turnedTotal] = this.totals.map((output) => [sign("sum:"), output]);
    this.build(
      [
        "A network repeats this small calculation very often. Change A and B and watch the sums.",
        "What deep learning calls a convolution does not rotate the kernel: strictly speaking, it is a cross-correlation. A network learns its kernels, so this makes no difference to the network; it matters only when you compare formulas.",
      ],
      div("controls", length),
      div(
        "vector-rows",
        namedRow("A", div("scroll", a)),
        namedRow("B", div("scroll", b)),
        namedRow("A + B", div("scroll", sum)),
        namedRow("A · B", div("scroll", products), total),
        namedRow("B turned", div("scroll", turned)),
        namedRow("A · B turned", div("scroll", turnedProducts), turnedTotal),
      ),
      this.mistakes,
      this.sum,
      this.turnedSum,
    );
  }

  /** @param {number} count */
  #resize(count) {
    /** @param {number[][]} row */
    const resize = (row) => resizeMatrix(row, 1, count, (_, column) => ((column * 2) % 5) - 1);
    Object.assign(this.state, { a: resize(this.state.a), b: resize(this.state.b) });
    this.update();
  }

  update() {
    const [[a], [b]] = [this.state.a, this.state.b];
    const [one, turned] = [false, true].map((turned) => slideAlong(a, b, { turned, ends: "valid" })[0]);
    const { grids } = this;
    const limit = limitOf([one.products, turned.products]);
    grids.a.show([a]);
    grids.b.show([b]);
    grids.sum.show([a.map((value, place) => value + b[place])]);
    grids.products.show(one.products[0], { limit });
    grids.turned.show(turned.kernel[0]);
    grids.turnedProducts.show(turned.products[0], { limit });
    [one, turned].forEach(({ total }, place) => fill(this.totals[place], shortNumber(total)));
    this.sum.say(`Cross-correlation: ${writeKernelSum(one)}`);
    this.turnedSum.say(`Convolution: ${writeKernelSum(turned)}`);
  }
}
