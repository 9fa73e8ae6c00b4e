/** Where pictures come from: the paper, a file, a drop, the clipboard; and what of it is shown large. */

import { brushWidth } from "convlens/preparation/brush.js";
import { element, fill, nameOf } from "convlens/interface/dom.js";
import { drawPicture } from "convlens/interface/maps.js";
import { makePad } from "convlens/views/look/pad.js";
import { takePictures } from "convlens/views/look/picture_input.js";
import { clipName } from "convlens/views/look/places.js";

const FINE = 560;
// Four pixels of paper for one of MNIST's: as exact as the network can tell.
const COARSE = 112;

/**
 * The source: `{ root, build(model), picture(), kind, showShown(session), dispose() }`. `onChange(time)` after every stroke and picture.
 */
export function makePictureSource({ isActive, onChange }) {
  const overlay = element("canvas", { class: "pad-shown", hidden: true, "aria-hidden": "true" });
  const caption = element("p", { class: "small soft pad-caption" });
  const refusal = element("p", { class: "notice alarm small", role: "alert", hidden: true });
  const stage = element("div", { class: "pad-stage" });
  const tools = element("div", { class: "row pad-tools" });
  const root = element("section", { class: "source", "aria-labelledby": "source-title" },
    element("h2", { class: "eyebrow", id: "source-title" }, "The picture"), stage, tools, caption, refusal);
  const input = takePictures({ zone: stage, onPicture: takePicture, onRefusal: refuse, isActive });
  let pad = null, opened = null, kind = "drawing";

  function takePicture(picture, name) {
    opened = picture;
    kind = "picture";
    refusal.hidden = true;
    pad.wipe();
    cover(picture.width, picture.height, (context) =>
      context.putImageData(new ImageData(new Uint8ClampedArray(picture.data), picture.width, picture.height), 0, 0));
    fill(caption, nameOf(clipName(name)));
    onChange(performance.now());
  }

  function refuse(text) {
    refusal.textContent = text;
    refusal.hidden = false;
  }

  function cover(width, height, paint) {
    [overlay.width, overlay.height] = [width, height];
    paint(overlay.getContext("2d"));
    overlay.hidden = false;
    pad.root.classList.add("covered");
  }

  function uncover() {
    overlay.hidden = true;
    pad.root.classList.remove("covered");
    opened = null;
    kind = "drawing";
    refusal.hidden = true;
    fill(caption, "Draw with mouse, finger, pen or arrow keys; drop or paste an image.");
  }

  return {
    root,
    get kind() {
      return kind;
    },
    build(model) {
      const dark = model.preprocessing.light_on_dark === false;
      const coarse = Math.max(COARSE, 2 * Math.max(...model.inputShape.slice(1)));
      pad = makePad({ sizes: [FINE, coarse], width: brushWidth(model.preprocessing, 1), dark, onChange: (time) => {
        uncover();
        onChange(time);
      } });
      pad.root.querySelector(".pad-frame").append(overlay);
      fill(stage, pad.root);
      fill(tools, pad.undo, pad.clear, input.button, input.file);
      uncover();
    },
    /** What was drawn or opened; null of an empty paper. */
    picture() {
      if (opened) return opened;
      return pad.strokes.empty ? null : { ...pad.picture(), isGrey: true };
    },
    /** Shows a test image large where one draws; the paper below it is empty again. */
    showShown({ source, pixels, model }) {
      pad.wipe();
      uncover();
      if (source !== "sample") return;
      const [, height, width] = model.inputShape;
      cover(width, height, () => drawPicture(overlay, pixels, model.inputShape));
      fill(caption, "A test image. Draw over it to begin your own.");
    },
    dispose: () => input.dispose(),
  };
}
