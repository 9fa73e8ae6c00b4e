/** The network as columns of maps, in reading order; as rows where the page is narrow. */

import { element, fill } from "convlens/interface/dom.js";
import { receptiveField } from "convlens/engine/fields.js";
import { Column, letterSize } from "convlens/views/look/column.js";
import { layerName, placeName, shapeOf } from "convlens/views/look/places.js";

const NARROW = 37.5;
/** The columns: `{ root, build(model), show(activations, pixels), point(target), repaint() }`. `handlers` as of `Column`. */
export function makeColumns(handlers) {
  const list = element("ol", { class: "columns", "aria-label": "The network, layer by layer" });
  const root = element("div", { class: "network scroll", tabindex: -1 }, list);
  let columns = [], model = null, narrow = null, letters = letterSize();

  // What is out of sight is painted when it comes into sight.
  const sight = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const column = columns.find((one) => one.root === entry.target);
      if (!column) continue;
      column.visible = entry.isIntersecting;
      if (column.visible && column.stale) column.paint();
    }
  }, { rootMargin: "100px" });

  const widthOf = () => (root.clientWidth > 0 && root.clientWidth <= NARROW * letterSize() ? root.clientWidth : null);
  new ResizeObserver(() => {
    const width = widthOf(), size = letterSize();
    if (!model || (width === narrow && size === letters)) return;
    [narrow, letters] = [width, size];
    list.classList.toggle("as-rows", width !== null);
    columns.forEach((column) => column.arrange(width));
  }).observe(root);

  return {
    root,
    build(next) {
      model = next;
      narrow = widthOf();
      list.classList.toggle("as-rows", narrow !== null);
      sight.disconnect();
      columns = [-1, ...model.layers.keys()].map((layer) => new Column(model, layer, narrow, handlers));
      fill(list, columns.map((column) => column.root));
      columns.forEach((column) => sight.observe(column.root));
    },
    show(activations, pixels) {
      columns.forEach((column, index) => column.show(activations[index].data, pixels));
    },
    /** Lights up what a number was made of, in all layers before it; nothing where the target is null. */
    point(target) {
      columns.forEach((column) => {
        if (!target || column.layer > target.layer) column.mark(null);
        else column.mark(fieldIn(model, target, column.layer));
      });
    },
    /** Makes arrow keys begin at this place. */
    reach({ layer, place }) {
      columns[layer + 1].at = place;
    },
    /** Paints what is out of sight, too. */
    paintAll: () => columns.forEach((column) => column.stale && column.paint()),
    repaint: () => columns.forEach((column) => column.values && column.paint()),
  };
}

/**
 * What of layer `upTo` a number was made of: `{ top, left, bottom, right, first, end }`, the maps from `first` to before `end`. In a
 * vector every number is a map of its own.
 */
export function fieldIn(model, { layer, place }, upTo) {
  const field = receptiveField(model, layer, place, upTo);
  if (shapeOf(model, upTo).length === 1) return { top: 0, left: 0, bottom: 1, right: 1, first: field.left, end: field.right };
  return { ...field, first: field.firstChannel, end: field.endChannel };
}

/** A number in words: "conv 8 3x3 pad 1, map 2, row 5, column 7". */
export function describeTarget(model, { layer, place }) {
  return `${layerName(model, layer)}, ${placeName(model, layer, place)}`;
}
