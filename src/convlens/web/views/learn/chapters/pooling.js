// Chapter: max and average pooling.

import { fill } from "convlens/interface/dom.js";
import { plural } from "convlens/interface/format.js";
import { button, div } from "convlens/interface/parts.js";
import { findPoolingMistake, poolAt, poolMatrix } from "convlens/views/learn/arithmetic/pooling.js";
import { writePooling } from "convlens/views/learn/arithmetic/sentences.js";
import { resizeMatrix, sizeOf } from "convlens/views/learn/arithmetic/tensors.js";
import { squareWindow } from "convlens/views/learn/arithmetic/windows.js";
import { Chapter, paragraph } from "convlens/views/learn/chapter.js";
import { checkbox, choice } from "convlens/views/learn/controls.js";
import { limitOf } from "convlens/views/learn/matrices.js";
import { EXAMPLES } from "convlens/views/learn/operations.js";
import { describeSize, unreadOf } from "convlens/views/learn/unread.js";

const STATE = {
  values: EXAMPLES.pooled,
  kind: /** @type {"max" | "average"} */ ("max"),
  size: 4,
  kernel: 2,
  stride: 2,
  padding: 0,
  ceil: false,
};
const LARGEST_SIDE = 9;

/** @extends {Chapter<typeof STATE>} */
export class PoolingChapter extends Chapter {
  /**
   * @param {import("convlens/views/learn/chapters/activation.js").ActivationChapter} activation source of a map
   */
  constructor(activation) {
    super({ id: "pooling", operations: ["pool"], state: { ...STATE } });
    this.drawn = this.#pool();
    this.steps = this.stepThrough({ name: "the window", of: "the result" });
    this.input = this.matrix("input", { caption: "Input", sized: true, onChange: this.editing("values") });
    this.result = this.matrix("result", { caption: "Result", sized: true, coloured: true, onPick: this.steps.pick });
    this.formula = div("formulas");
    const kind = choice({
      legend: "Pooling",
      options: { max: "max", average: "average" },
      value: "max",
      onChange: (value) => this.set("kind")(value === "max" ? "max" : "average"),
    });
    const size = this.whole("Input size", "size", 1, LARGEST_SIDE, {
      onChange: (side) =>
        this.set("values")(resizeMatrix(this.state.values, side, side, (y, x) => (3 * y + 5 * x) % 9)),
    });
    const window = [
      this.whole("Window", "kernel", 1, 5),
      this.whole("Stride", "stride", 1, 5),
      this.whole("Padding", "padding", 0, 2),
    ];
    const take = button("Use the first map of the chapter above", () => {
      const [values] = activation.maps();
      if (values.length <= LARGEST_SIDE) size.set(values.length);
      this.set("values")(values);
    });
    const ceil = checkbox({
      label: "the last window may extend past the edge (ceil mode)",
      onChange: this.set("ceil"),
    });
    this.build(
      [
        "The window usually moves by its own size, so a 2×2 window keeps a quarter of the numbers. A maximum ignores the padding; an average counts it as zeros.",
      ],
      div("controls", kind, size, window, ceil, take),
      this.mistakes,
      div("stage", this.input, this.result),
      this.steps,
      this.sum,
      this.formula,
    );
  }

  #pool() {
    const { values, kind } = this.state;
    const sliding = squareWindow(this.state);
    const mistake = findPoolingMistake(sizeOf(values), sliding);
    return { values, kind, sliding, mistake, map: mistake ? [] : poolMatrix(values, kind, sliding) };
  }

  update() {
    const next = this.#pool();
    this.mistakes.report("window", next.mistake);
    if (next.mistake) return;
    this.drawn = next;
    this.steps.resize(...sizeOf(next.map));
    fill(this.formula, next.sliding.ceil ? sayRounded(next.map) : describeSize(sizeOf(next.values), next.sliding));
    this.show();
  }

  show() {
    const { values, kind, sliding, map } = this.drawn;
    const one = poolAt(values, kind, sliding, this.steps.position);
    this.input.show(values, {
      around: sliding.padding,
      filling: () => (kind === "average" ? 0 : null),
      window: one,
      chosen: one.winner,
      unread: sliding.ceil ? null : unreadOf(sizeOf(values), sliding),
      classes: (row, column) => (one.winner?.[0] === row && one.winner[1] === column ? "winner" : ""),
    });
    const { isAhead, position } = this.steps;
    this.result.show(map, { limit: limitOf(values), hidden: isAhead, chosen: position });
    this.sum.say(writePooling(one));
  }
}

/** @param {number[][]} map */
function sayRounded(map) {
  const size = `${plural(map.length, "row")} and ${plural(map[0].length, "column")}`;
  return paragraph("formula", `${size}: the division is rounded up if the last window still begins inside.`);
}
