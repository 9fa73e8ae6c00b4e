// A matrix as numbers where they fit, else as a picture.

import { element, fill } from "convlens/interface/dom.js";
import { numberGrid } from "convlens/views/learn/grids.js";
import { pictureOf } from "convlens/views/learn/pictures.js";

const MOST_NUMBERS = 15;

/**
 * A matrix called `name`, with a caption above it. `show(values, look)` draws it; in `look`, besides what `numberGrid` takes:
 * `window`: the { rows, columns } that are read; `unread`: { rows, columns } as sets, which nothing reads; `chosen`: a place;
 * `grey`: values are greys from 0 to 255 where it is a picture; `aside`: a few words beside the caption; `most`: how many
 * rows or columns are still shown as numbers.
 */
export function matrixView({ name, caption = name, onChange, onPick, onPaint, mistakes, vector }) {
  const aside = element("span", { class: "aside" });
  const place = element("div", { class: "scroll" });
  const root = element(
    "figure",
    { class: "matrix" },
    caption ? element("figcaption", {}, caption, " ", aside) : null,
    place,
  );
  const numbers = numberGrid({ name, onChange, onPick, mistakes, vector });
  const picture = pictureOf({ name, onPick, onPaint });
  let shown = null;

  function show(values, look = {}) {
    const [down, across] = look.around ?? [0, 0];
    const small = Math.max(values.length + 2 * down, values[0].length + 2 * across) <= (look.most ?? MOST_NUMBERS);
    const next = small ? numbers : picture;
    if (next !== shown) fill(place, next.element);
    shown = next;
    fill(aside, look.aside ?? `${values.length}×${values[0].length}`);
    next.show(values, small ? { ...look, classes: classesOf(look), limit: look.grey ? undefined : look.limit } : look);
    return small;
  }
  return { element: root, show, rename: numbers.rename };
}

function classesOf({ window, unread, chosen, classes }) {
  return (row, column) => [
    window && window.rows.includes(row) && window.columns.includes(column) ? "covered" : "",
    unread && (unread.rows.has(row) || unread.columns.has(column)) ? "unread" : "",
    chosen && chosen[0] === row && chosen[1] === column ? "chosen" : "",
    ...(classes?.(row, column) ?? []),
  ];
}

/** The largest size of any number of nested arrays: what gets the full colour. */
export function limitOf(values) {
  return values.flat(Infinity).reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
}
