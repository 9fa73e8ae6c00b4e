// The network as a row of chips, one a layer: choose one to change its numbers, move or remove it, or add one behind it.
//
// The text stays the truth: a chip reads its layer's text and hands back a changed text. With the keyboard the row is one
// stop: arrows go along it, Alt with an arrow moves the layer, Delete removes it.

import { announce, element, fill } from "convlens/interface/dom.js";
import { layerFields } from "convlens/views/train/layer_fields.js";
import {
  insertLayer,
  LAYER_KINDS,
  moveLayer,
  placeForNewLayer,
  readLayer,
  removeLayer,
  replaceLayer,
  splitLayers,
} from "convlens/views/train/network_text.js";

const MOST_CHIPS = 200; // a text of thousands of commas is for the server to refuse

/** The chips. `show(text, wrong)` draws those of a text, `wrong` being the index of a mistaken layer; `onText(text)`. */
export function createLayerChips({ onText }) {
  const row = element("ol", { class: "train-chips", "aria-label": "Layers" });
  const fields = element("div", { class: "train-chip-fields" });
  const add = element("select", { "aria-label": "Add a layer" });
  fill(
    add,
    element("option", { value: "" }, "Add a layer …"),
    Object.entries(LAYER_KINDS).map(([word, { title }]) =>
      element("option", { value: word }, title === word ? title : `${word}: ${title}`),
    ),
  );
  const chips = { row, fields, text: "", layers: [], chosen: -1, stop: 0, wrong: -1, onText };
  add.addEventListener("change", () => {
    if (add.value) addLayer(chips, LAYER_KINDS[add.value].default);
    add.value = "";
  });
  row.addEventListener("keydown", (event) => onKey(chips, event));
  return {
    element: element("div", { class: "train-chip-editor" }, row, element("div", { class: "row" }, add), fields),
    show(text, wrong = -1) {
      chips.text = text;
      chips.wrong = wrong;
      chips.layers = splitLayers(text).slice(0, MOST_CHIPS);
      if (chips.chosen >= chips.layers.length) chips.chosen = -1;
      drawChips(chips);
    },
  };
}

function drawChips(chips) {
  const hadFocus = chips.row.contains(document.activeElement);
  chips.stop = Math.min(Math.max(chips.stop, 0), Math.max(chips.layers.length - 1, 0));
  const { stop } = chips;
  fill(
    chips.row,
    chips.layers.map(({ text }, index) => {
      const word = text.toLowerCase().split(/\s/)[0];
      const kind = Object.hasOwn(LAYER_KINDS, word) ? word : "unknown";
      const button = element(
        "button",
        {
          type: "button",
          class: `train-chip ${kind}`,
          tabindex: index === stop ? "0" : "-1",
          "aria-pressed": String(index === chips.chosen),
          "aria-invalid": index === chips.wrong ? "true" : null,
          draggable: "true",
          onClick: () => choose(chips, index === chips.chosen ? -1 : index),
        },
        text,
      );
      makeDraggable(chips, button, index);
      return element("li", {}, button);
    }),
  );
  if (hadFocus) chips.row.querySelectorAll("button")[stop]?.focus();
  drawFields(chips);
}

function choose(chips, index) {
  chips.chosen = index;
  if (index >= 0) chips.stop = index;
  drawChips(chips);
}

function drawFields(chips) {
  const layer = chips.layers[chips.chosen];
  if (!layer) {
    fill(chips.fields);
    chips.fields.dataset.layer = "";
    return;
  }
  const read = readLayer(layer.text);
  const key = `${chips.chosen} ${read?.word ?? layer.text}`;
  if (read && chips.fields.dataset.layer === key && chips.fields.contains(document.activeElement)) return; // somebody types in it
  chips.fields.dataset.layer = key;
  const index = chips.chosen;
  const last = chips.layers.length - 1;
  fill(
    chips.fields,
    read
      ? layerFields(read, (changed) => chips.onText(replaceLayer(chips.text, index, changed)))
      : element("p", { class: "soft small" }, "Mend this layer in the text above."),
    element(
      "div",
      { class: "row" },
      element(
        "button",
        {
          type: "button",
          disabled: index === 0,
          "aria-label": "Move this layer earlier",
          onClick: () => move(chips, index, index - 1),
        },
        "←",
      ),
      element(
        "button",
        {
          type: "button",
          disabled: index === last,
          "aria-label": "Move this layer later",
          onClick: () => move(chips, index, index + 1),
        },
        "→",
      ),
      element("button", { type: "button", onClick: () => remove(chips, index) }, "Remove"),
    ),
  );
}

function addLayer(chips, layer) {
  const index = chips.chosen >= 0 ? chips.chosen + 1 : placeForNewLayer(chips.text);
  chips.chosen = index;
  chips.stop = index;
  announce(`Added ${layer} as layer ${index + 1}`);
  chips.onText(insertLayer(chips.text, index, layer));
}

function move(chips, from, to) {
  if (to < 0 || to >= chips.layers.length || from === to) return;
  if (chips.chosen >= 0) chips.chosen = to;
  chips.stop = to;
  announce(`${chips.layers[from].text} is now layer ${to + 1} of ${chips.layers.length}`);
  chips.fields.dataset.layer = "";
  chips.onText(moveLayer(chips.text, from, to));
}

function remove(chips, index) {
  announce(`Removed ${chips.layers[index].text}`);
  chips.chosen = -1;
  chips.stop = Math.min(index, chips.layers.length - 2);
  const hadFocus = chips.row.contains(document.activeElement) || chips.fields.contains(document.activeElement);
  chips.onText(removeLayer(chips.text, index));
  if (hadFocus) chips.row.querySelectorAll("button")[chips.stop]?.focus();
}

function onKey(chips, event) {
  const buttons = [...chips.row.querySelectorAll("button")];
  const index = buttons.indexOf(document.activeElement);
  if (index < 0) return;
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step && event.altKey) move(chips, index, index + step);
  else if (step && buttons[index + step]) {
    chips.stop = index + step;
    buttons[index].tabIndex = -1;
    buttons[chips.stop].tabIndex = 0;
    buttons[chips.stop].focus();
  } else if (event.key === "Delete" || event.key === "Backspace") remove(chips, index);
  else if (!step) return;
  event.preventDefault();
}

function makeDraggable(chips, button, index) {
  button.addEventListener("dragstart", (event) => {
    chips.dragged = index;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", chips.layers[index].text);
  });
  button.addEventListener("dragend", () => (chips.dragged = null));
  button.addEventListener("dragover", (event) => {
    if (chips.dragged === null || chips.dragged === undefined) return;
    event.preventDefault();
    button.classList.add("target");
  });
  button.addEventListener("dragleave", () => button.classList.remove("target"));
  button.addEventListener("drop", (event) => {
    event.preventDefault();
    button.classList.remove("target");
    if (Number.isInteger(chips.dragged)) move(chips, chips.dragged, index);
    chips.dragged = null;
  });
}
