// Going through the placements: by button, by slider, by keyboard, or by itself.
//
// Who asked their system for less motion gets no play button, only steps.

import { element, fill, prefersStillness, svg } from "convlens/interface/dom.js";

const ICONS = {
  first: "M3 3v10M13 3L6 8l7 5z",
  previous: "M11 3L4 8l7 5z",
  play: "M4 2.5v11L13 8z",
  pause: "M5 3v10M11 3v10",
  next: "M5 3l7 5-7 5z",
  last: "M13 3v10M3 3l7 5-7 5z",
};
/** Milliseconds between two placements, and how long all of them take at most. */
const SLOWEST = 700;
const WHOLE = 20_000;

/**
 * `onStep(place, playing)` is called with the number of the placement; `describe(place)` says in words where it lies.
 * `setCount` keeps the placement where there still is one.
 */
export function stepper({ name, onStep, describe, start = 0 }) {
  const state = { count: 1, place: start, timer: null };
  const slider = element("input", {
    type: "range",
    min: 0,
    max: 0,
    value: 0,
    "aria-label": `Placement of ${name}`,
    onInput: () => jump(Number(slider.value)),
  });
  const told = element("span", { class: "place small" });
  const control = (icon, label, act) =>
    element("button", { type: "button", class: "quiet step", "aria-label": label, title: label, onClick: act }, drawIcon(icon));
  const first = control("first", "First placement", () => jump(0));
  const previous = control("previous", "Previous placement", () => jump(state.place - 1));
  const next = control("next", "Next placement", () => jump(state.place + 1));
  const last = control("last", "Last placement", () => jump(state.count - 1));
  const play = element("button", { type: "button", class: "play", onClick: () => (state.timer ? pause() : run()) });
  const root = element(
    "div",
    { class: "stepper", role: "group", "aria-label": `Placements of ${name}` },
    element("div", { class: "buttons" }, first, previous, play, next, last),
    slider,
    told,
  );
  const motion = matchMedia("(prefers-reduced-motion: reduce)");
  const onMotion = () => {
    pause();
    play.hidden = prefersStillness();
  };
  motion.addEventListener("change", onMotion);
  play.hidden = prefersStillness();

  function jump(place) {
    pause();
    go(place);
  }
  function go(place) {
    state.place = Math.max(0, Math.min(state.count - 1, place));
    show();
    onStep(state.place, Boolean(state.timer));
  }
  function run() {
    if (state.place >= state.count - 1) state.place = -1;
    state.timer = setInterval(
      () => {
        if (state.place >= state.count - 1) pause();
        else go(state.place + 1);
      },
      Math.max(30, Math.min(SLOWEST, WHOLE / state.count)),
    );
    go(state.place + 1);
  }
  function pause() {
    if (state.timer) {
      clearInterval(state.timer);
      state.timer = null;
      onStep(state.place, false);
    }
    show();
  }
  function show() {
    const [atFirst, atLast] = [state.place <= 0, state.place >= state.count - 1];
    // A disabled button would lose the keyboard's focus, so they stay operable and do nothing.
    for (const [one, end] of [
      [first, atFirst],
      [previous, atFirst],
      [next, atLast],
      [last, atLast],
    ])
      one.setAttribute("aria-disabled", end);
    fill(play, drawIcon(state.timer ? "pause" : "play"), state.timer ? "Pause" : "Play");
    slider.max = state.count - 1;
    slider.value = state.place;
    const text = `placement ${state.place + 1} of ${state.count}: ${describe(state.place)}`;
    slider.setAttribute("aria-valuetext", text);
    fill(told, text);
  }
  return {
    element: root,
    get place() {
      return state.place;
    },
    /** How many placements there are now; says nothing to `onStep`. */
    setCount(count) {
      if (state.timer && count !== state.count) pause();
      state.count = count;
      state.place = Math.max(0, Math.min(count - 1, state.place));
      show();
    },
    go: jump,
    pause,
    dispose() {
      pause();
      motion.removeEventListener("change", onMotion);
    },
  };
}

function drawIcon(name) {
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}
