// Chapter: a whole network by hand, layer by layer, with the sum behind each of its numbers.

import { explainNumber, MADE, runNetwork } from "convlens/views/learn/arithmetic/network.js";
import { Chapter, lineUp, paragraph } from "convlens/views/learn/chapter.js";
import { limitOf } from "convlens/views/learn/matrices.js";
import { EXAMPLES } from "convlens/views/learn/operations.js";

/** @import { Name } from "convlens/views/learn/arithmetic/network.js" */

const STATE = { image: EXAMPLES.smallMatrix, kernel: EXAMPLES.kernel, ...EXAMPLES.network };
/** @type {Record<keyof typeof STATE, string>} */
const GIVEN_NAMES = { image: "input", kernel: "kernel", bias: "bias", weights: "weights", biases: "biases" };
/** @type {Record<(typeof MADE)[number], string>} */
const MADE_NAMES = {
  conv: "conv 1 2x2",
  relu: "relu",
  flatten: "flatten",
  dense: "dense 2",
  powers: "eˣ",
  softmax: "softmax",
};
/** Matrices without colours, since their numbers have no sign or no limit. */
const PLAIN = ["image", "bias", "biases", "powers"];

/** @extends {Chapter<typeof STATE>} */
export class NetworkChapter extends Chapter {
  constructor() {
    super({ id: "network", operations: ["network"], state: { ...STATE } });
    this.made = runNetwork(this.state);
    this.order = this.#listNumbers();
    const describe = () => nameOf(this.order[this.steps.place]);
    this.steps = this.stepThrough({ name: "the network", unit: "number", describe });
    const given = keysOf(GIVEN_NAMES).map((key) => [
      key,
      this.matrix(GIVEN_NAMES[key], { coloured: !PLAIN.includes(key), onChange: this.editing(key) }),
    ]);
    const made = MADE.map((key) => {
      /** @type {import("convlens/views/learn/matrices.js").OnPick} */
      const onPick = (row, column) =>
        this.steps.go(this.order.findIndex((one) => one.join() === [key, row, column].join()));
      return [key, this.matrix(MADE_NAMES[key], { coloured: !PLAIN.includes(key), onPick })];
    });
    /** @type {Record<Name, import("convlens/views/learn/matrices.js").MatrixView>} */
    this.views = Object.fromEntries([...given, ...made]);
    this.shifted = paragraph(
      "remark",
      "These outputs are so far from zero that the largest is first subtracted from each of them. The probabilities stay the same.",
    );
    const { image, kernel, bias, conv, relu, flatten, weights, biases, dense, powers, softmax } = this.views;
    this.build(
      [
        "This is one of the smallest networks, `conv 1 2x2, relu, dense 2`: a kernel, an activation, and a dense layer with two outputs, one for each class. A dense layer is also a cross-correlation: of all its inputs, in one row, with the weights of each output.",
        "Change the input or any weight. Choose a number in any layer to highlight the numbers that it was computed from.",
      ],
      lineUp(image, "→", kernel, "+", bias, "→", conv, "→", relu),
      lineUp(flatten, "→", weights, "+", biases, "→", dense, "→", powers, "→", softmax),
      this.mistakes,
      this.steps,
      this.sum,
      this.shifted,
    );
  }

  /** Lists all numbers that the network computes, in order. */
  #listNumbers() {
    return MADE.flatMap((name) =>
      this.made[name].flatMap((line, row) => line.map((_, column) => /** @type {const} */ ([name, row, column]))),
    );
  }

  update() {
    this.made = runNetwork(this.state);
    this.order = this.#listNumbers();
    this.steps.resize(1, this.order.length);
    this.show();
  }

  show() {
    const { made } = this;
    const [name, row, column] = this.order[this.steps.place];
    const { lit, sentence } = explainNumber(made, name, [row, column]);
    // The maps share one colour scale, so that a person sees that relu does not change positive values.
    const map = limitOf(made.conv);
    /** @type {Partial<Record<Name, number>>} */
    const limits = { conv: map, relu: map, flatten: map, softmax: 1 };
    for (const key of keysOf(this.views)) {
      const went = new Set(lit[key]?.map(String));
      this.views[key].show(made[key], {
        limit: limits[key],
        chosen: key === name ? [row, column] : null,
        classes: (row, column) => (went.has(`${row},${column}`) ? "covered" : ""),
      });
    }
    this.shifted.hidden = !made.shift;
    this.sum.say(`${MADE_NAMES[name]}, row ${row}, column ${column}: ${sentence}`);
  }
}

/**
 * @template {string} Key
 * @param {Record<Key, unknown>} names
 */
function keysOf(names) {
  return /** @type {Key[]} */ (Object.keys(names));
}

/** @param {readonly [name: (typeof MADE)[number], row: number, column: number]} number */
function nameOf([name, row, column]) {
  return `row ${row}, column ${column} of ${MADE_NAMES[name]}`;
}
