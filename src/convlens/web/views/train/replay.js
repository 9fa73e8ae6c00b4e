// Go back through a training: a slider over its steps, and a slow replay.

import { element } from "convlens/interface/dom.js";
import { formatCount } from "convlens/interface/format.js";
import { div, button } from "convlens/interface/parts.js";

const SECONDS = 6; // of a whole replay

export class Replay {
  slider = element("input", { type: "range", min: 0, max: 1, step: 1, value: 0, "aria-label": "Training step" });
  words = element("output", { class: "soft small number" });
  button = button("Replay", () => (this.frame ? this.stop() : this.play()), { disabled: true });
  root = div("train-replay", this.button, this.slider, this.words);
  steps = 0;
  /** The chosen step; null means the newest. @type {number | null} */
  step = null;
  frame = 0;

  /** @param {{ onStep: (step: number | null) => void }} handlers */
  constructor({ onStep }) {
    this.onStep = onStep;
    this.slider.addEventListener("input", () => this.choose(Number(this.slider.value)));
  }

  /** @type {(steps: number, total: number, canReplay: boolean) => void} Sets the range: `steps` of `total`. */
  show(steps, total, canReplay) {
    this.steps = steps;
    this.slider.max = String(Math.max(total, 1));
    if (this.step === null) this.slider.value = String(steps);
    this.button.disabled = !canReplay;
    this.describe();
  }

  /** @param {number} step */
  choose(step) {
    this.stop();
    this.goTo(step);
  }

  reset() {
    this.stop();
    this.step = null;
  }

  /** @param {number} step */
  goTo(step) {
    this.step = step >= this.steps ? null : Math.max(0, step);
    this.slider.value = String(Math.min(step, this.steps));
    this.describe();
    this.onStep(this.step);
  }

  describe() {
    const text = this.steps ? `after step ${formatCount(this.step ?? this.steps)}` : "";
    this.words.textContent = text;
    this.slider.setAttribute("aria-valuetext", text || "no step yet");
  }

  play() {
    const from = this.step ?? 0;
    this.button.textContent = "Pause";
    /** @type {number | null} */
    let began = null;
    /** @param {number} time */
    const tick = (time) => {
      began ??= time;
      const step = Math.round(from + ((time - began) / 1000 / SECONDS) * this.steps);
      this.goTo(step);
      if (step >= this.steps) this.stop();
      else this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
  }

  stop() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    this.button.textContent = "Replay";
  }
}
