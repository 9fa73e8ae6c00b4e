// A chapter: heading, a few sentences, and the bench, where a person can try things; and parts that chapters share.

import { element, fill } from "convlens/interface/dom.js";
import { div } from "convlens/interface/parts.js";
import { replaceAt } from "convlens/views/learn/arithmetic/tensors.js";
import { MistakeLine, SumLine, wholeField } from "convlens/views/learn/controls.js";
import { NumberGrid } from "convlens/views/learn/grids.js";
import { MatrixView } from "convlens/views/learn/matrices.js";
import { OPERATIONS } from "convlens/views/learn/operations.js";
import { Stepper } from "convlens/views/learn/steps.js";

/** @import { Part } from "convlens/interface/dom.js" */
/** @import { GridOptions, OnChange, ViewOptions } from "convlens/views/learn/matrices.js" */
/** @import { Model } from "convlens/engine/network.js" */

/** @param {string} name its CSS class @param {string} text with **strong** and `code` */
export function paragraph(name, text = "") {
  const parts = text.split(/\*\*(.+?)\*\*|`(.+?)`/).map((part, place) => {
    if (part === undefined || place % 3 === 0) return part;
    return element(place % 3 === 1 ? "strong" : "code", {}, part);
  });
  return element("p", { class: name || null }, parts);
}

/** Parts in a row with signs such as × and = between them. @param {...(Part | string)} parts */
export function lineUp(...parts) {
  const row = parts.map((part) => (typeof part === "string" ? sign(part) : part));
  return div("line-up", row);
}

/** @type {(name: string, ...parts: (Part | Part[])[]) => HTMLDivElement} A name and numbers in a row. */
export function namedRow(name, ...parts) {
  return div("vector-row", element("span", { class: "row-name" }, name), ...parts);
}

/** @param {string} text */
export function sign(text) {
  return element("span", { class: "sign", "aria-hidden": "true" }, text);
}

/** @template {object} State the settings that a person can change in the chapter */
export class Chapter {
  /**
   * @param {object} options
   * @param {string} options.id
   * @param {string[]} options.operations the names of its operations; the first gives the title unless `title` is given
   * @param {string} [options.title]
   * @param {State} options.state
   */
  constructor({ id, operations, title = OPERATIONS[operations[0]].title, state }) {
    this.state = state;
    this.title = title;
    this.operations = operations.map((name) => OPERATIONS[name]);
    this.mistakes = new MistakeLine();
    this.sum = new SumLine();
    /** @type {Stepper | null} */
    this.stepper = null;
    this.root = element("section", { class: "chapter", id: `learn/${id}`, "aria-labelledby": `learn-title-${id}` });
    this.heading = element("h2", { id: `learn-title-${id}` }, title);
  }

  /** Draws everything again, after a change of the settings or the theme. */
  update() {}

  /** Draws what belongs to the present step. */
  show() {}

  /** @param {Model | null} _model the open model */
  onModel(_model) {}

  pause() {
    this.stepper?.pause();
  }

  dispose() {
    this.stepper?.dispose();
  }

  // Builds the chapter: the meaning of its operations, more text, and the bench.
  /** @type {(text: string[], ...bench: (Part | Part[])[]) => void} */
  build(text, ...bench) {
    const told = this.operations.flatMap(({ title, meaning, formula }) => [
      paragraph("", title === this.title ? meaning : `**${title}.** ${meaning}`),
      paragraph("general", formula),
    ]);
    const more = text.map((one) => paragraph("", one));
    fill(this.root, this.heading, div("prose", told, more), div("bench", ...bench));
    this.update();
  }

  /**
   * A function that sets one field of the state and draws again.
   * @template {keyof State} Key
   * @param {Key} key
   * @returns {(value: State[Key]) => void}
   */
  set(key) {
    return (value) => {
      this.state[key] = value;
      this.update();
    };
  }

  /**
   * A field for a whole number of the state.
   * @param {string} label @param {keyof State} key @param {number} least @param {number} most
   * @param {{ name?: string, onChange?: (value: number) => void }} [options]
   */
  whole(label, key, least, most, options = {}) {
    const onChange = /** @type {(value: any) => void} */ (this.set(key));
    const value = Number(this.state[key]);
    return wholeField({ label, value, least, most, mistakes: this.mistakes, onChange, ...options });
  }

  // The `onChange` of a grid that shows a matrix of the state.
  /** @param {keyof State} key @returns {OnChange} */
  editing(key) {
    const set = /** @type {(value: any) => void} */ (this.set(key));
    return (row, column, value) => set(replaceAt(/** @type {any} */ (this.state[key]), row, column, value));
  }

  /** @type {(name: string, options?: Partial<GridOptions & ViewOptions>) => MatrixView} */
  matrix(name, options = {}) {
    return new MatrixView({ name, mistakes: this.mistakes, ...options });
  }

  /** @type {(name: string, options?: Partial<GridOptions>) => NumberGrid} */
  grid(name, options = {}) {
    return new NumberGrid({ name, mistakes: this.mistakes, ...options });
  }

  /**
   * Adds the controls that step through the chapter's result.
   * @param {Omit<import("convlens/views/learn/steps.js").StepperOptions, "onStep">} options
   */
  stepThrough(options) {
    const onStep = (/** @type {boolean} */ playing) => {
      this.sum.quiet(playing);
      this.show();
    };
    return (this.stepper = new Stepper({ ...options, onStep }));
  }
}
