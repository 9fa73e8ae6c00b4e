// The network as chips, one for each layer and block, and a frame around each block. A person chooses a chip to change
// the layer's numbers, move or remove it, or add a layer after it.
//
// The text is the only source: a chip reads its layer's text and returns a changed text. All chips together are one
// stop of the Tab key: arrow keys go from chip to chip, Alt with an arrow key moves a layer, Delete removes it.

import { announce, element, fill } from "convlens/interface/dom.js";
import { layerFields } from "convlens/views/train/layer_fields.js";
import { BLOCKS, KINDS, MENU, readLayer, textForNew, textForShortcut } from "convlens/views/train/network_text.js";
import * as tree from "convlens/views/train/network_tree.js";
import { button, div, optionList } from "convlens/interface/parts.js";

/** @import { Chain, Edit, Part } from "convlens/views/train/network_tree.js" */

const MOST_CHIPS = 200; // the server refuses longer networks

export class LayerChips {
  row = element("ol", { class: "train-chips", "aria-label": "Layers" });
  fields = div("train-chip-fields");
  text = "";
  network = tree.readNetwork("");
  /** @type {Part[]} in the order of the text */
  parts = [];
  /** @type {HTMLButtonElement[]} one for each part */
  buttons = [];
  chosen = -1;
  stop = 0; // the chip that gets the focus by the Tab key
  wrong = -1;
  dragged = -1;

  /** @param {{ onText: (text: string) => void }} handlers `onText` is called with every changed text */
  constructor({ onText }) {
    this.onText = onText;
    const add = element("select", { "aria-label": "Add a layer" }, optionList(["", "Add a layer …"], ...MENU));
    add.addEventListener("change", () => {
      if (add.value) this.add(add.value);
      add.value = "";
    });
    this.row.addEventListener("keydown", (event) => this.onKey(event));
    // Else an answer of the server, which draws the chips anew, would put the focus back to where it was before.
    this.row.addEventListener("focusin", ({ target }) => {
      const index = this.buttons.findIndex((chip) => chip === target);
      if (index >= 0) this.stop = index;
    });
    this.root = div("train-chip-editor", this.row, div("row", add), this.fields);
  }

  // Shows the layers of a text; `wrong` is the place where a mistake begins.
  /** @type {(text: string, wrong?: number | null) => void} */
  show(text, wrong = null) {
    this.text = text;
    this.network = tree.readNetwork(text);
    this.parts = tree.partsOf(this.network).slice(0, MOST_CHIPS);
    this.wrong = wrong === null ? -1 : tree.partAt(this.parts, wrong);
    if (this.chosen >= this.parts.length) this.chosen = -1;
    this.draw();
  }

  draw() {
    const hadFocus = this.row.contains(document.activeElement);
    this.stop = Math.max(0, Math.min(this.stop, this.parts.length - 1));
    this.buttons = this.parts.map((part, index) => this.chip(part, index));
    fill(this.row, this.chipsOf(this.network));
    if (hadFocus) this.buttons[this.stop]?.focus();
    this.drawFields();
  }

  /** @type {(chain: Chain) => HTMLElement[]} The items of a row; a block contains its branches. */
  chipsOf(chain) {
    const here = this.parts.flatMap((part, index) => (part.chain === chain ? [index] : []));
    return here.map((index) => {
      const { branches } = this.parts[index];
      if (!branches.length) return element("li", {}, this.buttons[index]);
      const rows = branches.map((branch) =>
        element("ol", { class: "train-branch", "aria-label": branch.name }, this.chipsOf(branch)),
      );
      return element("li", {}, div("train-block", this.buttons[index], rows));
    });
  }

  /** @type {(part: Part, index: number) => HTMLButtonElement} */
  chip(part, index) {
    const { word, text, chain, branches } = part;
    const isKnown = Object.hasOwn(branches.length ? BLOCKS : KINDS, word);
    const chip = button(branches.length ? word : text || "no layer", () => this.choose(index), {
      class: `train-chip ${isKnown ? word : text ? "unknown" : "empty"}`,
      "aria-label": text ? null : `${chain.name}: no layer`,
      tabindex: index === this.stop ? "0" : "-1",
      "aria-pressed": String(index === this.chosen),
      "aria-invalid": index === this.wrong ? "true" : null,
      draggable: text ? "true" : null,
    });
    this.makeDraggable(chip, index);
    return chip;
  }

  /** Chooses a chip, or unselects it if it is already chosen. @param {number} index */
  choose(index) {
    this.chosen = index === this.chosen ? -1 : index;
    this.stop = index;
    this.draw();
  }

  drawFields() {
    const part = this.parts[this.chosen];
    const key = part ? `${this.chosen} ${part.branches.length} ${part.word}` : "";
    const isTypedIn = this.fields.contains(document.activeElement) && readLayer(part?.text ?? "");
    if (isTypedIn && this.fields.dataset.layer === key) return;
    this.fields.dataset.layer = key;
    fill(this.fields, part ? [this.describe(part), this.actions(part)] : null);
  }

