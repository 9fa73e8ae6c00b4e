// A matrix, as numbers if they fit, otherwise as an image.

import { element, fill } from "convlens/interface/dom.js";
import { div } from "convlens/interface/parts.js";
import { NumberGrid } from "convlens/views/learn/grids.js";
import { Picture } from "convlens/views/learn/pictures.js";

/** @import { Pair } from "convlens/views/learn/arithmetic/windows.js" */

/**
 * @typedef {(number | null)[][]} Numbers null leaves a cell empty
 * @typedef {(row: number, column: number) => void} OnPick
 * @typedef {(row: number, column: number, value: number) => void} OnChange
 *
 * @typedef {object} Look How a matrix is drawn; rows and columns are those of its values, negative in the padding.
 * @property {Pair} [around] rows and columns of padding
 * @property {(row: number, column: number) => number | null} [filling] the number in a cell of the padding
 * @property {(row: number, column: number) => boolean} [hidden] whether a cell is still unknown
 * @property {(row: number, column: number) => string} [classes] CSS classes, such as "covered"
 * @property {{ rows: number[], columns: number[] }} [window] the cells that are read
 * @property {{ rows: Set<number>, columns: Set<number> } | null} [unread] the cells that no position reads
 * @property {Pair | null} [chosen] a place
 * @property {number} [limit] the value with the full colour; by default the largest absolute value
 * @property {boolean} [grey] whether an image shows the values as greys from 0 to 255
 * @property {number} [most] the most rows or columns that are shown as numbers
 * @property {string} [aside] a few words beside the caption
 *
 * @typedef {object} GridOptions With `onChange` the cells are fields, with `onPick` buttons, otherwise text.
 * @property {string} name
 * @property {OnChange} [onChange]
 * @property {OnPick} [onPick]
 * @property {import("convlens/views/learn/controls.js").MistakeLine} [mistakes]
 * @property {boolean} [vector] whether its places are counted along one row
 *
 * @typedef {object} ViewOptions
 * @property {string} [caption] above the matrix; by default the name
 * @property {boolean} [sized] whether its size is shown beside the caption
 * @property {boolean} [coloured] whether numbers are coloured by value
 * @property {(from: Pair, to: Pair) => void} [onPaint] called along a stroke on an image
 */

const MOST_NUMBERS = 15;

export class MatrixView {
  /** @param {GridOptions & ViewOptions} options */
  constructor({ caption, sized = false, coloured = false, onPaint, ...options }) {
    const words = caption ?? options.name;
    this.sized = sized;
    this.coloured = coloured;
    this.aside = element("span", { class: "aside" });
    this.place = div("scroll");
    const heading = words && element("figcaption", {}, words, " ", this.aside);
    this.root = element("figure", { class: "matrix" }, heading || null, this.place);
    this.numbers = new NumberGrid(options);
    this.picture = new Picture({ ...options, onPaint });
    /** @type {NumberGrid | Picture | null} */
    this.shown = null;
  }

  /** @type {(values: Numbers, look?: Look) => void} */
  show(values, look = {}) {
    const [down, across] = look.around ?? [0, 0];
    const [height, width] = [values.length, values[0].length];
    const small = Math.max(height + 2 * down, width + 2 * across) <= (look.most ?? MOST_NUMBERS);
    const next = small ? this.numbers : this.picture;
    if (next !== this.shown) fill(this.place, next);
    this.shown = next;
    fill(this.aside, look.aside ?? (this.sized ? `${height}×${width}` : ""));
    const limit = this.coloured || !small ? (look.limit ?? limitOf(values)) : undefined;
    next.show(values, { ...look, limit });
  }
}

/** @type {(values: unknown[]) => number} The largest absolute value in nested arrays, which gets the full colour. */
export function limitOf(values) {
  return values
    .flat(Infinity)
    .reduce((/** @type {number} */ largest, value) => Math.max(largest, Math.abs(Number(value))), 0);
}
