/** The network as columns of maps, in reading order; as rows where the page is narrow. */

import { element, fill } from "convlens/interface/dom.js";
import { receptiveField } from "convlens/engine/fields.js";
import { Column, letterSize } from "convlens/views/look/column.js";
import { layerName, placeName, shapeOf } from "convlens/views/look/places.js";

const NARROW = 37.5;

/** The columns, in `root`. `handlers` as of `Column`. */
export class Columns {
  constructor(handlers) {
    Object.assign(this, { handlers, columns: [], model: null, narrow: null, letters: letterSize() });
    this.list = element("ol", { class: "columns", "aria-label": "The network, layer by layer" });
    this.root = element("div", { class: "network scroll", tabindex: -1 }, this.list);
    // What is out of sight is painted when it comes into sight.
    this.sight = new IntersectionObserver((entries) => entries.forEach((entry) => this.takeSight(entry)), {
      rootMargin: "100px",
    });
    new ResizeObserver(() => this.fit()).observe(this.root);
  }

  /** Another model. */
  build(model) {
    Object.assign(this, { model, narrow: this.narrowWidth() });
    this.list.classList.toggle("as-rows", this.narrow !== null);
    this.sight.disconnect();
    this.columns = [-1, ...model.layers.keys()].map((layer) => new Column(model, layer, this.narrow, this.handlers));
    fill(
      this.list,
      this.columns.map((column) => column.root),
    );
    this.columns.forEach((column) => this.sight.observe(column.root));
  }

  takeSight({ target, isIntersecting }) {
    const column = this.columns.find((one) => one.root === target);
    if (!column) return;
    column.visible = isIntersecting;
    if (column.visible && column.stale) column.paint();
  }

  /** The width that there is where it is narrow, else null. */
  narrowWidth() {
    const width = this.root.clientWidth;
    return width > 0 && width <= NARROW * letterSize() ? width : null;
  }

  /** Lays the columns out anew where their width or their letters have changed. */
  fit() {
    const narrow = this.narrowWidth(),
      letters = letterSize();
    if (!this.model || (narrow === this.narrow && letters === this.letters)) return;
    Object.assign(this, { narrow, letters });
    this.list.classList.toggle("as-rows", narrow !== null);
    this.columns.forEach((column) => column.arrange(narrow));
  }

  show(activations, pixels) {
    this.columns.forEach((column, index) => column.show(activations[index].data, pixels));
  }

  /** Lights up what a number was made of, in all layers before it; nothing where the target is null. */
  point(target) {
    this.columns.forEach((column) => {
      if (!target || column.layer > target.layer) column.mark(null);
      else column.mark(fieldIn(this.model, target, column.layer));
    });
  }

  /** Makes arrow keys begin at this place. */
  reach({ layer, place }) {
    this.columns[layer + 1].at = place;
  }

  /** Paints what is out of sight, too. */
  paintAll() {
    this.columns.forEach((column) => column.stale && column.paint());
  }

  repaint() {
    this.columns.forEach((column) => column.values && column.paint());
  }
}

/**
 * What of layer `upTo` a number was made of: `{ top, left, bottom, right, first, end }`, the maps from `first` to before `end`. In a
 * vector every number is a map of its own.
 */
export function fieldIn(model, { layer, place }, upTo) {
  const field = receptiveField(model, layer, place, upTo);
  if (shapeOf(model, upTo).length === 1)
    return { top: 0, left: 0, bottom: 1, right: 1, first: field.left, end: field.right };
  return { ...field, first: field.firstChannel, end: field.endChannel };
}

/** A number in words: "conv 8 3x3 pad 1, map 2, row 5, column 7". */
export function describeTarget(model, { layer, place }) {
  return `${layerName(model, layer)}, ${placeName(model, layer, place)}`;
}
