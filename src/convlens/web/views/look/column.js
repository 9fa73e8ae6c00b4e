/** One layer of the network as a column: its text and size, its maps, and their colour scale. */

import { shapeOf } from "convlens/engine/decode.js";
import { element, fill, onceAFrame, svg } from "convlens/interface/dom.js";
import { formatNumber, formatShape } from "convlens/interface/format.js";
import { drawMaps, largestSize, placeUnder } from "convlens/interface/maps.js";
import { button, div, items } from "convlens/interface/parts.js";
import { write } from "convlens/views/look/answer.js";
import { isLabelled, layOut, letterSize, mostShown, outlines, rectangle } from "convlens/views/look/column_layout.js";
import { describeInputs, describeShape, isLogits, layerName } from "convlens/views/look/places.js";
import { placeAt, positionIn } from "convlens/views/look/places.js";

/** @import { Field } from "convlens/engine/fields.js" */
/** @import { Model, Numbers } from "convlens/engine/network.js" */

/**
 * @typedef {object} ColumnHandlers
 * @property {(layer: number, place: number | null, spoken?: boolean) => void} onPoint
 *   called when the pointer or the arrow keys reach a number
 * @property {(layer: number, place: number) => void} onChoose
 * @property {(layer: number) => void} onLayer called when the heading is chosen
 */

/** @type {Record<string, [number, number, number]>} moves in maps, rows and columns */
const MOVES = {
  ...{ ArrowLeft: [0, 0, -1], ArrowRight: [0, 0, 1], ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0] },
  ...{ PageUp: [-1, 0, 0], PageDown: [1, 0, 0] },
};

export class Column {
  /** The place from which arrow keys move. */
  at = 0;
  isVisible = true;
  isStale = false;
  /** @type {Numbers | null} */
  values = null;
  /** @type {Uint8Array} */
  #pixels = new Uint8Array();
  #limit = 0;
  #showsAll = false;
  /** @type {Field | null} */
  #field = null;
  #marked = "";
  /** @type {HTMLElement[]} */
  #numbers = [];
  #canvas = element("canvas", { tabindex: 0, role: "application", "aria-roledescription": "values of a layer" });
  #outline = svg("path", { class: "map-outline" });
  #window = svg("path", { class: "mark-window" });
  #windowEdge = svg("path", { class: "mark-window-edge" });
  #marks = svg("svg", { class: "marks", "aria-hidden": "true" }, this.#outline, this.#windowEdge, this.#window);
  #scale = element("span", { class: "column-scale" });
  #labels = element("ol", { class: "column-labels", "aria-hidden": "true" });
  #more = element("button", { type: "button", class: "quiet small", onClick: () => this.#toggleAll() });

  /**
   * @param {Model} model
   * @param {number} layer
   * @param {number | null} width the available width in a row; null in a column
   * @param {ColumnHandlers} handlers
   */
  constructor(model, layer, width, handlers) {
    this.model = model;
    this.layer = layer;
    this.handlers = handlers;
    this.width = width;
    this.shape = shapeOf(model, layer);
    this.root = this.#build();
    this.arrange(width);
    this.#listen();
  }

