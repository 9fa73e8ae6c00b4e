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
 * `onStep(place, playing)` is called with the number of the placement; `describe(place)` says in words where it lies; `unit` is
 * what is gone through where these are no placements. `setCount` keeps the placement where there still is one.
 */
export function stepper({ name, unit = "placement", onStep, describe, start = 0 }) {
  const walk = { name, unit, onStep, describe, count: 1, place: start, timer: null };
  const parts = buildParts(walk);
  Object.assign(walk, { parts });
  const motion = matchMedia("(prefers-reduced-motion: reduce)");
  const onMotion = () => {
    pause(walk);
    parts.play.hidden = prefersStillness();
  };
  motion.addEventListener("change", onMotion);
  parts.play.hidden = prefersStillness();
  return {
    element: parts.root,
    get place() {
      return walk.place;
    },
    /** How many placements there are now; says nothing to `onStep`. */
    setCount: (count) => setCount(walk, count),
    go: (place) => jump(walk, place),
    pause: () => pause(walk),
    dispose() {
      pause(walk);
      motion.removeEventListener("change", onMotion);
    },
  };
}

function buildParts(walk) {
  const { name, unit } = walk;
  const slider = element("input", {
    type: "range",
    min: 0,
    max: 0,
    value: 0,
    "aria-label": `${capital(unit)} of ${name}`,
    onInput: () => jump(walk, Number(slider.value)),
  });
  const control = (icon, label, placeOf) =>
    element(
      "button",
      { type: "button", class: "quiet step", "aria-label": label, title: label, onClick: () => jump(walk, placeOf()) },
      drawIcon(icon),
    );
  const first = control("first", `First ${unit}`, () => 0);
  const previous = control("previous", `Previous ${unit}`, () => walk.place - 1);
  const next = control("next", `Next ${unit}`, () => walk.place + 1);
  const last = control("last", `Last ${unit}`, () => walk.count - 1);
  const play = element("button", {
    type: "button",
    class: "play",
    onClick: () => (walk.timer ? pause(walk) : run(walk)),
  });
  const told = element("span", { class: "place small" });
  const root = element(
    "div",
    { class: "stepper", role: "group", "aria-label": `${capital(unit)}s of ${name}` },
    element("div", { class: "buttons" }, first, previous, play, next, last),
    slider,
    told,
  );
  return { root, slider, first, previous, play, next, last, told };
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}

function jump(walk, place) {
  pause(walk);
  go(walk, place);
}

function go(walk, place) {
  walk.place = Math.max(0, Math.min(walk.count - 1, place));
  show(walk);
  walk.onStep(walk.place, Boolean(walk.timer));
}

function run(walk) {
  if (walk.place >= walk.count - 1) walk.place = -1;
  walk.timer = setInterval(
    () => {
      if (walk.place >= walk.count - 1) pause(walk);
      else go(walk, walk.place + 1);
    },
    Math.max(30, Math.min(SLOWEST, WHOLE / walk.count)),
  );
  go(walk, walk.place + 1);
}

function pause(walk) {
  if (walk.timer) {
    clearInterval(walk.timer);
    walk.timer = null;
    walk.onStep(walk.place, false);
  }
  show(walk);
}

function setCount(walk, count) {
  if (walk.timer && count !== walk.count) pause(walk);
  walk.count = count;
  walk.place = Math.max(0, Math.min(count - 1, walk.place));
  show(walk);
}

function show({ parts, unit, describe, count, place, timer }) {
  const [atFirst, atLast] = [place <= 0, place >= count - 1];
  // A disabled button would lose the keyboard's focus, so they stay operable and do nothing.
  for (const button of [parts.first, parts.previous]) button.setAttribute("aria-disabled", atFirst);
  for (const button of [parts.next, parts.last]) button.setAttribute("aria-disabled", atLast);
  fill(parts.play, drawIcon(timer ? "pause" : "play"), timer ? "Pause" : "Play");
  parts.slider.max = count - 1;
  parts.slider.value = place;
  const text = `${unit} ${place + 1} of ${count}: ${describe(place)}`;
  parts.slider.setAttribute("aria-valuetext", text);
  fill(parts.told, text);
}

function drawIcon(name) {
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}
