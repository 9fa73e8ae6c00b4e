/**
 * The test images: a list with elements only for its visible part, so ten thousand images need no more than forty do.
 *
 * It is a listbox with one tab stop; arrow keys move from image to image, and the current image is shown.
 */

import { element, fill } from "convlens/interface/dom.js";
import { formatCount, formatPercent, plural } from "convlens/interface/format.js";
import { drawPicture } from "convlens/interface/maps.js";
import { div, optionList } from "convlens/interface/parts.js";
import { clipName } from "convlens/views/look/places.js";
import { choose } from "convlens/views/look/samples.js";

/** @import { Model } from "convlens/engine/network.js" */
/** @import { Judged, Which } from "convlens/views/look/samples.js" */

const TILE = 52;
/** @type {[Which, string][]} */
const FILTERS = [
  ["all", "all"],
  ["wrong", "wrong"],
  ["uncertain", "uncertain"],
];

export class Strip {
  /** @type {Judged[]} */
  #shown;
  #at = 0;
  #across = 1;
  /** @type {Map<number, HTMLElement>} */
  #tiles = new Map();
  #which = element("select", { id: "sample-filter", onChange: () => this.#filter() });
  #label = element("select", { id: "sample-class", onChange: () => this.#filter() });
  #count = element("span", { class: "small soft", role: "status" });
  #inner = element("div", { class: "strip-inner", role: "presentation" });
  #empty = element("p", { class: "small soft", hidden: true }, "No test image matches.");
  #box = element(
    "div",
    {
      class: "strip-box",
      role: "listbox",
      tabindex: 0,
      "aria-label": "Test images",
      onKeydown: (event) => this.#key(event),
      onScroll: () => this.#layOut(),
    },
    this.#inner,
  );

  /**
   * Chooses the first image.
   * @param {Model} model
   * @param {Judged[]} judged the model's predictions for all images
   * @param {(place: number) => Uint8Array} pixelsOf
   * @param {(sample: Judged, time: number) => void} onSample called when an image is chosen
   */
  constructor(model, judged, pixelsOf, onSample) {
    this.model = model;
    this.judged = judged;
    this.pixelsOf = pixelsOf;
    this.onSample = onSample;
    this.#shown = judged;
    this.root = this.#build();
    new ResizeObserver(() => this.#shown.length && this.#layOut()).observe(this.#box);
    this.#filter();
  }

  #build() {
    const { model, judged } = this;
    /** @type {(filter: [Which, string]) => [string, string]} */
    const count = ([which, text]) => [which, `${text} (${formatCount(choose(judged, { which }).length)})`];
    fill(this.#which, optionList(...FILTERS.map(count)));
    const labels = [...new Set(judged.map(({ label }) => label))].sort((one, other) => one - other);
    /** @type {(label: number) => [number, string]} */
    const name = (label) => [label, clipName(model.classNames[label])];
    fill(this.#label, optionList(["", "all classes"], ...labels.map(name)));
    const title = element("h2", { class: "eyebrow", id: "strip-title" }, "Test images");
    const label = (/** @type {string} */ id, /** @type {string} */ words) =>
      element("label", { for: id, class: "unseen" }, words);
    const which = [label("sample-filter", "Show test images"), this.#which];
    const filters = div("row strip-filters", which, label("sample-class", "Show class"), this.#label);
    const parts = [div("strip-head", title, this.#count), filters, this.#box, this.#empty];
    const attributes = { class: "strip", "aria-labelledby": "strip-title", hidden: judged.length === 0 };
    return element("section", attributes, parts);
  }

  /** Unselects the image, for example because the person draws. */
  clear() {
    this.#at = -1;
    this.#markChosen();
  }

  #filter() {
    const chosen = this.#shown[this.#at];
    const label = this.#label.value === "" ? null : Number(this.#label.value);
    this.#shown = choose(this.judged, { which: /** @type {Which} */ (this.#which.value), label });
    this.#at = this.#shown.indexOf(chosen);
    this.#count.textContent = plural(this.#shown.length, "image");
    this.#empty.hidden = this.#shown.length > 0;
    this.#box.hidden = this.#shown.length === 0;
    this.#clearTiles();
    this.#box.scrollTop = 0;
    this.#layOut();
  }

  #clearTiles() {
    this.#tiles.forEach((tile) => tile.remove());
    this.#tiles.clear();
  }

  /** Makes elements for the visible images and one more row on either side, and removes the others. */
  #layOut() {
    const { scrollTop, clientWidth, clientHeight } = this.#box;
    const columns = Math.max(1, Math.floor(clientWidth / TILE));
    if (columns !== this.#across) this.#clearTiles();
    this.#across = columns;
    this.#inner.style.height = `${Math.ceil(this.#shown.length / columns) * TILE}px`;
    const first = Math.max(0, Math.floor(scrollTop / TILE) - 1) * columns;
    const last = Math.min(this.#shown.length, (Math.ceil((scrollTop + clientHeight) / TILE) + 1) * columns);
    for (const [place, tile] of this.#tiles) {
      if (place >= first && place < last) continue;
      tile.remove();
      this.#tiles.delete(place);
    }
    for (let place = first; place < last; place += 1) if (!this.#tiles.has(place)) this.#addTile(place);
    this.#markChosen();
  }

  /** @type {(place: number) => void} */
  #addTile(place) {
    const sample = this.#shown[place];
    const canvas = element("canvas", { "aria-hidden": "true" });
    drawPicture(canvas, this.pixelsOf(sample.place), this.model.inputShape);
    const text = describe(this.model, sample);
    const tile = element(
      "div",
      {
        class: sample.wrong ? "tile wrong" : sample.uncertain ? "tile uncertain" : "tile",
        role: "option",
        id: `sample-${place}`,
        "aria-setsize": this.#shown.length,
        "aria-posinset": place + 1,
        "aria-label": text,
        title: text,
        onClick: (event) => this.#pick(place, event.timeStamp),
      },
      canvas,
    );
    const [row, column] = [Math.floor(place / this.#across), place % this.#across];
    tile.style.transform = `translate(${column * TILE}px, ${row * TILE}px)`;
    this.#tiles.set(place, tile);
    this.#inner.append(tile);
  }

  #markChosen() {
    for (const [place, tile] of this.#tiles) tile.setAttribute("aria-selected", String(place === this.#at));
    if (this.#tiles.has(this.#at)) this.#box.setAttribute("aria-activedescendant", `sample-${this.#at}`);
    else this.#box.removeAttribute("aria-activedescendant");
  }

  /** @type {(place: number, time: number) => void} */
  #pick(place, time) {
    this.#at = place;
    const top = Math.floor(place / this.#across) * TILE;
    const { scrollTop, clientHeight } = this.#box;
    if (top < scrollTop) this.#box.scrollTop = top;
    else if (top + TILE > scrollTop + clientHeight) this.#box.scrollTop = top + TILE - clientHeight;
    this.#layOut();
    this.onSample(this.#shown[place], time);
  }

  /** @type {(event: KeyboardEvent) => void} */
  #key(event) {
    const next = this.#placeAfter(event.key);
    const acts = event.key === "Enter" || event.key === " ";
    if (next === undefined || (!acts && (event.ctrlKey || event.metaKey))) return;
    this.#pick(next, event.timeStamp);
    event.preventDefault();
  }

  // The place to which a key leads; undefined if the list does not handle the key.
  /** @type {(key: string) => number | undefined} */
  #placeAfter(key) {
    const [at, last] = [Math.max(this.#at, 0), this.#shown.length - 1];
    const page = this.#across * Math.max(1, Math.floor(this.#box.clientHeight / TILE));
    const to = {
      ...{ ArrowLeft: at - 1, ArrowRight: at + 1, ArrowUp: at - this.#across, ArrowDown: at + this.#across },
      ...{ PageUp: at - page, PageDown: at + page, Home: 0, End: last, Enter: at, " ": at },
    }[key];
    if (to === undefined) return undefined;
    // If no image is chosen, any key except End leads to the first.
    return this.#at < 0 && key !== "End" ? 0 : Math.min(Math.max(to, 0), last);
  }
}

/** @type {(model: Model, judged: Judged) => string} */
function describe(model, { label, best, probability, wrong }) {
  const name = clipName(model.classNames[label]);
  return wrong
    ? `${name}, predicted as ${clipName(model.classNames[best])}`
    : `${name}, ${formatPercent(probability)} sure`;
}
