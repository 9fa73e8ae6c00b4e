/**
 * The test images: a list that holds elements only for what can be seen of it, so that ten thousand cost no more than forty.
 *
 * It is a listbox with one stop of the Tab key; arrow keys go from image to image, and the image reached is shown.
 */

import { element, fill } from "convlens/interface/dom.js";
import { formatCount, formatPercent, plural } from "convlens/interface/format.js";
import { drawPicture } from "convlens/interface/maps.js";
import { clipName } from "convlens/views/look/places.js";
import { choose } from "convlens/views/look/samples.js";

const TILE = 52;
const FILTERS = { all: "all", wrong: "wrong ones", doubtful: "doubtful ones" };

/** The strip in `root`; `onSample(sample, time)` when an image is chosen. */
export class Strip {
  constructor({ onSample }) {
    Object.assign(this, {
      onSample,
      model: null,
      judged: [],
      shown: [],
      pictureOf: null,
      at: -1,
      across: 1,
      tiles: new Map(),
    });
    this.which = element(
      "select",
      { id: "sample-filter", onChange: () => this.filter() },
      Object.entries(FILTERS).map(([value, text]) => element("option", { value }, text)),
    );
    this.label = element("select", { id: "sample-class", onChange: () => this.filter() });
    this.count = element("span", { class: "small soft", role: "status" });
    this.inner = element("div", { class: "strip-inner", role: "presentation" });
    this.box = element(
      "div",
      {
        class: "strip-box",
        role: "listbox",
        tabindex: 0,
        "aria-label": "Test images",
        onKeydown: (event) => this.key(event),
      },
      this.inner,
    );
    this.empty = element("p", { class: "small soft", hidden: true }, "No test image is like that.");
    this.root = element(
      "section",
      { class: "strip", "aria-labelledby": "strip-title", hidden: true },
      element(
        "div",
        { class: "strip-head" },
        element("h2", { class: "eyebrow", id: "strip-title" }, "Test images"),
        this.count,
      ),
      element(
        "div",
        { class: "row strip-filters" },
        element("label", { for: "sample-filter", class: "unseen" }, "Which test images"),
        this.which,
        element("label", { for: "sample-class", class: "unseen" }, "Of which class"),
        this.label,
      ),
      this.box,
      this.empty,
    );
    this.box.addEventListener("scroll", () => this.layOut(), { passive: true });
    new ResizeObserver(() => this.shown.length && this.layOut()).observe(this.box);
  }

  /** Other images: what `judge` says of them, and `pictureOf(place)` their pixels. The first one is chosen. */
  open(model, judged, pictureOf) {
    Object.assign(this, { model, judged, pictureOf, shown: judged, at: 0 });
    this.root.hidden = false;
    this.which.value = "all";
    for (const option of this.which.options) {
      option.textContent = `${FILTERS[option.value]} (${formatCount(choose(judged, { which: option.value }).length)})`;
    }
    const present = [...new Set(judged.map(({ label }) => label))].sort((one, other) => one - other);
    fill(
      this.label,
      element("option", { value: "" }, "every class"),
      present.map((number) => element("option", { value: number }, clipName(model.classNames[number]))),
    );
    this.filter();
  }

  close() {
    this.root.hidden = true;
  }

  /** No image is chosen any more: something was drawn. */
  clear() {
    this.at = -1;
    this.markChosen();
  }

  filter() {
    const chosen = this.shown[this.at];
    const label = this.label.value === "" ? null : Number(this.label.value);
    this.shown = choose(this.judged, { which: this.which.value, label });
    this.at = this.shown.indexOf(chosen);
    this.count.textContent = plural(this.shown.length, "image");
    this.empty.hidden = this.shown.length > 0;
    this.box.hidden = this.shown.length === 0;
    this.clearTiles();
    this.box.scrollTop = 0;
    this.layOut();
  }

  clearTiles() {
    this.tiles.forEach((tile) => tile.remove());
    this.tiles.clear();
  }

  /** Makes elements for what can be seen, with a row to spare on either side, and takes the others away. */
  layOut() {
    const { box, shown, tiles } = this;
    const columns = Math.max(1, Math.floor(box.clientWidth / TILE));
    if (columns !== this.across) this.clearTiles();
    this.across = columns;
    this.inner.style.height = `${Math.ceil(shown.length / columns) * TILE}px`;
    const first = Math.max(0, Math.floor(box.scrollTop / TILE) - 1) * columns;
    const last = Math.min(shown.length, (Math.ceil((box.scrollTop + box.clientHeight) / TILE) + 1) * columns);
    for (const [place, tile] of tiles) {
      if (place >= first && place < last) continue;
      tile.remove();
      tiles.delete(place);
    }
    for (let place = first; place < last; place += 1) if (!tiles.has(place)) this.addTile(place);
    this.markChosen();
  }

  addTile(place) {
    const sample = this.shown[place];
    const canvas = element("canvas", { "aria-hidden": "true" });
    drawPicture(canvas, this.pictureOf(sample.place), this.model.inputShape);
    const text = describe(this.model, sample);
    const tile = element(
      "div",
      {
        class: sample.wrong ? "tile wrong" : sample.doubtful ? "tile doubtful" : "tile",
        role: "option",
        id: `sample-${place}`,
        "aria-setsize": this.shown.length,
        "aria-posinset": place + 1,
        "aria-label": text,
        title: text,
        onClick: (event) => this.pick(place, event.timeStamp),
      },
      canvas,
    );
    tile.style.transform = `translate(${(place % this.across) * TILE}px, ${Math.floor(place / this.across) * TILE}px)`;
    this.tiles.set(place, tile);
    this.inner.append(tile);
  }

  markChosen() {
    for (const [place, tile] of this.tiles) tile.setAttribute("aria-selected", String(place === this.at));
    if (this.tiles.has(this.at)) this.box.setAttribute("aria-activedescendant", `sample-${this.at}`);
    else this.box.removeAttribute("aria-activedescendant");
  }

  pick(place, time) {
    const { box } = this;
    this.at = place;
    const top = Math.floor(place / this.across) * TILE;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + TILE > box.scrollTop + box.clientHeight) box.scrollTop = top + TILE - box.clientHeight;
    this.layOut();
    this.onSample(this.shown[place], time);
  }

  key(event) {
    const { across, at, shown } = this;
    const page = across * Math.max(1, Math.floor(this.box.clientHeight / TILE));
    const move = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -across,
      ArrowDown: across,
      PageUp: -page,
      PageDown: page,
      Home: -Infinity,
      End: Infinity,
    }[event.key];
    if (event.key === "Enter" || event.key === " ") this.pick(Math.max(at, 0), event.timeStamp);
    else if (move === undefined || event.ctrlKey || event.metaKey) return;
    else
      this.pick(
        Math.min(Math.max(at < 0 && Number.isFinite(move) ? 0 : Math.max(at, 0) + move, 0), shown.length - 1),
        event.timeStamp,
      );
    event.preventDefault();
  }
}

function describe(model, { label, best, probability, wrong }) {
  const name = clipName(model.classNames[label]);
  return wrong
    ? `${name}, taken for ${clipName(model.classNames[best])}`
    : `${name}, ${formatPercent(probability)} sure`;
}
