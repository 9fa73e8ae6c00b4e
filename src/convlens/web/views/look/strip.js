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

/** The strip: `{ root, open(model, judged, pictureOf), clear() }`; `onSample(sample, time)` when an image is chosen. */
export function makeStrip({ onSample }) {
  const which = element("select", { id: "sample-filter", onChange: () => filter() }, Object.entries(FILTERS).map(([value, text]) => element("option", { value }, text)));
  const label = element("select", { id: "sample-class", onChange: () => filter() });
  const count = element("span", { class: "small soft", role: "status" });
  const inner = element("div", { class: "strip-inner", role: "presentation" });
  const box = element("div", { class: "strip-box", role: "listbox", tabindex: 0, "aria-label": "Test images" }, inner);
  const empty = element("p", { class: "small soft", hidden: true }, "No test image is like that.");
  const root = element("section", { class: "strip", "aria-labelledby": "strip-title", hidden: true },
    element("div", { class: "strip-head" }, element("h2", { class: "eyebrow", id: "strip-title" }, "Test images"), count),
    element("div", { class: "row strip-filters" }, element("label", { for: "sample-filter", class: "unseen" }, "Which test images"), which,
      element("label", { for: "sample-class", class: "unseen" }, "Of which class"), label),
    box, empty);
  const tiles = new Map();
  let model = null, judged = [], shown = [], pictureOf = null, at = -1, across = 1;

  function filter() {
    const chosen = shown[at];
    shown = choose(judged, { which: which.value, label: label.value === "" ? null : Number(label.value) });
    at = shown.indexOf(chosen);
    count.textContent = plural(shown.length, "image");
    empty.hidden = shown.length > 0;
    box.hidden = shown.length === 0;
    clearTiles();
    box.scrollTop = 0;
    layOut();
  }

  function clearTiles() {
    tiles.forEach((tile) => tile.remove());
    tiles.clear();
  }

  function layOut() {
    const columns = Math.max(1, Math.floor(box.clientWidth / TILE));
    if (columns !== across) clearTiles();
    across = columns;
    inner.style.height = `${Math.ceil(shown.length / across) * TILE}px`;
    const first = Math.max(0, Math.floor(box.scrollTop / TILE) - 1) * across;
    const last = Math.min(shown.length, (Math.ceil((box.scrollTop + box.clientHeight) / TILE) + 1) * across);
    for (const [place, tile] of tiles) {
      if (place >= first && place < last) continue;
      tile.remove();
      tiles.delete(place);
    }
    for (let place = first; place < last; place += 1) if (!tiles.has(place)) addTile(place);
    markChosen();
  }

  function addTile(place) {
    const sample = shown[place];
    const canvas = element("canvas", { "aria-hidden": "true" });
    drawPicture(canvas, pictureOf(sample.place), model.inputShape);
    const tile = element("div", {
      class: sample.wrong ? "tile wrong" : sample.doubtful ? "tile doubtful" : "tile", role: "option", id: `sample-${place}`,
      "aria-setsize": shown.length, "aria-posinset": place + 1, "aria-label": describe(sample), title: describe(sample),
      onClick: (event) => pick(place, event.timeStamp),
    }, canvas);
    tile.style.transform = `translate(${(place % across) * TILE}px, ${Math.floor(place / across) * TILE}px)`;
    tiles.set(place, tile);
    inner.append(tile);
  }

  function describe({ label: truth, best, probability, wrong }) {
    const name = clipName(model.classNames[truth]);
    return wrong ? `${name}, taken for ${clipName(model.classNames[best])}` : `${name}, ${formatPercent(probability)} sure`;
  }

  function markChosen() {
    for (const [place, tile] of tiles) tile.setAttribute("aria-selected", String(place === at));
    if (tiles.has(at)) box.setAttribute("aria-activedescendant", `sample-${at}`);
    else box.removeAttribute("aria-activedescendant");
  }

  function pick(place, time) {
    at = place;
    const top = Math.floor(place / across) * TILE;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + TILE > box.scrollTop + box.clientHeight) box.scrollTop = top + TILE - box.clientHeight;
    layOut();
    onSample(shown[place], time);
  }

  box.addEventListener("scroll", layOut, { passive: true });
  box.addEventListener("keydown", (event) => {
    const page = across * Math.max(1, Math.floor(box.clientHeight / TILE));
    const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, PageUp: -page, PageDown: page, Home: -Infinity, End: Infinity }[event.key];
    if (event.key === "Enter" || event.key === " ") pick(Math.max(at, 0), event.timeStamp);
    else if (move === undefined || event.ctrlKey || event.metaKey) return;
    else pick(Math.min(Math.max(at < 0 && Number.isFinite(move) ? 0 : Math.max(at, 0) + move, 0), shown.length - 1), event.timeStamp);
    event.preventDefault();
  });
  new ResizeObserver(() => shown.length && layOut()).observe(box);

  return {
    root,
    open(next, samples, pictures) {
      // The first image is what the page begins with.
      [model, judged, pictureOf, shown, at] = [next, samples, pictures, samples, 0];
      root.hidden = false;
      which.value = "all";
      for (const option of which.options) {
        const many = choose(judged, { which: option.value }).length;
        option.textContent = `${FILTERS[option.value]} (${formatCount(many)})`;
      }
      const present = [...new Set(judged.map((sample) => sample.label))].sort((one, other) => one - other);
      fill(label, element("option", { value: "" }, "every class"), present.map((number) => element("option", { value: number }, clipName(model.classNames[number]))));
      filter();
    },
    /** Nothing of the strip is shown any more: something was drawn. */
    clear() {
      at = -1;
      markChosen();
    },
    close: () => (root.hidden = true),
  };
}
