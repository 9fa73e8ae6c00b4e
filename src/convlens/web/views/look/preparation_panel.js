/** The way of a picture into the network: every step with what was changed, and why the result may be unlike all training images. */

import { element, fill } from "convlens/interface/dom.js";

/** The panel: `{ root, show(session) }`. */
export function makePreparationPanel() {
  const root = element("div", { class: "steps-panel" });
  return { root, show: (session) => fill(root, contentOf(session)) };
}

function contentOf({ prepared, source }) {
  if (source === "sample") {
    return element(
      "p",
      { class: "soft" },
      "A test image is already what the network takes; nothing was changed. Draw something, or open an image, to see it prepared.",
    );
  }
  if (!prepared)
    return element(
      "p",
      { class: "soft" },
      "Draw something, or open an image: its way into the network is shown here, step by step.",
    );
  const changed = prepared.steps.filter(({ note }) => note).length;
  return [
    element(
      "p",
      {},
      changed > 0
        ? "So this picture was made to look like the images that the network learned from."
        : "Nothing had to be changed for the network to take this picture.",
    ),
    prepared.unlike.length > 0
      ? element("p", { class: "notice alarm" }, `Unlike the training images even so: ${prepared.unlike.join("; ")}.`)
      : null,
    element("ol", { class: "steps" }, prepared.steps.map(stepOf)),
  ];
}

function stepOf({ name, note, size, picture }) {
  const canvas = element("canvas", {
    role: "img",
    "aria-label": `The picture after the step “${name}”${size ? `, ${size} pixels` : ""}`,
  });
  [canvas.width, canvas.height] = [picture.width, picture.height];
  // A copy, since a step may be kept in bytes that are shared with others.
  canvas
    .getContext("2d")
    .putImageData(new ImageData(new Uint8ClampedArray(picture.data), picture.width, picture.height), 0, 0);
  return element(
    "li",
    {},
    canvas,
    element("p", {}, element("strong", {}, name), size ? element("span", { class: "soft" }, ` ${size}`) : null),
    note ? element("p", { class: "small" }, note) : null,
  );
}
