// A matrix that is too large for text: one pixel per number, with the window and the unread cells drawn over it.

import { divergingTable, greyTable } from "convlens/interface/colours.js";
import { element, fill, svg } from "convlens/interface/dom.js";
import { div } from "convlens/interface/parts.js";
import { newId } from "convlens/views/learn/controls.js";

/** @import { Pair } from "convlens/views/learn/arithmetic/windows.js" */
/** @import { Look, Numbers, OnPick } from "convlens/views/learn/matrices.js" */

export class Picture {
  /** @param {{ name: string, onPick?: OnPick, onPaint?: (from: Pair, to: Pair) => void }} options */
  constructor({ name, onPick, onPaint }) {
    this.name = name;
    this.canvas = element("canvas", { role: "img", "aria-label": name });
    this.overlay = svg("svg", { class: "overlay", "aria-hidden": "true", preserveAspectRatio: "none" });
    this.root = div("picture", this.canvas, this.overlay);
    this.pattern = newId("hatching");
    /** @type {Pair} */
    this.around = [0, 0];
    if (onPaint) this.#followStroke(onPaint);
    else if (onPick) {
      this.root.classList.add("pickable");
      this.root.addEventListener("click", (event) => onPick(...this.#placeUnder(event)));
    }
  }

  /** @type {(values: Numbers, look: Look) => void} */
  show(values, look) {
    const [down, across] = (this.around = look.around ?? [0, 0]);
    const [height, width] = [values.length + 2 * down, values[0].length + 2 * across];
    const { canvas, overlay, root } = this;
    [canvas.width, canvas.height] = [width, height];
    root.style.setProperty("--columns", `${width}`);
    root.style.setProperty("--rows", `${height}`);
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const image = context.createImageData(width, height);
    const words = new Uint32Array(image.data.buffer);
    const scale = look.limit ? 255 / look.limit : 0;
    const [table, factor, zero] = look.grey ? [greyTable(), 1, 0] : [divergingTable(), scale, 255];
    for (let place = 0; place < words.length; place += 1) {
      const [row, column] = [Math.floor(place / width) - down, (place % width) - across];
      const value = values[row]?.[column] ?? look.filling?.(row, column) ?? null;
      if (value === null || look.hidden?.(row, column)) continue;
      words[place] = table[Math.max(0, Math.min(table.length - 1, Math.round(value * factor) + zero))];
    }
    context.putImageData(image, 0, 0);
    canvas.setAttribute("aria-label", `${this.name}: an image of ${values.length}×${values[0].length} numbers`);
    overlay.setAttribute("viewBox", `0 0 ${width} ${height}`);
    fill(overlay, this.#drawOver([values.length, values[0].length], look));
  }

  /** @type {(size: Pair, look: Look) => SVGElement[]} */
  #drawOver([height, width], { unread, window, chosen }) {
    const [down, across] = this.around;
    /** @type {(row: number, column: number, high: number, wide: number, name: string, fill?: string) => SVGElement} */
    const box = (row, column, high, wide, name, fill) =>
      svg("rect", { x: column + across, y: row + down, width: wide, height: high, class: name, fill });
    /** @type {(...place: [row: number, column: number, high: number, wide: number]) => SVGElement[]} */
    const frame = (...place) => ["window-edge", "window"].map((name) => box(...place, name));
    const parts = [];
    if (down || across) parts.push(box(0, 0, height, width, "inside"));
    if (unread) {
      const hatching = `url(#${this.pattern})`;
      parts.push(drawHatching(this.pattern, 0.7, 0.25));
      for (const row of unread.rows) parts.push(box(row, 0, 1, width, "unread", hatching));
      for (const column of unread.columns) parts.push(box(0, column, height, 1, "unread", hatching));
    }
    if (window) {
      const { rows, columns } = window;
      const [high, wide] = [rows, columns].map((cells) => cells[cells.length - 1] - cells[0] + 1);
      parts.push(...frame(rows[0], columns[0], high, wide));
      if (high > rows.length || wide > columns.length)
        parts.push(...rows.flatMap((row) => columns.map((column) => box(row, column, 1, 1, "tap"))));
    }
    if (chosen) parts.push(...frame(...chosen, 1, 1));
    return parts;
  }

  /** @type {(event: MouseEvent) => Pair} */
  #placeUnder({ clientX, clientY }) {
    const box = this.root.getBoundingClientRect();
    const row = Math.floor(((clientY - box.top) / box.height) * this.canvas.height) - this.around[0];
    const column = Math.floor(((clientX - box.left) / box.width) * this.canvas.width) - this.around[1];
    return [row, column];
  }

  /** @param {(from: Pair, to: Pair) => void} onPaint */
  #followStroke(onPaint) {
    const { root } = this;
    /** @type {Pair | null} */
    let last = null;
    root.classList.add("paintable");
    root.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      root.setPointerCapture(event.pointerId);
      last = this.#placeUnder(event);
      onPaint(last, last);
      event.preventDefault();
    });
    root.addEventListener("pointermove", (event) => {
      if (!last) return;
      for (const one of event.getCoalescedEvents?.() ?? [event]) {
        const place = this.#placeUnder(one);
        onPaint(last, place);
        last = place;
      }
    });
    for (const name of ["pointerup", "pointercancel"]) root.addEventListener(name, () => (last = null));
  }
}

/**
 * A pattern of slanting lines for the cells that no position reads.
 * @param {string} id
 * @param {number} apart the distance between the lines
 * @param {number} thick
 */
export function drawHatching(id, apart, thick) {
  const units = { patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" };
  const ground = svg("rect", { width: apart, height: apart, class: "hatch-ground" });
  const line = svg("rect", { width: thick, height: apart, class: "hatch" });
  return svg("pattern", { id, width: apart, height: apart, ...units }, ground, line);
}
