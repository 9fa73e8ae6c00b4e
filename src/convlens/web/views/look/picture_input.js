/** Pictures from elsewhere: chosen, dropped on the page, or pasted. */

import { readPicture } from "convlens/preparation/reading.js";
import { element } from "convlens/interface/dom.js";
import { button } from "convlens/interface/parts.js";

/** @typedef {Awaited<ReturnType<typeof readPicture>>} Picture */

/**
 * @typedef {object} PictureHandlers
 * @property {() => boolean} isActive whether what is dropped or pasted is meant for this
 * @property {(picture: Picture, name: string) => void} onPicture
 * @property {(text: string) => void} onRefusal why something is no picture
 */

/** A file button and a place to drop on. Pasting works anywhere but in a field. */
export class PictureInput {
  #asked = 0;
  #listening = new AbortController();

  /** The field behind the button; unseen, but it has to be in the page. */
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
   * @param {HTMLElement} zone what lights up while something is dragged over the page
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
      // A large picture may arrive after a small one that was chosen later.
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
    // A browser would otherwise leave the page to show the file.
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
