// The state of the training, its speed and the time left, the button Stop, and a note if the connection is lost.

import { announce, element } from "convlens/interface/dom.js";
import { formatCount } from "convlens/interface/format.js";
import { div, button, Problem } from "convlens/interface/parts.js";

/** @import { Run } from "convlens/views/train/run_state.js" */

export class StatusLine {
  state = element("strong", { class: "train-state" });
  facts = element("span", { class: "soft" });
  connection = element("span", { class: "train-connection soft small" });
  bar = element("progress", { max: "1", value: "0", "aria-label": "Steps taken" });
  problem = new Problem();
  said = "";
  /** @type {Run | null} */
  run = null;

  /** @param {{ onStop: (run: Run) => Promise<void> }} handlers */
  constructor({ onStop }) {
    this.stop = button("Stop", () => this.askToStop(onStop), { hidden: true });
    const words = div("train-status-words", this.state, this.facts, this.connection, this.stop);
    this.root = div("train-status", words, this.bar, this.problem);
  }

  /** @param {(run: Run) => Promise<void>} onStop */
  async askToStop(onStop) {
    if (!this.run) return;
    this.stop.disabled = true;
    try {
      await onStop(this.run);
    } catch (error) {
      this.problem.say(/** @type {Error} */ (error).message);
      this.stop.disabled = false;
    }
  }

  /** @param {Run | null} run @param {string} connection a problem with the connection, or "" */
  show(run, connection) {
    if (this.run !== run) {
      this.problem.say("");
      this.stop.disabled = false;
    }
    this.run = run;
    this.connection.textContent = connection;
    this.bar.hidden = !run || run.state === "failed";
    this.stop.hidden = !run || run.isOver || run.state === "saving";
    if (!run) {
      this.state.textContent = "Nothing has been trained yet";
      this.facts.textContent = "MNIST with the tutorial's network takes about a second.";
      return;
    }
    const isStopping = !run.isOver && (this.stop.disabled || run.listed?.stopping);
    this.state.textContent = isStopping ? "Stopping after this step" : run.describeState();
    this.facts.textContent = run.ending ?? describeSpeed(run);
    if (run.ending) this.bar.value = 1;
    else if (run.totalSteps) this.bar.value = run.steps / run.totalSteps;
    else if (run.isOver || run.state === "queued") this.bar.value = 0;
    else this.bar.removeAttribute("value");
    if (run.error) this.problem.say(run.error);
    this.speak(run);
  }

  /** Announces every change of state and every epoch to screen readers, but not every step. @param {Run} run */
  speak(run) {
    const epoch = run.isOver ? null : run.epochs.at(-1);
    const heard = epoch ? `, training accuracy ${(epoch.accuracy * 100).toFixed(1)} per cent` : "";
    const said = [run.describeState() + heard, run.ending].filter(Boolean).join("; ");
    if (said !== this.said) announce(said);
    this.said = said;
  }
}

/** "36,012 images/s · 1.2 s left" @param {Run} run */
function describeSpeed({ isOver, started, state, imagesPerSecond, secondsLeft }) {
  if (isOver || !started) return "";
  const speed = imagesPerSecond ? `${formatCount(imagesPerSecond)} images/s` : null;
  const left = secondsLeft !== null && state === "running" ? `${describeSeconds(secondsLeft)} left` : null;
  return [speed, left].filter(Boolean).join(" · ");
}

/** "0.8 s", "42 s", "3 min 20 s", "2 h 5 min" @param {number} seconds */
export function describeSeconds(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}
