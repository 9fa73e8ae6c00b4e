/** One layer of the network as a column: its text and size, its maps, the scale of their colours. */

import { element, fill, onceAFrame, svg } from "convlens/interface/dom.js";
import { formatNumber, formatShape } from "convlens/interface/format.js";
import { drawMaps, largestSize, placeUnder } from "convlens/interface/maps.js";
import { isLabelled, layOut, mostShown, outlines, rectangle } from "convlens/views/look/column_layout.js";
import { describeShape, isLogits, layerName, placeAt, positionIn, shapeOf } from "convlens/views/look/places.js";

/**
 * A column for layer `layer` of a model. `handlers`: `onPoint(layer, place | null)` while a number is pointed at or reached with
 * the arrow keys, `onChoose(layer, place)`, `onLayer(layer)` for the heading.
 */
export class Column {
  constructor(model, layer, width, handlers) {
    Object.assign(this, {
      model,
      layer,
      handlers,
      width,
      shape: shapeOf(model, layer),
      all: false,
      visible: true,
      stale: false,
      values: null,
      at: 0,
    });
    const name = layerName(model, layer);
    this.canvas = element("canvas", { tabindex: 0, role: "application", "aria-roledescription": "numbers of a layer" });
    this.outline = svg("path", { class: "map-outline" });
    this.window = svg("path", { class: "mark-window" });
    this.windowEdge = svg("path", { class: "mark-window-edge" });
    this.marks = svg("svg", { class: "marks", "aria-hidden": "true" }, this.outline, this.windowEdge, this.window);
    this.legend = element("span", { class: "column-scale" });
    this.labels = isLabelled(this.shape) ? element("ol", { class: "column-labels", "aria-hidden": "true" }) : null;
    this.more = element("button", {
      type: "button",
      class: "quiet small",
      hidden: this.shape[0] <= mostShown(this.shape),
      onClick: () => this.toggleAll(),
    });
    this.root = element(
      "li",
      { class: "column", data: { layer } },
      element(
        "h3",
        { class: "column-heading" },
        element(
          "button",
          { type: "button", class: "column-name", onClick: () => handlers.onLayer(layer), title: `About ${name}` },
          name,
        ),
      ),
      element("p", { class: "column-shape" }, formatShape(this.shape).replaceAll(" ", "\u2009")),
      element(
        "div",
        { class: "column-body" },
        element("div", { class: "column-maps" }, this.canvas, this.marks),
        this.labels,
      ),
      this.legend,
      this.more,
    );
    this.arrange();
    this.listen();
  }

  /** Lays the maps out anew: for another width, or for all of them. */
  arrange(width = this.width) {
    this.width = width;
    const count = this.all ? this.shape[0] : Math.min(this.shape[0], mostShown(this.shape));
    this.layout = layOut(this.shape, count, { width, larger: this.layer < 0, line: Math.round(1.375 * letterSize()) });
    this.marks.setAttribute("viewBox", `0 0 ${this.layout.pixelWidth} ${this.layout.pixelHeight}`);
    this.marks.style.width = `${this.layout.pixelWidth * this.layout.scale}px`;
    this.marks.style.height = `${this.layout.pixelHeight * this.layout.scale}px`;
    this.outline.setAttribute("d", outlines(this.layout));
    if (this.labels) {
      this.labels.style.setProperty("--cell", `${this.layout.scale}px`);
      fill(
        this.labels,
        Array.from({ length: count }, (_, place) => this.makeLabel(place)),
      );
      this.numbers = [...this.labels.querySelectorAll(".column-number")];
    }
    this.more.textContent = this.all ? `Show ${mostShown(this.shape)}` : `Show all ${this.shape[0]}`;
    if (this.values) this.paint();
    else drawMaps(this.canvas, new Float32Array(count * this.layout.height * this.layout.width), this.layout);
  }

  toggleAll() {
    this.all = !this.all;
    this.arrange();
  }

  makeLabel(place) {
    const name = isLogits(this.model, this.layer) ? this.model.classNames[place] : String(place);
    return element(
      "li",
      {},
      element("bdi", { dir: "auto", class: "column-label", title: name }, name),
      element("span", { class: "column-number" }),
    );
  }