  /** The fields for changing a part. @param {Part} part */
  describe(part) {
    if (!part.text) return element("p", { class: "soft small" }, "No layer yet: the output is the unchanged input.");
    if (part.branches.length && Object.hasOwn(BLOCKS, part.word)) {
      const { title, summary } = BLOCKS[part.word];
      return div("train-numbers", element("h4", {}, title), element("p", { class: "soft small" }, summary));
    }
    const layer = readLayer(part.text);
    if (!layer) return element("p", { class: "soft small" }, "Edit this layer in the text above.");
    return layerFields(layer, (changed) => this.onText(tree.replacePart(this.text, this.parts[this.chosen], changed)));
  }

  /** The buttons for the chosen part. They look it up when clicked, since typing may change it. @param {Part} part */
  actions(part) {
    const { word, text, branches } = part;
    /** @type {(arrow: string, words: string, step: number) => HTMLButtonElement} */
    const mover = (arrow, words, step) =>
      button(arrow, () => this.moveBy(this.parts[this.chosen], step), {
        disabled: !text || !tree.placeBeside(part, step),
        "aria-label": words,
      });
    /** @type {(words: string, branch: () => string) => HTMLButtonElement} */
    const adder = (words, branch) =>
      button(words, () => this.take(tree.addBranch(this.text, this.parts[this.chosen], branch())));
    const [body, ...others] = branches;
    return div(
      "row",
      mover("←", "Move this layer earlier", -1),
      mover("→", "Move this layer later", 1),
      button("Remove", () => this.remove(this.parts[this.chosen])),
      word !== "residual" && body && adder("Add a branch", () => "; conv 8 1x1"),
      word === "residual" && body && !others.length && adder("Add a shortcut", () => `, ${textForShortcut(body)}`),
    );
  }

  /** Adds a layer after the chosen one, or before the last `dense`. @param {string} word */
  add(word) {
    const part = this.parts[this.chosen];
    const chain = part?.chain ?? this.network;
    const place = part ? part.place + 1 : tree.placeForNew(this.network);
    const layer = textForNew(word, chain, place);
    announce(`Added ${layer} as layer ${place + 1}${insideOf(chain)}`);
    this.take(tree.insertPart(this.text, chain, place, layer), true);
  }

  /** @type {(part: Part, step: number) => void} */
  moveBy(part, step) {
    const target = part.text ? tree.placeBeside(part, step) : null;
    if (target) this.move(part, target.chain, target.place);
  }

  /** @type {(part: Part, chain: Chain, place: number) => void} */
  move(part, chain, place) {
    announce(`${part.text} is now layer ${place + 1}${insideOf(chain)}`);
    this.take(tree.movePart(this.text, part, chain, place), this.chosen >= 0);
  }

  // Takes over an edited text. The layer that begins at `at` gets the focus and, if `isChosen`, is chosen.
  /** @type {(edit: Edit, isChosen?: boolean) => void} */
  take({ text, at }, isChosen = true) {
    const index = tree.partsOf(tree.readNetwork(text)).findIndex(({ start }) => start === at);
    if (isChosen) this.chosen = index;
    this.stop = index;
    this.fields.dataset.layer = "";
    this.onText(text);
  }

  /** @param {Part} part */
  remove(part) {
    announce(part.text ? `Removed ${part.text}` : `Removed ${part.chain.name}`);
    const hadFocus = this.root.contains(document.activeElement);
    this.chosen = -1;
    this.stop = this.parts.indexOf(part);
    this.onText(tree.removePart(this.text, part));
    if (hadFocus) this.buttons[this.stop]?.focus();
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const index = this.buttons.findIndex((chip) => chip === document.activeElement);
    if (index < 0) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key] ?? 0;
    if (step && event.altKey) this.moveBy(this.parts[index], step);
    else if (step && this.buttons[index + step]) {
      this.stop = index + step;
      this.buttons[index].tabIndex = -1;
      this.buttons[this.stop].tabIndex = 0;
      this.buttons[this.stop].focus();
    } else if (event.key === "Delete" || event.key === "Backspace") this.remove(this.parts[index]);
    else if (!step) return;
    event.preventDefault();
  }

  /** @type {(chip: HTMLButtonElement, index: number) => void} */
  makeDraggable(chip, index) {
    chip.addEventListener("dragstart", (event) => {
      this.dragged = index;
      event.dataTransfer?.setData("text/plain", this.parts[index].text);
    });
    chip.addEventListener("dragend", () => (this.dragged = -1));
    chip.addEventListener("dragover", (event) => {
      if (this.dragged < 0) return;
      event.preventDefault();
      chip.classList.add("target");
    });
    chip.addEventListener("dragleave", () => chip.classList.remove("target"));
    chip.addEventListener("drop", (event) => {
      event.preventDefault();
      chip.classList.remove("target");
      this.drop(this.parts[this.dragged], this.parts[index]);
      this.dragged = -1;
    });
  }

  // A dropped part gets the place of the target; a part can't be dropped into itself.
  /** @type {(part: Part | undefined, target: Part) => void} */
  drop(part, target) {
    const isInside = part && part.start <= target.start && target.end <= part.end;
    if (part && !isInside) this.move(part, target.chain, Math.max(0, target.place));
  }
}

/** @param {Chain} chain */
function insideOf({ name, owner }) {
  return owner ? ` of ${name} in ${owner.word}` : "";
}
