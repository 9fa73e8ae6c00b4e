/** Images that a person chooses, drops on the page, or pastes. */

import { readPicture } from "convlens/preparation/reading.js";
import { element } from "convlens/interface/dom.js";
import { button } from "convlens/interface/parts.js";

/** @typedef {Awaited<ReturnType<typeof readPicture>>} Picture */

/**
 * @typedef {object} PictureHandlers
 * @property {() => boolean} isActive whether dropped and pasted images should be read
 * @property {(picture: Picture, name: string) => void} onPicture
 * @property {(text: string) => void} onRefusal called with the reason why a file can't be read
 */

/** A button to choose a file. Dropping works on the whole page, pasting everywhere except in a text field. */
export class PictureInput {
  #asked = 0;
  #listening = new AbortController();

  /** The file field behind the button; it is hidden, but must be in the page. */
  file = element("input", {
    type: "file",
    accept: "image/*",
    class: "unseen",
    tabindex: -1,
    "aria-hidden": "true",
    onChange: () => this.#takeChosen(),
  });
  button = button("Open image…", () => this.file.click());

  /**
   * @param {HTMLElement} zone the element that is highlighted while a file is dragged over the page
   * @param {PictureHandlers} handlers
   */
  constructor(zone, handlers) {
    this.zone = zone;
    this.handlers = handlers;
    const { signal } = this.#listening;
    document.addEventListener("dragover", (event) => this.#dragOver(event), { signal });
    document.addEventListener("drop", (event) => this.#drop(event), { signal });
    document.addEventListener("paste", (event) => this.#paste(event), { signal });
    document.addEventListener(
      "dragleave",
      ({ relatedTarget }) => relatedTarget === null && zone.classList.remove("dropping"),
      { signal },
    );
  }

  /** @param {File | undefined} file */
  async #read(file, name = file?.name ?? "") {
    if (!file) return;
    const mine = (this.#asked += 1);
    try {
      const picture = await readPicture(file);
      // Reading a large picture may take longer than reading a small one that was chosen later.
      if (mine === this.#asked) this.handlers.onPicture(picture, name);
    } catch (error) {
      if (mine === this.#asked) this.handlers.onRefusal(error instanceof Error ? error.message : String(error));
    }
  }

  #takeChosen() {
    this.#read(this.file.files?.[0]);
    this.file.value = "";
  }

  /** @type {(event: DragEvent) => void} */
  #dragOver(event) {
    if (!this.#isMeant(event)) return;
    event.preventDefault();
    this.zone.classList.add("dropping");
  }

  /** @type {(event: DragEvent) => void} */
  #drop(event) {
    this.zone.classList.remove("dropping");
    if (!this.#isMeant(event)) return;
    // Otherwise the browser would leave the page and show the file.
    event.preventDefault();
    this.#read(event.dataTransfer?.files[0]);
  }

  /** @type {(event: DragEvent) => boolean} */
  #isMeant({ dataTransfer }) {
    return this.handlers.isActive() && (dataTransfer?.types ?? []).includes("Files");
  }

  /** @type {(event: ClipboardEvent) => void} */
  #paste(event) {
    const isField = event.target instanceof Element && event.target.closest("input, textarea, [contenteditable]");
    if (!this.handlers.isActive() || isField) return;
    const image = Array.from(event.clipboardData?.files ?? []).find(({ type }) => type.startsWith("image/"));
    if (!image) return;
    event.preventDefault();
    this.#read(image, "pasted image");
  }

  dispose() {
    this.#listening.abort();
  }
}