  #build() {
    const { model, layer, shape } = this;
    const name = layerName(model, layer);
    this.#more.hidden = shape[0] <= mostShown(shape);
    this.#labels.hidden = !isLabelled(shape);
    this.#canvas.setAttribute(
      "aria-label",
      `${name}: ${describeShape(shape, layer)}. ${describeInputs(model, layer)}` +
        "Arrow keys move between values, Page Up and Page Down between maps. Enter shows how a value is computed.",
    );
    const text = layer < 0 ? name : model.layers[layer].text;
    const onClick = () => this.handlers.onLayer(layer);
    const heading = button(text, onClick, { class: "column-name", title: `About ${name}` });
    return element(
      "li",
      { class: "column", data: { layer }, style: { "--depth": layer < 0 ? 0 : model.layers[layer].depth } },
      element("h3", { class: "column-heading" }, heading),
      element("p", { class: "column-shape" }, formatShape(shape).replaceAll(" ", "\u2009")),
      div("column-body", div("column-maps", this.#canvas, this.#marks), this.#labels),
      this.#scale,
      this.#more,
    );
  }

  /** @type {(width: number | null) => void} Lays out the maps for this width. */
  arrange(width) {
    this.width = width;
    const count = this.#showsAll ? this.shape[0] : Math.min(this.shape[0], mostShown(this.shape));
    this.layout = layOut(this.shape, count, { width, larger: this.layer < 0, line: Math.round(1.375 * letterSize()) });
    const { pixelWidth, pixelHeight, scale, height, width: wide } = this.layout;
    this.#marks.setAttribute("viewBox", `0 0 ${pixelWidth} ${pixelHeight}`);
    this.#marks.style.width = `${pixelWidth * scale}px`;
    this.#marks.style.height = `${pixelHeight * scale}px`;
    this.#outline.setAttribute("d", outlines(this.layout));
    if (isLabelled(this.shape)) this.#writeLabels(count, scale);
    this.#more.textContent = this.#showsAll ? `Show ${mostShown(this.shape)}` : `Show all ${this.shape[0]}`;
    this.mark(this.#field);
    if (this.values) this.paint();
    else drawMaps(this.#canvas, new Float32Array(count * height * wide), this.layout);
  }

  #toggleAll() {
    this.#showsAll = !this.#showsAll;
    this.arrange(this.width);
  }

  /** @type {(count: number, scale: number) => void} */
  #writeLabels(count, scale) {
    this.#labels.style.setProperty("--cell", `${scale}px`);
    this.#numbers = Array.from({ length: count }, () => element("span", { class: "column-number" }));
    const labels = this.#numbers.map((number, place) => {
      const name = isLogits(this.model, this.layer) ? this.model.classNames[place] : String(place);
      return [element("bdi", { dir: "auto", class: "column-label", title: name }, name), number];
    });
    fill(this.#labels, items(...labels));
  }

  // Sets new numbers; they are painted now if the column is visible, otherwise when it becomes visible.
  /** @param {Numbers} values @param {Uint8Array} pixels the image, which the input's column shows */
  show(values, pixels) {
    this.values = values;
    this.#pixels = pixels;
    if (this.isVisible) this.paint();
    else this.isStale = true;
  }

  paint() {
    const { values, layout } = this;
    if (!values || !layout) return;
    this.isStale = false;
    if (this.layer < 0) drawMaps(this.#canvas, this.#pixels, layout, { grey: [0, 255] });
    else this.#limit = drawMaps(this.#canvas, values, layout, { limit: largestSize(values) });
    const hasMinus = this.layer >= 0 && values.some((value) => value < 0);
    const limit = formatNumber(this.#limit, this.#limit < 10 ? 2 : 1);
    write(this.#scale, this.layer < 0 ? "0 to 255" : `${hasMinus ? "±" : "0 to "}${limit}`);
    this.#numbers.forEach((node, place) => write(node, formatNumber(values[place], 1)));
  }

  /** @type {(field: Field | null) => void} Highlights a field, or nothing. */
  mark(field) {
    this.#field = field;
    const { layout } = this;
    let path = "";
    if (field && layout) {
      const end = Math.min(field.endChannel, layout.count);
      // A whole vector gets one frame instead of one around each number.
      if (layout.gap === 0 && field.firstChannel === 0 && end === layout.count) path = outlines(layout);
      else for (let map = field.firstChannel; map < end; map += 1) path += rectangle(layout, map, field);
    }
    if (this.#marked === path) return;
    this.#marked = path;
    this.#window.setAttribute("d", path);
    this.#windowEdge.setAttribute("d", path);
  }

  #listen() {
    const { handlers, layer } = this;
    const canvas = this.#canvas;
    // At most one call per frame, since a mouse may report many positions.
    let last = /** @type {number | null} */ (null);
    const answer = onceAFrame(() => handlers.onPoint(layer, last));
    const point = (/** @type {number | null} */ place) => {
      last = place;
      answer();
    };
    canvas.addEventListener("pointermove", (event) => point(this.#placeUnder(event)));
    canvas.addEventListener("pointerleave", () => point(null));
    canvas.addEventListener("click", (event) => {
      const place = this.#placeUnder(event);
      if (place !== null) this.#choose(place);
    });
    canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && handlers.onPoint(layer, this.at, true));
    canvas.addEventListener("blur", () => handlers.onPoint(layer, null));
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @type {(event: MouseEvent) => number | null} */
  #placeUnder(event) {
    const found = this.layout && placeUnder(this.layout, event.offsetX, event.offsetY);
    return found ? placeAt(this.shape, found) : null;
  }

  /** @type {(place: number) => void} */
  #choose(place) {
    this.at = place;
    this.handlers.onChoose(this.layer, place);
  }

  /** @type {(event: KeyboardEvent) => void} */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") this.#choose(this.at);
    else if (event.key in MOVES) {
      this.at = this.#placeAfter(MOVES[event.key]);
      this.handlers.onPoint(this.layer, this.at, true);
    } else return;
    event.preventDefault();
  }

  /** @type {(move: [number, number, number]) => number} */
  #placeAfter([maps, rows, columns]) {
    const { layout, shape } = this;
    const { map, row, column } = positionIn(shape, this.at);
    const [count, across] = [layout?.count ?? 1, layout?.columns ?? 1];
    if (shape.length === 1) return clamp(map + maps * 10 + rows * across + columns, count);
    return placeAt(shape, {
      map: clamp(map + maps, count),
      row: clamp(row + rows, shape[1]),
      column: clamp(column + columns, shape[2]),
    });
  }
}

/** @type {(value: number, size: number) => number} */
function clamp(value, size) {
  return Math.min(Math.max(value, 0), size - 1);
}
