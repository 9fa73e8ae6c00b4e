/**
 * The way of a picture into the network: every step with what was changed, and why the result may be unlike all
 * training images.
 */

import { element, fill } from "convlens/interface/dom.js";
import { div } from "convlens/interface/parts.js";

/** @import { Session } from "convlens/views/look/session.js" */

/** @typedef {NonNullable<Session["prepared"]>} Prepared */

const CHANGED = "So this picture was made to look like the images that the network learned from.";
const UNCHANGED = "Nothing had to be changed for the network to take this picture.";
const OF_A_SAMPLE =
  "A test image is already what the network takes; nothing was changed. Draw something, or open an image, to see it prepared.";
const OF_NOTHING = "Draw something, or open an image: its way into the network is shown here, step by step.";

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
      ? element("p", { class: "notice alarm" }, `Unlike the training images even so: ${unlike.join("; ")}.`)
      : null,
    element("ol", { class: "steps" }, steps.map(drawStep)),
  ];
}

/** @type {(step: Prepared["steps"][number]) => HTMLLIElement} */
function drawStep({ name, note, size, picture }) {
  const { width, height, data } = picture;
  const label = `The picture after the step “${name}”${size ? `, ${size} pixels` : ""}`;
  const canvas = element("canvas", { role: "img", "aria-label": label, width, height });
  // A copy, since a step may be kept in bytes that are shared with others.
  canvas.getContext("2d")?.putImageData(new ImageData(new Uint8ClampedArray(data), width, height), 0, 0);
  const title = element("p", {}, element("strong", {}, name), size && element("span", { class: "soft" }, ` ${size}`));
  return element("li", {}, canvas, title, note && element("p", { class: "small" }, note));
}
