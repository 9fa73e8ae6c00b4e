// Steps through the numbers of a result: by button, slider or keyboard, or automatically.
//
// Users who prefer reduced motion get no play button, only steps.

import { element, fill, prefersStillness, svg } from "convlens/interface/dom.js";
import { div } from "convlens/interface/parts.js";

const ICONS = {
  first: "M3 3v10M13 3L6 8l7 5z",
  previous: "M11 3L4 8l7 5z",
  play: "M4 2.5v11L13 8z",
  pause: "M5 3v10M11 3v10",
  next: "M5 3l7 5-7 5z",
  last: "M13 3v10M3 3l7 5-7 5z",
};
/** The longest time between two steps and the longest time of a whole play, in milliseconds. */
const SLOWEST = 700;
const WHOLE = 20_000;

/**
 * @typedef {object} StepperOptions
 * @property {string} name of the moving part
 * @property {string} [unit] the name of one step's target
 * @property {(playing: boolean) => void} onStep called when the place has changed
 * @property {() => string} [describe] the place in words; by default its row and column
 * @property {string} [of] the matrix of these rows and columns
 * @property {number} [start]
 */

export class Stepper {
  /** @param {StepperOptions} options */
  constructor({ name, unit = "position", onStep, of = "the map", start = 0, describe }) {
    this.unit = unit;
    this.onStep = onStep;
    this.describe = describe ?? (() => `row ${this.position[0]}, column ${this.position[1]} of ${of}`);
    this.place = start;
    this.count = 1;
    this.width = 1;
    this.timer = 0;
    const title = unit.charAt(0).toUpperCase() + unit.slice(1);
    const onInput = () => this.go(Number(this.slider.value));
    this.slider = element("input", { type: "range", min: 0, "aria-label": `${title} of ${name}`, onInput });
    this.back = [this.#button("first", () => 0), this.#button("previous", () => this.place - 1)];
    this.ahead = [this.#button("next", () => this.place + 1), this.#button("last", () => this.count - 1)];
    const onClick = () => (this.timer ? this.pause() : this.#play());
    this.play = element("button", { type: "button", class: "play", onClick });
    this.told = element("span", { class: "place small" });
    const buttons = div("buttons", this.back, this.play, this.ahead);
    const attributes = { class: "stepper", role: "group", "aria-label": `${title}s of ${name}` };
    this.root = element("div", attributes, buttons, this.slider, this.told);
    this.motion = matchMedia("(prefers-reduced-motion: reduce)");
    this.motion.addEventListener("change", this.#followMotion);
    this.play.hidden = prefersStillness();
  }

  /** @returns {[row: number, column: number]} */
  get position() {
    return [Math.floor(this.place / this.width), this.place % this.width];
  }

  /** Whether a number of the result comes after the present place. */
  isAhead = (/** @type {number} */ row, /** @type {number} */ column) => row * this.width + column > this.place;

  pick = (/** @type {number} */ row, /** @type {number} */ column) => this.go(row * this.width + column);

  // Sets the size of the result. The place stays if it still exists. Does not call `onStep`.
  /** @type {(height: number, width: number) => void} */
  resize(height, width) {
    if (this.timer && height * width !== this.count) this.pause();
    [this.count, this.width] = [height * width, width];
    this.place = Math.min(this.count - 1, this.place);
    this.#show();
  }

  /** @param {number} place */
  go(place) {
    this.pause();
    this.#step(place);
  }

  pause() {
    if (!this.timer) return;
    clearInterval(this.timer);
    this.timer = 0;
    this.onStep(false);
    this.#show();
  }

  dispose() {
    this.pause();
    this.motion.removeEventListener("change", this.#followMotion);
  }

  #followMotion = () => {
    this.pause();
    this.play.hidden = prefersStillness();
  };

  /** @param {number} place */
  #step(place) {
    this.place = Math.max(0, Math.min(this.count - 1, place));
    this.#show();
    this.onStep(this.timer !== 0);
  }

  #play() {
    if (this.place >= this.count - 1) this.place = -1;
    const pause = Math.max(30, Math.min(SLOWEST, WHOLE / this.count));
    this.timer = setInterval(() => (this.place < this.count - 1 ? this.#step(this.place + 1) : this.pause()), pause);
    this.#step(this.place + 1);
  }

  /** @type {(way: "first" | "previous" | "next" | "last", placeOf: () => number) => HTMLButtonElement} */
  #button(way, placeOf) {
    const title = `${way.charAt(0).toUpperCase()}${way.slice(1)} ${this.unit}`;
    const attributes = { type: "button", class: "quiet step", "aria-label": title, title };
    return element("button", { ...attributes, onClick: () => this.go(placeOf()) }, drawIcon(way));
  }

  #show() {
    // A disabled button would lose the keyboard's focus, so they stay operable and do nothing.
    for (const button of this.back) button.setAttribute("aria-disabled", `${this.place <= 0}`);
    for (const button of this.ahead) button.setAttribute("aria-disabled", `${this.place >= this.count - 1}`);
    fill(this.play, this.timer ? [drawIcon("pause"), "Pause"] : [drawIcon("play"), "Play"]);
    this.slider.max = `${this.count - 1}`;
    this.slider.value = `${this.place}`;
    const text = `${this.unit} ${this.place + 1} of ${this.count}: ${this.describe()}`;
    this.slider.setAttribute("aria-valuetext", text);
    fill(this.told, text);
  }
}

/** @param {keyof typeof ICONS} name */
function drawIcon(name) {
  return svg("svg", { viewBox: "0 0 16 16", class: "icon", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }));
}
