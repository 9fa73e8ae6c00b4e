/** The area to draw in, by mouse, finger, pen or keyboard, with undo and clear. */

import { element } from "convlens/interface/dom.js";
import { ARROWS, button, div } from "convlens/interface/parts.js";
import { Strokes } from "convlens/views/look/strokes.js";

/** @import { Point } from "convlens/views/look/strokes.js" */

const STEP = 1 / 28;
const LONG_STEP = 1 / 7;
const HELP =
  "Arrow keys move the pen, with Shift in larger steps. Space lowers or lifts it, Escape lifts it. Control Z undoes a stroke, Delete clears the drawing.";

export class Pad {
  #canvas = element("canvas", {
    ...{ class: "pad-paper", tabindex: 0, role: "application", "aria-label": "Drawing area" },
    ...{ "aria-roledescription": "drawing area", "aria-describedby": "pad-help" },
  });
  #cursor = element("span", { class: "pad-cursor", hidden: true, "aria-hidden": "true" });
  #hint = element("span", { class: "pad-hint", "aria-hidden": "true" }, "Draw here");
  /** @type {number | null} */
  #pointer = null;
  #box = new DOMRect();
  /** @type {Point} The position of the keyboard's pen. */
  #pen = [0.5, 0.25];
  #isDown = false;

  undo = button("Undo", () => this.#change(() => this.strokes.undo()));
  clear = button("Clear", () => this.#change(() => this.strokes.clear()));
  frame = div("pad-frame", this.#canvas, this.#cursor, this.#hint);
  root = div("pad", this.frame, element("p", { class: "unseen", id: "pad-help" }, HELP));

  /**
   * @param {{ sizes: [number, number], width: number, dark: boolean }} paper see `Strokes`
   * @param {(time: number) => void} onChange called after every change, with the time of its event
   */
  constructor({ sizes, width, dark }, onChange) {
    this.onChange = onChange;
    this.strokes = new Strokes(this.#canvas, sizes, width, dark);
    this.#showState();
    this.#listenToPointer();
    this.#listenToKeyboard();
  }

  /** Clears the drawing without calling `onChange`, for example when an image is shown instead. */
  wipe() {
    this.strokes.clear();
    this.#showState();
  }

  /** @type {(act: () => void, time?: number) => void} */
  #change(act, time = performance.now()) {
    act();
    this.#showState();
    this.onChange(time);
  }

  #showState() {
    this.#hint.hidden = !this.strokes.empty;
    this.undo.disabled = this.strokes.empty;
    this.clear.disabled = this.strokes.empty;
  }

  #listenToPointer() {
    const canvas = this.#canvas;
    canvas.addEventListener("pointerdown", (event) => {
      if (this.#pointer !== null || event.button > 0) return;
      this.#pointer = event.pointerId;
      canvas.setPointerCapture(event.pointerId);
      // Measured once per stroke: the pad does not move during a stroke, and each measurement may cause a new layout.
      this.#box = canvas.getBoundingClientRect();
      this.#change(() => this.strokes.begin(this.#pointOf(event)), event.timeStamp);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (event.pointerId !== this.#pointer) return;
      const events = event.getCoalescedEvents?.() ?? [];
      const points = (events.length ? events : [event]).map((one) => this.#pointOf(one));
      this.#change(() => this.strokes.extend(points), event.timeStamp);
    });
    const lift = (/** @type {PointerEvent} */ event) => {
      if (event.pointerId === this.#pointer) this.#pointer = null;
    };
    canvas.addEventListener("pointerup", lift);
    canvas.addEventListener("pointercancel", lift);
    canvas.addEventListener("lostpointercapture", lift);
  }

  /** @type {(event: PointerEvent) => Point} */
  #pointOf({ clientX, clientY }) {
    const { left, top, width, height } = this.#box;
    return [(clientX - left) / width, (clientY - top) / height];
  }

  #listenToKeyboard() {
    const canvas = this.#canvas;
    canvas.addEventListener("focus", () => {
      this.#cursor.hidden = !canvas.matches(":focus-visible");
      this.#showPen();
    });
    canvas.addEventListener("blur", () => {
      this.#cursor.hidden = true;
      this.#isDown = false;
      this.#showPen();
    });
    canvas.addEventListener("keydown", (event) => {
      if (!this.#key(event)) return;
      event.preventDefault();
      this.#cursor.hidden = false;
      this.#showPen();
    });
  }

  #showPen() {
    this.#cursor.style.left = `${this.#pen[0] * 100}%`;
    this.#cursor.style.top = `${this.#pen[1] * 100}%`;
    this.#cursor.classList.toggle("down", this.#isDown);
  }

  /** @type {(event: KeyboardEvent) => boolean} Returns whether the pad handles the key. */
  #key(event) {
    const { strokes } = this;
    const hasModifier = event.ctrlKey || event.metaKey;
    const change = (/** @type {() => void} */ act) => this.#change(act, event.timeStamp);
    if (event.key in ARROWS && !hasModifier && !event.altKey) this.#movePen(event);
    else if (event.key === " ") {
      this.#isDown = !this.#isDown;
      if (this.#isDown) change(() => strokes.begin(this.#pen));
    } else if (event.key === "Escape") this.#isDown = false;
    else if (event.key.toLowerCase() === "z" && hasModifier) change(() => strokes.undo());
    else if (event.key === "Delete" || event.key === "Backspace") change(() => strokes.clear());
    else return false;
    return true;
  }

  /** @type {(event: KeyboardEvent) => void} */
  #movePen(event) {
    const step = event.shiftKey ? LONG_STEP : STEP;
    const [down, right] = ARROWS[event.key];
    this.#pen = [clip(this.#pen[0] + right * step), clip(this.#pen[1] + down * step)];
    if (this.#isDown) this.#change(() => this.strokes.extend([this.#pen]), event.timeStamp);
  }
}

/** @type {(share: number) => number} */
function clip(share) {
  return Math.min(Math.max(share, 0), 1);
}
