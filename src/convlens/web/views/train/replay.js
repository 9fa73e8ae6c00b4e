// Going back through a training: a slider over its steps, and a slow replay of what took a second.

import { element } from "convlens/interface/dom.js";
import { formatCount } from "convlens/interface/format.js";

const SECONDS = 6; // of a whole replay

/** The slider. `show(steps, total)` says how far it reaches; `onStep(step)` gets the chosen step, null for "as it comes". */
export function createReplay({ onStep }) {
  const slider = element("input", {
    type: "range",
    min: "0",
    max: "1",
    step: "1",
    value: "0",
    "aria-label": "Step of the training",
  });
  const words = element("output", { class: "soft small number" });
  const button = element("button", { type: "button", disabled: true }, "Replay");
  const replay = { slider, words, button, steps: 0, step: null, frame: 0, onStep };
  slider.addEventListener("input", () => {
    stopPlaying(replay);
    choose(replay, Number(slider.value));
  });
  button.addEventListener("click", () => (replay.frame ? stopPlaying(replay) : play(replay)));
  return {
    element: element("div", { class: "train-replay" }, button, slider, words),
    show(steps, total, canReplay) {
      replay.steps = steps;
      slider.max = String(Math.max(total, 1));
      if (replay.step === null) slider.value = String(steps);
      button.disabled = !canReplay;
      describe(replay);
    },
    choose: (step) => {
      stopPlaying(replay);
      choose(replay, step);
    },
    reset() {
      stopPlaying(replay);
      replay.step = null;
    },
  };
}

function choose(replay, step) {
  replay.step = step >= replay.steps ? null : Math.max(0, step);
  replay.slider.value = String(Math.min(step, replay.steps));
  describe(replay);
  replay.onStep(replay.step);
}

function describe({ slider, words, steps, step }) {
  const text = steps ? `after step ${formatCount(step ?? steps)}` : "";
  words.textContent = text;
  slider.setAttribute("aria-valuetext", text || "no step yet");
}

function play(replay) {
  const from = replay.step ?? 0;
  let began = null;
  replay.button.textContent = "Pause";
  const tick = (time) => {
    began ??= time;
    const step = Math.round(from + ((time - began) / 1000 / SECONDS) * replay.steps);
    choose(replay, step);
    replay.frame = step >= replay.steps ? 0 : requestAnimationFrame(tick);
    if (!replay.frame) stopPlaying(replay);
  };
  replay.frame = requestAnimationFrame(tick);
}

function stopPlaying(replay) {
  cancelAnimationFrame(replay.frame);
  replay.frame = 0;
  replay.button.textContent = "Replay";
}
