/**
 * The network as columns of maps, in reading order, or as rows on a narrow page. Each branch has a frame.
 */

import { receptiveFields } from "convlens/engine/fields.js";
import { element, prefersStillness } from "convlens/interface/dom.js";
import { plural } from "convlens/interface/format.js";
import { write } from "convlens/views/look/answer.js";
import { Bypasses } from "convlens/views/look/bypasses.js";
import { Column } from "convlens/views/look/column.js";
import { letterSize } from "convlens/views/look/column_layout.js";
import { branchesOf } from "convlens/views/look/places.js";

/** @import { Activation, Model, Source } from "convlens/engine/network.js" */
/** @import { ColumnHandlers } from "convlens/views/look/column.js" */

const NARROW = 37.5;

export class Columns {
  /** @type {number | null} */
  #narrow = null;
  #letters = letterSize();
  #list = element("ol", { class: "columns", "aria-label": "The network, layer by layer" });
  #earlier = element("button", { type: "button", class: "quiet small", onClick: () => this.#scroll(-1) });
  #later = element("button", { type: "button", class: "quiet small", onClick: () => this.#scroll(1) });

  /** Buttons that scroll to hidden columns, if not all of them fit. */
  ends = element("div", { class: "row network-ends", hidden: true }, this.#earlier, this.#later);
  root = element("div", { class: "network scroll", tabindex: -1, onScroll: () => this.#showEnds() }, this.#list);

  /** @param {Model} model @param {ColumnHandlers} handlers */
  constructor(model, handlers) {
    this.model = model;
    this.columns = [-1, ...model.layers.keys()].map((layer) => new Column(model, layer, null, handlers));
    this.#fillList();
    this.bypasses = new Bypasses(
      model,
      this.#list,
      this.columns.map(({ root }) => root),
    );
    this.root.append(this.bypasses.root);
    // A hidden column is painted when it becomes visible.
    const sight = new IntersectionObserver((entries) => entries.forEach((entry) => this.#takeSight(entry)), {
      rootMargin: "100px",
    });
    for (const { root } of this.columns) sight.observe(root);
    const sizes = new ResizeObserver(() => this.#fit());
    sizes.observe(this.root);
    sizes.observe(this.#list);
  }

  /** Puts the columns of every branch into a list of their own, inside the list around the branch. */
  #fillList() {
    /** @type {{ id: string, list: HTMLElement }[]} */
    const open = [{ id: "", list: this.#list }];
    for (const column of this.columns) {
      const branches = column.layer < 0 ? [] : branchesOf(this.model.layers[column.layer].path);
      const shared = branches.filter(({ id }, level) => open[level + 1]?.id === id).length;
      open.length = shared + 1;
      for (const { id, label } of branches.slice(shared)) {
        const list = element("ol", { class: "columns", "aria-label": label });
        const name = element("span", { class: "branch-name", "aria-hidden": "true" }, label);
        open[open.length - 1].list.append(element("li", { class: "branch" }, name, list));
        open.push({ id, list });
      }
      open[open.length - 1].list.append(column.root);
    }
    const deepest = Math.max(...this.model.layers.map(({ depth }) => depth));
    this.#list.style.setProperty("--deepest", String(deepest));
  }

  /** @type {(entry: IntersectionObserverEntry) => void} */
  #takeSight({ target, isIntersecting }) {
    const column = this.columns.find(({ root }) => root === target);
    if (!column) return;
    column.isVisible = isIntersecting;
    if (isIntersecting && column.isStale) column.paint();
  }

  /** Lays out the columns again if the width or the font size has changed. */
  #fit() {
    const [width, letters] = [this.root.clientWidth, letterSize()];
    if (width === 0) return;
    const narrow = width <= NARROW * letters ? width : null;
    if (narrow !== this.#narrow || letters !== this.#letters) {
      this.#narrow = narrow;
      this.#letters = letters;
      this.#list.classList.toggle("as-rows", narrow !== null);
      for (const column of this.columns) column.arrange(narrow && column.root.clientWidth);
    }
    this.#takeSpace();
    this.bypasses.draw(narrow !== null);
    this.#showEnds();
  }

  /**
   * Puts the network below the image and the prediction where it is too wide for the space between them, or where that
   * space is so narrow that its columns would become rows. The space, the grid's middle column, is as wide in either
   * layout. CSS has no condition on the width of contents.
   */
  #takeSpace() {
    const look = this.root.closest(".look");
    if (!look) return;
    const tracks = getComputedStyle(look).gridTemplateColumns.split(" ");
    const gap = parseFloat(getComputedStyle(this.#list).columnGap);
    const boxes = [...this.#list.children].map((child) => child.getBoundingClientRect().width + gap);
    const needed = boxes.reduce((sum, width) => sum + width, -gap);
    const space = tracks.length === 3 ? parseFloat(tracks[1]) : Infinity;
    look.classList.toggle("network-below", space <= NARROW * this.#letters || needed > space + 1);
  }

  /** Shows how many layers are hidden on either side. */
  #showEnds() {
    const { left, right } = this.root.getBoundingClientRect();
    const boxes = this.columns.map(({ root }) => root.getBoundingClientRect());
    const before = boxes.filter((box) => box.left < left - 1).length;
    const behind = boxes.filter((box) => box.right > right + 1).length;
    this.ends.hidden = this.#narrow !== null || before + behind === 0;
    this.root.classList.toggle("more-before", before > 0);
    this.root.classList.toggle("more-behind", behind > 0);
    showEnd(this.#earlier, before > 0, before > 0 ? `← ${plural(before, "earlier layer")}` : "← start");
    showEnd(this.#later, behind > 0, behind > 0 ? `${plural(behind, "more layer")} →` : "end →");
  }

  /** @type {(direction: -1 | 1) => void} */
  #scroll(direction) {
    const behavior = prefersStillness() ? "auto" : "smooth";
    this.root.scrollBy({ left: direction * 0.8 * this.root.clientWidth, behavior });
  }

  /** @type {(activations: Activation[], pixels: Uint8Array) => void} */
  show(activations, pixels) {
    this.columns.forEach((column, index) => column.show(activations[index].data, pixels));
  }

  // Highlights the receptive field of a number in all layers that lead to it; with null, nothing.
  /** @type {(target: Source | null) => void} */
  point(target) {
    const fields = target ? receptiveFields(this.model, target.layer, target.place) : [];
    this.columns.forEach((column, index) => column.mark(fields[index] ?? null));
  }

  /** @type {(target: Source) => void} Makes arrow keys move from this place. */
  reach({ layer, place }) {
    this.columns[layer + 1].at = place;
  }

  /** Paints hidden columns, too. */
  paintAll() {
    for (const column of this.columns) if (column.isStale) column.paint();
  }

  repaint() {
    for (const column of this.columns) column.paint();
  }
}

// The button stays if no column is hidden on its side, so that it keeps the keyboard focus.
/** @type {(button: HTMLElement, leads: boolean, text: string) => void} */
function showEnd(button, leads, text) {
  button.setAttribute("aria-disabled", String(!leads));
  write(button, text);
}
