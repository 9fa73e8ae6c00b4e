/** The chosen number in its map, large enough for a finger, beside the part of the picture that it has seen. */

import { receptiveField } from "convlens/engine/fields.js";
import { element, svg } from "convlens/interface/dom.js";
import { arrange, drawMaps, drawPicture, largestSize } from "convlens/interface/maps.js";
import { layerName, placeAt, positionIn, shapeOf } from "convlens/views/look/places.js";

const SIZE = 196;
// Two of them beside each other on a phone.
const SMALL = 168, PHONE = 480;
const MOVES = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

/** The magnifier: `{ root, show(session, target), hide() }`; `onMove(target)` when another number of the map is chosen. */
export function makeMagnifier({ onMove }) {
  const map = makeFrame({ tabindex: 0, role: "application", "aria-roledescription": "map" });
  const picture = makeFrame({ role: "img" });
  const mapCaption = element("figcaption", { class: "small soft" });
  const pictureCaption = element("figcaption", { class: "small soft" });
  const mapFigure = element("figure", {}, map.root, mapCaption);
  const root = element("div", { class: "magnifier" }, mapFigure, element("figure", {}, picture.root, pictureCaption));
  let target = null, shape = null, scale = 1;

  map.canvas.addEventListener("click", (event) => {
    const row = Math.floor(event.offsetY / scale), column = Math.floor(event.offsetX / scale);
    if (row < shape[1] && column < shape[2]) move({ row, column });
  });
  map.canvas.addEventListener("keydown", (event) => {
    const step = MOVES[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const { row, column } = positionIn(shape, target.place);
    move({ row: Math.min(Math.max(row + step[0], 0), shape[1] - 1), column: Math.min(Math.max(column + step[1], 0), shape[2] - 1) });
  });

  function move(place) {
    const { map: number } = positionIn(shape, target.place);
    onMove({ layer: target.layer, place: placeAt(shape, { map: number, ...place }) });
  }

  function show({ model, activations, pixels }, next) {
    target = next;
    root.hidden = false;
    shape = shapeOf(model, target.layer);
    mapFigure.hidden = shape.length === 1;
    if (shape.length === 3) {
      const { map: number, row, column } = positionIn(shape, target.place);
      const [, height, width] = shape;
      scale = scaleFor(height, width);
      const values = activations[target.layer + 1].data;
      const plane = (target.layer < 0 ? pixels : values).subarray(number * height * width, (number + 1) * height * width);
      drawMaps(map.canvas, plane, arrange({ count: 1, height, width, scale }), target.layer < 0 ? { grey: [0, 255] } : { limit: largestSize(values) });
      map.mark(width, height, scale, { top: row, left: column, bottom: row + 1, right: column + 1 });
      const what = `${target.layer < 0 ? "channel" : "map"} ${number}`;
      mapCaption.textContent = `${what}, row ${row}, column ${column}`;
      map.canvas.setAttribute("aria-label", `${layerName(model, target.layer)}, ${what}, row ${row}, column ${column} chosen. Arrow keys choose another number.`);
    }
    showField(model, pixels);
  }

  function showField(model, pixels) {
    const [, height, width] = model.inputShape;
    const size = scaleFor(height, width);
    drawPicture(picture.canvas, pixels, model.inputShape, size);
    const field = receptiveField(model, target.layer, target.place, -1);
    picture.mark(width, height, size, field);
    const text = field.bottom > field.top
      ? `sees ${field.right - field.left} × ${field.bottom - field.top} pixels of the picture`
      : "sees nothing of the picture but padding";
    pictureCaption.textContent = text;
    picture.canvas.setAttribute("aria-label", `The picture: this number ${text}, rows ${field.top} to ${field.bottom - 1}, columns ${field.left} to ${field.right - 1}`);
  }

  return { root, show, hide: () => (root.hidden = true) };
}

function scaleFor(height, width) {
  return Math.max(1, Math.floor((innerWidth < PHONE ? SMALL : SIZE) / Math.max(height, width)));
}

function makeFrame(attributes) {
  const canvas = element("canvas", attributes);
  const edge = svg("path", { class: "mark-window-edge" }), line = svg("path", { class: "mark-window" });
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
