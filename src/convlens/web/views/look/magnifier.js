/** The chosen value in its map, large enough for a finger, and its receptive field in the image. */

import { shapeOf } from "convlens/engine/decode.js";
import { receptiveField } from "convlens/engine/fields.js";
import { element, svg } from "convlens/interface/dom.js";
import { arrange, drawMaps, drawPicture, largestSize } from "convlens/interface/maps.js";
import { ARROWS, div } from "convlens/interface/parts.js";
import { layerName, placeAt, positionIn } from "convlens/views/look/places.js";

/** @import { Box } from "convlens/engine/fields.js" */
/** @import { Model, Source } from "convlens/engine/network.js" */
/** @import { Session } from "convlens/views/look/session.js" */

const SIZE = 196;
// So that two fit beside each other on a phone.
const SMALL = 168;
const PHONE = 480;

export class Magnifier {
  /** @type {Source} */
  #target = { layer: -1, place: 0 };
  /** @type {number[]} */
  #shape = [];
  #scale = 1;
  #map = new Frame({ tabindex: 0, role: "application", "aria-roledescription": "map" });
  #picture = new Frame({ role: "img" });

  /** @param {(target: Source) => void} onMove called when another number of the map is chosen */
  constructor(onMove) {
    this.onMove = onMove;
    this.root = div("magnifier", this.#map, this.#picture);
    this.#map.canvas.addEventListener("click", (event) => this.#press(event));
    this.#map.canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @type {(session: Session, target: Source) => void} */
  show(session, target) {
    this.#target = target;
    this.#shape = shapeOf(session.model, target.layer);
    this.root.hidden = false;
    this.#map.root.hidden = this.#shape.length === 1;
    if (this.#shape.length === 3) this.#showMap(session);
    this.#showField(session.model, session.pixels);
  }

  hide() {
    this.root.hidden = true;
  }

  /** @type {(session: Session) => void} */
  #showMap({ model, activations, pixels }) {
    const { layer, place } = this.#target;
    const { map: number, row, column } = positionIn(this.#shape, place);
    const [, height, width] = this.#shape;
    const scale = scaleFor(height, width);
    this.#scale = scale;
    const values = activations[layer + 1].data;
    const plane = (layer < 0 ? pixels : values).subarray(number * height * width, (number + 1) * height * width);
    const layout = arrange({ count: 1, height, width, scale });
    drawMaps(this.#map.canvas, plane, layout, layer < 0 ? { grey: [0, 255] } : { limit: largestSize(values) });
    this.#map.mark(width, height, scale, { top: row, left: column, bottom: row + 1, right: column + 1 });
    const where = `${layer < 0 ? "channel" : "map"} ${number}, row ${row}, column ${column}`;
    this.#map.describe(where, `${layerName(model, layer)}, ${where} chosen. Arrow keys choose another value.`);
  }

  /** @type {(model: Model, pixels: Uint8Array) => void} */
  #showField(model, pixels) {
    const [, height, width] = model.inputShape;
    const scale = scaleFor(height, width);
    drawPicture(this.#picture.canvas, pixels, model.inputShape, scale);
    const { layer, place } = this.#target;
    const field = receptiveField(model, layer, place) ?? { top: 0, left: 0, bottom: 0, right: 0 };
    this.#picture.mark(width, height, scale, field);
    const { top, left, bottom, right } = field;
    const text =
      bottom > top ? `receptive field: ${right - left} × ${bottom - top} pixels` : "receptive field: only padding";
    const where = `rows ${top} to ${bottom - 1}, columns ${left} to ${right - 1}`;
    this.#picture.describe(text, `The image with the ${text}, ${where}`);
  }

  /** @type {(event: MouseEvent) => void} */
  #press(event) {
    const [row, column] = [event.offsetY, event.offsetX].map((offset) => Math.floor(offset / this.#scale));
    if (row < this.#shape[1] && column < this.#shape[2]) this.#move(row, column);
  }

  /** @type {(event: KeyboardEvent) => void} */
  #key(event) {
    const step = ARROWS[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const { row, column } = positionIn(this.#shape, this.#target.place);
    const [, height, width] = this.#shape;
    this.#move(Math.min(Math.max(row + step[0], 0), height - 1), Math.min(Math.max(column + step[1], 0), width - 1));
  }

  /** @type {(row: number, column: number) => void} Chooses another number of the same map. */
  #move(row, column) {
    const { map } = positionIn(this.#shape, this.#target.place);
    this.onMove({ layer: this.#target.layer, place: placeAt(this.#shape, { map, row, column }) });
  }
}

/** A canvas with a part of it marked, and a caption. */
class Frame {
  #edge = svg("path", { class: "mark-window-edge" });
  #line = svg("path", { class: "mark-window" });
  #marks = svg("svg", { class: "marks", "aria-hidden": "true" }, this.#edge, this.#line);
  #caption = element("figcaption", { class: "small soft" });

  /** @param {Record<Lowercase<string>, string | number>} attributes of the canvas */
  constructor(attributes) {
    this.canvas = element("canvas", attributes);
    const maps = div("column-maps", this.canvas, this.#marks);
    this.root = element("figure", {}, maps, this.#caption);
  }

  /** @type {(width: number, height: number, scale: number, box: Box) => void} */
  mark(width, height, scale, { top, left, bottom, right }) {
    this.#marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.#marks.style.width = `${width * scale}px`;
    this.#marks.style.height = `${height * scale}px`;
    const path = `M${left} ${top}h${right - left}v${bottom - top}h${left - right}z`;
    this.#edge.setAttribute("d", path);
    this.#line.setAttribute("d", path);
  }

  /** @type {(caption: string, label: string) => void} */
  describe(caption, label) {
    this.#caption.textContent = caption;
    this.canvas.setAttribute("aria-label", label);
  }
}

/** @type {(height: number, width: number) => number} */
function scaleFor(height, width) {
  return Math.max(1, Math.floor((innerWidth < PHONE ? SMALL : SIZE) / Math.max(height, width)));
}
