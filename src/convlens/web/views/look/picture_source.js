/** Where pictures come from: the paper, a file, a drop, the clipboard; and what of it is shown large. */

import { brushWidth } from "convlens/preparation/brush.js";
import { element, fill, nameOf } from "convlens/interface/dom.js";
import { drawPicture } from "convlens/interface/maps.js";
import { makePad } from "convlens/views/look/pad.js";
import { PictureInput } from "convlens/views/look/picture_input.js";
import { clipName } from "convlens/views/look/places.js";

const FINE = 560;
// Four pixels of paper for one of MNIST's: as exact as the network can tell.
const COARSE = 112;

/** The source, in `root`; `onChange(time)` after every stroke and picture. `kind` is "drawing" or "picture". */
export class PictureSource {
  constructor({ isActive, onChange }) {
    Object.assign(this, { onChange, pad: null, opened: null, kind: "drawing" });
    this.overlay = element("canvas", { class: "pad-shown", hidden: true, "aria-hidden": "true" });
    this.caption = element("p", { class: "small soft pad-caption" });
    this.refusal = element("p", { class: "notice alarm small", role: "alert", hidden: true });
    this.stage = element("div", { class: "pad-stage" });
    this.tools = element("div", { class: "row pad-tools" });
    this.root = element(
      "section",
      { class: "source", "aria-labelledby": "source-title" },
      element("h2", { class: "eyebrow", id: "source-title" }, "The picture"),
      this.stage,
      this.tools,
      this.caption,
      this.refusal,
    );
    this.input = new PictureInput({
      zone: this.stage,
      isActive,
      onPicture: (picture, name) => this.take(picture, name),
      onRefusal: (text) => this.refuse(text),
    });
  }

  /** Another model: another brush, and an empty paper. */
  build({ preprocessing, inputShape }) {
    const size = Math.max(COARSE, 2 * Math.max(...inputShape.slice(1)));
    this.brush = { size, width: brushWidth(preprocessing, 1), dark: preprocessing.light_on_dark === false };
    this.pad = makePad({
      ...this.brush,
      sizes: [FINE, size],
      onChange: (time) => {
        this.uncover();
        this.onChange(time);
      },
    });
    this.pad.root.querySelector(".pad-frame").append(this.overlay);
    fill(this.stage, this.pad.root);
    fill(this.tools, this.pad.undo, this.pad.clear, this.input.button, this.input.file);
    this.uncover();
  }

  /** What was drawn or opened; null of an empty paper. */
  picture() {
    if (this.opened) return this.opened;
    return this.pad.strokes.empty ? null : { ...this.pad.picture(), isGrey: true };
  }

  take(picture, name) {
    // Before there is a model there is nothing to prepare it for.
    if (!this.pad) return;
    this.pad.wipe();
    Object.assign(this, { opened: picture, kind: "picture" });
    this.refusal.hidden = true;
    this.cover(picture.width, picture.height, (context) =>
      context.putImageData(new ImageData(new Uint8ClampedArray(picture.data), picture.width, picture.height), 0, 0),
    );
    fill(this.caption, nameOf(clipName(name)));
    this.onChange(performance.now());
  }

  refuse(text) {
    this.refusal.textContent = text;
    this.refusal.hidden = false;
  }

  /** Shows what a session shows: a test image large where one draws, with the paper below it empty again. */
  show({ source, pixels, model }) {
    this.pad.wipe();
    this.uncover();
    if (source !== "sample") return;
    const [, height, width] = model.inputShape;
    this.cover(width, height, () => drawPicture(this.overlay, pixels, model.inputShape));
    fill(this.caption, "A test image. Draw over it to begin your own.");
  }

  cover(width, height, paint) {
    [this.overlay.width, this.overlay.height] = [width, height];
    paint(this.overlay.getContext("2d"));
    this.overlay.hidden = false;
    this.pad.root.classList.add("covered");
  }

  uncover() {
    this.overlay.hidden = true;
    this.pad.root.classList.remove("covered");
    Object.assign(this, { opened: null, kind: "drawing" });
    this.refusal.hidden = true;
    fill(this.caption, "Draw with mouse, finger, pen or arrow keys; drop or paste an image.");
  }

  dispose() {
    this.input.dispose();
  }
}
