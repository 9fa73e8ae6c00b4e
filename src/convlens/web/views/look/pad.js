/** The paper to draw on: by mouse, finger and pen, or by keyboard, with undo and clear. */

import { element } from "convlens/interface/dom.js";
import { Strokes } from "convlens/views/look/strokes.js";

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * The pad: `{ root, strokes, picture(), clear(), undo(), use(brush) }`. `onChange(time)` is called after every change with the time of
 * the event that made it. `sizes` and `width` as of `Strokes`.
 */
export function makePad({ sizes, width, dark = false, onChange }) {
  const canvas = element("canvas", {
    class: "pad-paper",
    tabindex: 0,
    role: "application",
    "aria-label": "Drawing paper",
    "aria-roledescription": "drawing paper",
    "aria-describedby": "pad-help",
  });
  const cursor = element("span", { class: "pad-cursor", hidden: true, "aria-hidden": "true" });
  const hint = element("span", { class: "pad-hint", "aria-hidden": "true" }, "Draw here");
  const undo = element("button", { type: "button", onClick: () => change(() => strokes.undo()) }, "Undo");
  const clear = element("button", { type: "button", onClick: () => change(() => strokes.clear()) }, "Clear");
  const strokes = new Strokes(canvas, sizes, width, dark);
  const root = element(
    "div",
    { class: "pad" },
    element("div", { class: "pad-frame" }, canvas, cursor, hint),
    element(
      "p",
      { class: "unseen", id: "pad-help" },
      "Arrow keys move the pen, Shift moves it further, Space puts it down or lifts it, Escape lifts it, Control Z takes a stroke back, Delete clears.",
    ),
  );

  function change(act, time = performance.now()) {
    act();
    hint.hidden = !strokes.empty;
    undo.disabled = clear.disabled = strokes.empty;
    onChange(time);
  }

  drawByPointer(canvas, strokes, change);
  drawByKeyboard(canvas, cursor, strokes, change);
  undo.disabled = clear.disabled = true;
  return {
    root,
    canvas,
    undo,
    clear,
    strokes,
    picture: () => strokes.picture(),
    /** Empties the paper without telling anybody: something else is shown now. */
    wipe() {
      strokes.clear();
      hint.hidden = false;
      undo.disabled = clear.disabled = true;
    },
  };
}

function drawByPointer(canvas, strokes, change) {
  let pointer = null,
    frame = null;
  const pointOf = (event) => [(event.clientX - frame.left) / frame.width, (event.clientY - frame.top) / frame.height];
  canvas.addEventListener("pointerdown", (event) => {
    if (pointer !== null || event.button > 0) return;
    pointer = event.pointerId;
    canvas.setPointerCapture(pointer);
    // Asked once a stroke: the paper lies still while a pen is on it, and asking in every move would lay the page out anew.
    frame = canvas.getBoundingClientRect();
    change(() => strokes.begin(...pointOf(event)), event.timeStamp);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerId !== pointer) return;
    const events = event.getCoalescedEvents?.() ?? [];
    change(() => strokes.extend((events.length ? events : [event]).map(pointOf)), event.timeStamp);
  });
  const lift = (event) => {
    if (event.pointerId === pointer) pointer = null;
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("lostpointercapture", lift);
}

function drawByKeyboard(canvas, cursor, strokes, change) {
  const place = [0.5, 0.25];
  let down = false;
  const show = () => {
    cursor.style.left = `${place[0] * 100}%`;
    cursor.style.top = `${place[1] * 100}%`;
    cursor.classList.toggle("down", down);
  };
  const lift = () => {
    down = false;
    show();
  };
  canvas.addEventListener("focus", () => {
    cursor.hidden = !canvas.matches(":focus-visible");
    show();
  });
  canvas.addEventListener("blur", () => {
    cursor.hidden = true;
    lift();
  });
  canvas.addEventListener("keydown", (event) => {
    const move = MOVES[event.key];
    if (move && !event.ctrlKey && !event.metaKey && !event.altKey) {
      const step = event.shiftKey ? 1 / 7 : 1 / 28;
      for (const axis of [0, 1]) place[axis] = Math.min(Math.max(place[axis] + move[axis] * step, 0), 1);
      if (down) change(() => strokes.extend([[...place]]), event.timeStamp);
    } else if (event.key === " ") {
      down = !down;
      if (down) change(() => strokes.begin(...place), event.timeStamp);
    } else if (event.key === "Escape") down = false;
    else if (event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey))
      change(() => strokes.undo(), event.timeStamp);
    else if (event.key === "Delete" || event.key === "Backspace") change(() => strokes.clear(), event.timeStamp);
    else return;
    event.preventDefault();
    cursor.hidden = false;
    show();
  });
}
