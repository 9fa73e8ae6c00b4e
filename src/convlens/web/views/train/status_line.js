// What the training does now, how fast, how long still; Stop; and, quietly, whether its stream is broken.

import { announce, element } from "convlens/interface/dom.js";
import { formatCount } from "convlens/interface/format.js";
import { describeState, isOver, stepsOf, totalSteps } from "convlens/views/train/run_state.js";

/** The line. `show(run, {isLost, refusal})`; `onStop(run)` returns a promise. */
export function createStatusLine({ onStop }) {
  const state = element("strong", { class: "train-state" });
  const facts = element("span", { class: "soft" });
  const connection = element("span", { class: "train-connection soft small" });
  const bar = element("progress", { max: "1", value: "0", "aria-label": "Steps taken" });
  const problem = element("p", { class: "notice alarm", role: "alert", hidden: true });
  const stop = element("button", { type: "button", hidden: true }, "Stop");
  const line = { said: "", run: null };
  stop.addEventListener("click", async () => {
    stop.disabled = true;
    try {
      await onStop(line.run);
    } catch (error) {
      problem.textContent = error.message;
      problem.hidden = false;
      stop.disabled = false;
    }
  });
  return {
    element: element(
      "div",
      { class: "train-status" },
      element("div", { class: "train-status-words" }, state, facts, connection, stop),
      bar,
      problem,
    ),
    show(run, { isLost, refusal }) {
      if (line.run !== run) {
        problem.hidden = true;
        stop.disabled = false;
      }
      line.run = run;
      const asked = run && !isOver(run) && (stop.disabled || run.listed?.stopping);
      state.textContent = asked
        ? "Stopping after this step"
        : run
          ? describeState(run)
          : "Nothing has been trained yet";
      facts.textContent = run ? describeSpeed(run) : "MNIST with the tutorial's network takes about a second.";
      connection.textContent = isLost ? "connection lost, coming back …" : (refusal ?? "");
      bar.hidden = !run || run.state === "failed";
      const total = run ? totalSteps(run) : 0;
      if (total) bar.value = stepsOf(run) / total;
      else if (run && !isOver(run) && run.state !== "queued") bar.removeAttribute("value");
      else bar.value = 0;
      stop.hidden = !run || isOver(run) || run.state === "saving";
      if (run?.error) problem.textContent = run.error;
      if (run?.error) problem.hidden = false;
      speak(line, run);
    },
  };
}

/** "36,012 images/s · 1.2 s left" */
export function describeSpeed(run) {
  if (isOver(run) || !run.started) return "";
  const parts = [];
  if (run.imagesPerSecond) parts.push(`${formatCount(run.imagesPerSecond)} images/s`);
  if (Number.isFinite(run.secondsLeft) && run.state === "running")
    parts.push(`${describeSeconds(run.secondsLeft)} left`);
  return parts.join(" · ");
}

/** "0.8 s", "42 s", "3 min 20 s", "2 h 5 min" */
export function describeSeconds(seconds) {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  return hours ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`;
}

/** A screen reader hears of every change of state and of every whole epoch, not of every step. */
function speak(line, run) {
  if (!run) return;
  const epoch = run.epochs.at(-1);
  const heard = epoch ? `, training accuracy ${(epoch.accuracy * 100).toFixed(1)} per cent` : "";
  const said = `${describeState(run)}${isOver(run) ? "" : heard}`;
  if (said !== line.said) announce(said);
  line.said = said;
}
