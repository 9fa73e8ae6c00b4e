/** The chosen number in its map, large enough for a finger, beside the part of the picture that it has seen. */

import { receptiveField } from "convlens/engine/fields.js";
import { element, svg } from "convlens/interface/dom.js";
import { arrange, drawMaps, drawPicture, largestSize } from "convlens/interface/maps.js";
import { layerName, placeAt, positionIn, shapeOf } from "convlens/views/look/places.js";

const SIZE = 196;
// Two of them beside each other on a phone.
const SMALL = 168,
  PHONE = 480;
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** The magnifier, in `root`; `onMove(target)` when another number of the map is chosen. */
export class Magnifier {
  constructor({ onMove }) {
    Object.assign(this, { onMove, target: null, shape: null, scale: 1 });
    this.map = makeFrame({ tabindex: 0, role: "application", "aria-roledescription": "map" });
    this.picture = makeFrame({ role: "img" });
    this.mapCaption = element("figcaption", { class: "small soft" });
    this.pictureCaption = element("figcaption", { class: "small soft" });
    this.mapFigure = element("figure", {}, this.map.root, this.mapCaption);
    this.root = element(
      "div",
      { class: "magnifier" },
      this.mapFigure,
      element("figure", {}, this.picture.root, this.pictureCaption),
    );
    this.map.canvas.addEventListener("click", (event) => this.press(event));
    this.map.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  show({ model, activations, pixels }, target) {
    Object.assign(this, { target, shape: shapeOf(model, target.layer) });
    this.root.hidden = false;
    this.mapFigure.hidden = this.shape.length === 1;
    if (this.shape.length === 3) this.showMap(model, activations, pixels);
    this.showField(model, pixels);
  }

  hide() {
    this.root.hidden = true;
  }

  showMap(model, activations, pixels) {
    const { layer, place } = this.target;
    const { map: number, row, column } = positionIn(this.shape, place);
    const [, height, width] = this.shape;
    const { canvas } = this.map;
    const scale = scaleFor(height, width);
    this.scale = scale;
    const values = activations[layer + 1].data;
    const plane = (layer < 0 ? pixels : values).subarray(number * height * width, (number + 1) * height * width);
    drawMaps(
      canvas,
      plane,
      arrange({ count: 1, height, width, scale }),
      layer < 0 ? { grey: [0, 255] } : { limit: largestSize(values) },
    );
    this.map.mark(width, height, scale, { top: row, left: column, bottom: row + 1, right: column + 1 });
    const what = `${layer < 0 ? "channel" : "map"} ${number}`;
    this.mapCaption.textContent = `${what}, row ${row}, column ${column}`;
    canvas.setAttribute(
      "aria-label",
      `${layerName(model, layer)}, ${what}, row ${row}, column ${column} chosen. Arrow keys choose another number.`,
    );
  }

  showField(model, pixels) {
    const { picture, pictureCaption, target } = this;
    const [, height, width] = model.inputShape;
    const size = scaleFor(height, width);
    drawPicture(picture.canvas, pixels, model.inputShape, size);
    const field = receptiveField(model, target.layer, target.place, -1);
    picture.mark(width, height, size, field);
    const text =
      field.bottom > field.top
        ? `sees ${field.right - field.left} × ${field.bottom - field.top} pixels of the picture`
        : "sees nothing of the picture but padding";
    pictureCaption.textContent = text;
    picture.canvas.setAttribute(
      "aria-label",
      `The picture: this number ${text}, rows ${field.top} to ${field.bottom - 1}, columns ${field.left} to ${field.right - 1}`,
    );
  }

  press(event) {
    const { scale, shape } = this;
    const row = Math.floor(event.offsetY / scale),
      column = Math.floor(event.offsetX / scale);
    if (row < shape[1] && column < shape[2]) this.move({ row, column });
  }

  key(event) {
    const step = MOVES[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const { shape } = this;
    const { row, column } = positionIn(shape, this.target.place);
    this.move({
      row: Math.min(Math.max(row + step[0], 0), shape[1] - 1),
      column: Math.min(Math.max(column + step[1], 0), shape[2] - 1),
    });
  }

  /** To another number of the same map. */
  move(place) {
    const { shape, target } = this;
    const { map: number } = positionIn(shape, target.place);
    this.onMove({ layer: target.layer, place: placeAt(shape, { map: number, ...place }) });
  }
}

function scaleFor(height, width) {
  return Math.max(1, Math.floor((innerWidth < PHONE ? SMALL : SIZE) / Math.max(height, width)));
}

function makeFrame(attributes) {
  const canvas = element("canvas", attributes);
  const edge = svg("path", { class: "mark-window-edge" }),
    line = svg("path", { class: "mark-window" });
  const marks = svg("svg", { class: "marks", "aria-hidden": "true" }, edge, line);
  return {
    canvas,
    root: element("div", { class: "column-maps" }, canvas, marks),
    mark(width, height, scale, { top, left, bottom, right }) {
      marks.setAttribute("viewBox", `0 0 ${width} ${height}`);
      marks.style.width = `${width * scale}px`;
      marks.style.height = `${height * scale}px`;
      const path = `M${left} ${top}h${right - left}v${bottom - top}h${left - right}z`;
      edge.setAttribute("d", path);
      line.setAttribute("d", path);
    },
  };
}
