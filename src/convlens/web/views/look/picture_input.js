/** Pictures from elsewhere: chosen, dropped on the page, or pasted. */

import { readPicture } from "convlens/preparation/reading.js";
import { element } from "convlens/interface/dom.js";

/**
 * A file button and a place to drop on. `zone` is what lights up while something is dragged over the page; `onPicture(picture, name)`;
 * `onRefusal(text)`. Pasting works anywhere but in a field, while `isActive()`. The page gets `button` and, unseen, `file`.
 */
export class PictureInput {
  constructor({ zone, onPicture, onRefusal, isActive }) {
    Object.assign(this, { zone, onPicture, onRefusal, isActive, asked: 0 });
    this.file = element("input", {
      type: "file",
      accept: "image/*",
      class: "unseen",
      tabindex: -1,
      "aria-hidden": "true",
      onChange: () => this.takeChosen(),
    });
    this.button = element("button", { type: "button", onClick: () => this.file.click() }, "Open image…");
    this.listeners = {
      dragover: (event) => this.dragOver(event),
      dragleave: (event) => this.dragLeave(event),
      drop: (event) => this.drop(event),
      paste: (event) => this.paste(event),
    };
    for (const [name, listener] of Object.entries(this.listeners)) document.addEventListener(name, listener);
  }

  async read(blob, name) {
    const mine = (this.asked += 1);
    try {
      const picture = await readPicture(blob);
      // A large picture may arrive after a small one that was chosen later.
      if (mine === this.asked) this.onPicture(picture, name);
    } catch (error) {
      if (mine === this.asked) this.onRefusal(error.message);
    }
  }

  takeChosen() {
    const [chosen] = this.file.files;
    if (chosen) this.read(chosen, chosen.name);
    this.file.value = "";
  }

  dragOver(event) {
    if (!this.isActive() || !holdsFile(event.dataTransfer)) return;
    event.preventDefault();
    this.zone.classList.add("dropping");
  }

  dragLeave(event) {
    if (event.relatedTarget === null) this.zone.classList.remove("dropping");
  }

  drop(event) {
    this.zone.classList.remove("dropping");
    if (!this.isActive() || !holdsFile(event.dataTransfer)) return;
    // A browser would otherwise leave the page to show the file.
    event.preventDefault();
    const [dropped] = event.dataTransfer.files;
    this.read(dropped, dropped.name);
  }

  paste(event) {
    if (!this.isActive() || event.target.closest?.("input, textarea, [contenteditable]")) return;
    const image = Array.from(event.clipboardData?.files ?? []).find(({ type }) => type.startsWith("image/"));
    if (image) {
      event.preventDefault();
      this.read(image, "pasted image");
    }
  }

  dispose() {
    for (const [name, listener] of Object.entries(this.listeners)) document.removeEventListener(name, listener);
  }
}

function holdsFile(transfer) {
  return Array.from(transfer?.types ?? []).includes("Files");
}
