/** Pictures from elsewhere: chosen, dropped on the page, or pasted. */

import { readPicture } from "convlens/preparation/reading.js";
import { element } from "convlens/interface/dom.js";

/**
 * A file button and a place to drop on. `zone` is what lights up while something is dragged over the page; `onPicture(picture, name)`;
 * `onRefusal(text)`. Pasting works anywhere but in a field, while `isActive()`. Returns `{ button, dispose() }`.
 */
export function takePictures({ zone, onPicture, onRefusal, isActive }) {
  const file = element("input", { type: "file", accept: "image/*", class: "unseen", tabindex: -1, "aria-hidden": "true", onChange: () => {
    if (file.files.length > 0) read(file.files[0], file.files[0].name);
    file.value = "";
  } });
  const button = element("button", { type: "button", onClick: () => file.click() }, "Open image…");
  let asked = 0;

  async function read(blob, name) {
    const mine = (asked += 1);
    try {
      const picture = await readPicture(blob);
      // A large picture may arrive after a small one that was chosen later.
      if (mine === asked) onPicture(picture, name);
    } catch (error) {
      if (mine === asked) onRefusal(error.message);
    }
  }

  const holdsFile = (transfer) => Array.from(transfer?.types ?? []).includes("Files");
  const listeners = {
    dragover(event) {
      if (!isActive() || !holdsFile(event.dataTransfer)) return;
      event.preventDefault();
      zone.classList.add("dropping");
    },
    dragleave(event) {
      if (event.relatedTarget === null) zone.classList.remove("dropping");
    },
    drop(event) {
      zone.classList.remove("dropping");
      if (!isActive() || !holdsFile(event.dataTransfer)) return;
      // A browser would otherwise leave the page to show the file.
      event.preventDefault();
      read(event.dataTransfer.files[0], event.dataTransfer.files[0].name);
    },
    paste(event) {
      if (!isActive() || event.target.closest?.("input, textarea, [contenteditable]")) return;
      const image = Array.from(event.clipboardData?.files ?? []).find(({ type }) => type.startsWith("image/"));
      if (image) {
        event.preventDefault();
        read(image, "pasted image");
      }
    },
  };
  for (const [name, listener] of Object.entries(listeners)) document.addEventListener(name, listener);
  return {
    button,
    file,
    dispose: () => Object.entries(listeners).forEach(([name, listener]) => document.removeEventListener(name, listener)),
  };
}
