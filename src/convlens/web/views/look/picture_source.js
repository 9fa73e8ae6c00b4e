/** The source of the image: a drawing, a file, a drop or the clipboard. A chosen image covers the drawing area. */

import { brushWidth } from "convlens/preparation/brush.js";
import { element, fill, nameOf } from "convlens/interface/dom.js";
import { drawPicture } from "convlens/interface/maps.js";
import { div } from "convlens/interface/parts.js";
import { Pad } from "convlens/views/look/pad.js";
import { PictureInput } from "convlens/views/look/picture_input.js";
import { clipName } from "convlens/views/look/places.js";

/** @import { Model } from "convlens/engine/network.js" */
/** @import { Picture } from "convlens/views/look/picture_input.js" */
/** @import { Session } from "convlens/views/look/session.js" */

const FINE = 560;
// Four pixels of the drawing per pixel of MNIST: a finer drawing makes no difference to the network.
const COARSE = 112;

export class PictureSource {
  /** @type {Picture | null} */
  #opened = null;
  #overlay = element("canvas", { class: "pad-shown", hidden: true, "aria-hidden": "true" });
  #caption = element("p", { class: "small soft pad-caption" });
  #refusal = element("p", { class: "notice alarm small", role: "alert", hidden: true });

  /**
   * @param {Model} model
   * @param {{ isActive: () => boolean, onChange: (time: number) => void }} handlers
   *   `onChange` is called after every stroke and every new image; for `isActive` see `PictureHandlers`
   */
  constructor({ preprocessing, inputShape }, { isActive, onChange }) {
    this.onChange = onChange;
    const size = Math.max(COARSE, 2 * Math.max(...inputShape.slice(1)));
    this.brush = { size, width: brushWidth(preprocessing, 1), dark: preprocessing.light_on_dark === false };
    this.pad = new Pad({ ...this.brush, sizes: [FINE, size] }, (time) => {
      this.#uncover();
      onChange(time);
    });
    this.pad.frame.append(this.#overlay);
    const stage = div("pad-stage", this.pad);
    this.input = new PictureInput(stage, {
      isActive,
      onPicture: (picture, name) => this.#take(picture, name),
      onRefusal: (text) => this.#refuse(text),
    });
    const { undo, clear } = this.pad;
    const title = element("h2", { class: "eyebrow", id: "source-title" }, "Image");
    const tools = div("row pad-tools", undo, clear, this.input.button, this.input.file);
    const parts = [title, stage, tools, this.#caption, this.#refusal];
    this.root = element("section", { class: "source", "aria-labelledby": "source-title" }, parts);
    this.#uncover();
  }

  /** @returns {"drawing" | "picture"} */
  get kind() {
    return this.#opened ? "picture" : "drawing";
  }

  /** The drawing, or the opened image; null if the drawing area is empty. */
  picture() {
    if (this.#opened) return this.#opened;
    return this.pad.strokes.empty ? null : { ...this.pad.strokes.picture(), isGrey: true };
  }

  /** @type {(picture: Picture, name: string) => void} */
  #take(picture, name) {
    this.pad.wipe();
    this.#opened = picture;
    this.#refusal.hidden = true;
    const { width, height, data } = picture;
    this.#cover(width, height, () => {
      const image = new ImageData(new Uint8ClampedArray(data), width, height);
      this.#overlay.getContext("2d")?.putImageData(image, 0, 0);
    });
    fill(this.#caption, nameOf(clipName(name)));
    this.onChange(performance.now());
  }

  /** @type {(text: string) => void} */
  #refuse(text) {
    this.#refusal.textContent = text;
    this.#refusal.hidden = false;
  }

  /** Shows a test image over the drawing area, and clears the drawing. @param {Session} session */
  show({ source, pixels, model }) {
    this.pad.wipe();
    this.#uncover();
    if (source !== "sample") return;
    const [, height, width] = model.inputShape;
    this.#cover(width, height, () => drawPicture(this.#overlay, pixels, model.inputShape));
    fill(this.#caption, "This is a test image. To start a new drawing, draw over it.");
  }

  /** @type {(width: number, height: number, paint: () => void) => void} */
  #cover(width, height, paint) {
    [this.#overlay.width, this.#overlay.height] = [width, height];
    paint();
    this.#overlay.hidden = false;
    this.pad.root.classList.add("covered");
  }

  #uncover() {
    this.#overlay.hidden = true;
    this.pad.root.classList.remove("covered");
    this.#opened = null;
    this.#refusal.hidden = true;
    fill(this.#caption, "Draw with mouse, finger, pen or arrow keys; drop or paste an image.");
  }

  dispose() {
    this.input.dispose();
  }
}