  /** Takes in new numbers; they are painted now when the column can be seen, else when it comes into sight. */
  show(values, pixels) {
    this.values = values;
    this.pixels = pixels;
    if (this.visible) this.paint();
    else this.stale = true;
  }

  paint() {
    this.stale = false;
    if (this.layer < 0) drawMaps(this.canvas, this.pixels, this.layout, { grey: [0, 255] });
    else this.limit = drawMaps(this.canvas, this.values, this.layout, { limit: largestSize(this.values) });
    this.writeLegend();
    this.numbers?.forEach((node, place) => {
      const text = formatNumber(this.values[place], 1);
      if (node.textContent !== text) node.textContent = text;
    });
  }

  writeLegend() {
    const text =
      this.layer < 0
        ? "0 to 255"
        : `${this.hasMinus() ? "±" : "0 to "}${formatNumber(this.limit, this.limit < 10 ? 2 : 1)}`;
    if (this.legend.textContent !== text) this.legend.textContent = text;
    if (!this.labelled) {
      this.labelled = true;
      this.canvas.setAttribute(
        "aria-label",
        `${layerName(this.model, this.layer)}: ${describeShape(this.shape, this.layer)}. ` +
          "Arrow keys go from number to number, Page Up and Page Down from map to map, Enter shows the sum behind one.",
      );
    }
  }

  hasMinus() {
    const kind = this.model.layers[this.layer].kind;
    return kind !== "relu" && kind !== "sigmoid" && this.values.some((value) => value < 0);
  }

  /** Lights up what `fieldIn` found; nothing where it is null. */
  mark(field) {
    let path = "";
    if (field) {
      const end = Math.min(field.end, this.layout.count);
      // A row of numbers that belong together has one frame, not one around each.
      if (this.layout.gap === 0 && field.first === 0 && end === this.layout.count) path = outlines(this.layout);
      else for (let map = field.first; map < end; map += 1) path += rectangle(this.layout, map, field);
    }
    if (this.marked === path) return;
    this.marked = path;
    this.window.setAttribute("d", path);
    this.windowEdge.setAttribute("d", path);
  }

  listen() {
    const { canvas, handlers, layer } = this;
    const under = (event) => {
      const found = placeUnder(this.layout, event.offsetX, event.offsetY);
      return found && placeAt(this.shape, found);
    };
    // One answer a frame, however many positions a mouse reports.
    let last = null;
    const point = onceAFrame(() => handlers.onPoint(layer, last));
    canvas.addEventListener("pointermove", (event) => {
      last = under(event);
      point();
    });
    canvas.addEventListener("pointerleave", () => {
      last = null;
      point();
    });
    canvas.addEventListener("click", (event) => {
      const place = under(event);
      if (place !== null) this.choose(place);
    });
    canvas.addEventListener("focus", () => canvas.matches(":focus-visible") && handlers.onPoint(layer, this.at, true));
    canvas.addEventListener("blur", () => handlers.onPoint(layer, null));
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  choose(place) {
    this.at = place;
    this.handlers.onChoose(this.layer, place);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") this.choose(this.at);
    else {
      const next = this.step(event.key);
      if (next === null) return;
      this.at = next;
      this.handlers.onPoint(this.layer, next, true);
    }
    event.preventDefault();
  }

  /** The place that a key leads to, null where it is no key of ours. */
  step(key) {
    const { layout, shape } = this;
    const position = positionIn(shape, this.at);
    const vector = shape.length === 1;
    const move = {
      ArrowLeft: [0, 0, -1],
      ArrowRight: [0, 0, 1],
      ArrowUp: [0, -1, 0],
      ArrowDown: [0, 1, 0],
      PageUp: [-1, 0, 0],
      PageDown: [1, 0, 0],
    }[key];
    if (!move) return null;
    if (vector) position.map += move[0] * 10 + move[1] * layout.columns + move[2];
    else {
      position.map += move[0];
      position.row = clamp(position.row + move[1], shape[1]);
      position.column = clamp(position.column + move[2], shape[2]);
    }
    position.map = clamp(position.map, layout.count);
    return placeAt(shape, position);
  }
}

/** The size of a letter (a rem) in pixels: what is laid out beside text follows it. */
export function letterSize() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize);
}

function clamp(value, size) {
  return Math.min(Math.max(value, 0), size - 1);
}
