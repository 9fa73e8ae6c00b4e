/** Preprocessing of the image: every step with its changes, and why the result may differ from the training images. */

import { element, fill } from "convlens/interface/dom.js";
import { div } from "convlens/interface/parts.js";

/** @import { Session } from "convlens/views/look/session.js" */

/** @typedef {NonNullable<Session["prepared"]>} Prepared */

const CHANGED = "These steps made the image similar to the training images.";
const UNCHANGED = "The image needed no changes.";
const OF_A_SAMPLE = "A test image needs no preprocessing. Draw something, or open an image, to see the steps.";
const OF_NOTHING = "Draw something, or open an image, to see the preprocessing steps.";

export class PreparationPanel {
  constructor() {
    this.root = div("steps-panel");
  }

  /** @type {(session: Session) => void} */
  show({ prepared, source }) {
    const words = source === "sample" ? OF_A_SAMPLE : OF_NOTHING;
    fill(this.root, prepared ? drawSteps(prepared) : element("p", { class: "soft" }, words));
  }
}

/** @type {(prepared: Prepared) => (HTMLOListElement | HTMLParagraphElement | null)[]} */
function drawSteps({ steps, unlike }) {
  return [
    element("p", {}, steps.some(({ note }) => note) ? CHANGED : UNCHANGED),
    unlike.length > 0
      ? element(
          "p",
          { class: "notice alarm" },
          `Even after these steps, the image is unlike the training images: ${unlike.join("; ")}.`,
        )
      : null,
    element("ol", { class: "steps" }, steps.map(drawStep)),
  ];
}

/** @type {(step: Prepared["steps"][number]) => HTMLLIElement} */
function drawStep({ name, note, size, picture }) {
  const { width, height, data } = picture;
  const label = `The image after the step “${name}”${size ? `, ${size} pixels` : ""}`;
  const canvas = element("canvas", { role: "img", "aria-label": label, width, height });
  // A copy, since steps may share their bytes.
  canvas.getContext("2d")?.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
  const title = element("p", {}, element("strong", {}, name), size && element("span", { class: "soft" }, ` ${size}`));
  return element("li", {}, canvas, title, note && element("p", { class: "small" }, note));
}
