// Change one pixel by keyboard: its row, its column and its value. The pen does the same faster.

import { element } from "convlens/interface/dom.js";
import { div } from "convlens/interface/parts.js";
import { wholeField } from "convlens/views/learn/controls.js";

const LARGEST_GREY = 255;

export class CellEditor {
  /**
   * @param {object} options
   * @param {import("convlens/views/learn/controls.js").MistakeLine} options.mistakes
   * @param {(row: number, column: number) => number | undefined} options.valueAt the value at a place
   * @param {(row: number, column: number, value: number) => void} options.onChange called with a new value
   */
  constructor({ mistakes, valueAt, onChange }) {
    this.valueAt = valueAt;
    /**
     * @type {(label: string, most: number, onChange: (value: number) => void,
     *   value?: number) => ReturnType<typeof wholeField>}
     */
    const field = (label, most, onChange, value = 14) =>
      wholeField({ label, name: label.split(",")[0].toLowerCase(), value, least: 0, most, mistakes, onChange });
    this.row = field("Row", 27, () => this.refresh());
    this.column = field("Column", 27, () => this.refresh());
    const write = (/** @type {number} */ grey) => onChange(this.row.value, this.column.value, grey);
    this.grey = field("Grey, 0 to 255", LARGEST_GREY, write, 0);
    const fields = div("fields", this.row, this.column, this.grey);
    this.root = element("details", {}, element("summary", {}, "One pixel by keyboard"), fields);
  }

  /** Shows the present value at the place. */
  refresh() {
    const grey = this.valueAt(this.row.value, this.column.value);
    if (grey !== undefined && grey !== this.grey.value) this.grey.set(grey);
  }

  /**
   * Limits the places to an image of this size.
   * @param {import("convlens/views/learn/arithmetic/windows.js").Pair} size
   */
  resize(size) {
    for (const [axis, field] of [this.row, this.column].entries()) {
      field.input.max = `${size[axis] - 1}`;
      field.set(Math.min(field.value, size[axis] - 1));
    }
    this.refresh();
  }
}
