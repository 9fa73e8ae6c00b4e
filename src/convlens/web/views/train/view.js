// Train: change the network, press the button, and watch it learn.
//
// What is shown is always what the stream of a job said (run_state), drawn a dozen times a second however much came; the page can be
// closed and opened again at any time, since the training belongs to the server.

import { unpackSamples } from "convlens/engine/samples.js";
import { element, fill, prefersStillness, steadily } from "convlens/interface/dom.js";
import { openWhenReady } from "convlens/interface/new_tab.js";
import { createGlimpses } from "convlens/views/train/glimpses.js";
import { createReplay } from "convlens/views/train/replay.js";
import { createResult } from "convlens/views/train/result.js";
import { createRunCharts } from "convlens/views/train/run_charts.js";
import { createRunTable } from "convlens/views/train/run_table.js";
import { isOver, stepsOf, totalSteps } from "convlens/views/train/run_state.js";
import { openSession } from "convlens/views/train/session_runs.js";
import { createSetup } from "convlens/views/train/setup.js";
import { createStatusLine } from "convlens/views/train/status_line.js";
import { sizeOfWeights, WeightFrames } from "convlens/views/train/weight_frames.js";

const PAUSE = 80; // milliseconds between two pictures of what comes by itself: twelve a second leave the processor to the training

export function mount(root, context) {
  const view = {
    context,
    run: null,
    earlier: null,
    chosen: null,
    step: null,
    isLost: false,
    refusal: "",
    logarithmic: false,
    frames: new WeightFrames(),
    samples: new Map(),
    shownJob: null,
    isShown: false,
  };
  view.draw = steadily(() => drawView(view), PAUSE);
  view.session = openSession(context.api, {
    onChange: (run, name) => onRunChange(view, run, name),
    onList: () => chooseRuns(view),
    onStream(run, state) {
      if (run === view.run) view.isLost = state === "lost";
      view.draw();
    },
    onRefused(error) {
      view.refusal = error ? error.message : "";
      view.draw();
    },
  });
  build(view, root);
  return {
    show() {
      view.isShown = true;
      view.session.setWatching(true);
      view.draw.now();
    },
    hide() {
      view.isShown = false;
      view.session.setWatching(false);
    },
    onModel() {},
    dispose: () => dispose(view),
  };
}

function build(view, root) {
  const { api } = view.context;
  view.setup = buildSetup(view);
  view.status = createStatusLine({ onStop: (run) => api.post(`/api/jobs/${encodeURIComponent(run.job)}/stop`) });
  view.charts = createRunCharts({ onPick: (step) => view.replay.choose(step) });
  view.replay = createReplay({
    onStep(step) {
      view.step = step;
      view.draw.now();
    },
  });
  view.glimpses = createGlimpses();
  view.result = buildResult(view);
  view.table = createRunTable({
    onChoice(jobs) {
      view.chosen = jobs;
      chooseRuns(view);
    },
  });
  view.live = element(
    "div",
    { class: "train-live" },
    view.status.element,
    view.charts.element,
    element("div", { class: "train-under-charts" }, view.replay.element, buildScaleSwitch(view)),
    view.result.element,
    view.glimpses.element,
    view.table.element,
  );
  fill(
    root,
    element("div", { class: "train" }, element("h2", { class: "unseen" }, "Train live"), view.setup.element, view.live),
  );
}

function buildSetup(view) {
  const { api, state } = view.context;
  return createSetup({
    api,
    datasets: state.datasets ?? [],
    async onTrain(request) {
      const { job } = await api.post("/api/train", request);
      view.chosen = null;
      await view.session.refresh();
      const run = view.session.runs.get(job);
      if (run && view.run && !isOver(view.run) && view.run !== run) return; // it waits behind the one that runs
      revealLive(view);
    },
  });
}

function buildResult({ context }) {
  const { api, state } = context;
  return createResult({
    canReport: state.report !== false,
    async onOpen(folder) {
      await context.openModel(await api.get(`/api/model?run=${encodeURIComponent(folder)}`));
      context.goTo("look");
    },
    async onReport(folder) {
      await openWhenReady(() => api.post("/api/report", { run: folder }), "The report is being written …");
    },
  });
}

/** The box that makes the scales of the curves logarithmic. */
function buildScaleSwitch(view) {
  const box = element("input", { type: "checkbox" });
  box.addEventListener("change", () => {
    view.logarithmic = box.checked;
    view.draw.now();
  });
  return element("label", { class: "train-check" }, box, "logarithmic");
}

/** Which run stands in front and which behind: those that were chosen, else the one that runs or the newest, and the one before. */
function chooseRuns(view) {
  const runs = [...view.session.runs.values()];
  if (view.chosen?.length) {
    const chosen = runs.filter(({ job }) => view.chosen.includes(job));
    [view.earlier, view.run] = chosen.length === 2 ? chosen : [null, chosen[0] ?? null];
  } else {
    const running = runs.find((run) => isGoingOn(run) && stateOf(run) !== "queued");
    view.run = running ?? runs.find(isGoingOn) ?? runs.at(-1) ?? null;
    const before = runs.slice(0, Math.max(0, runs.indexOf(view.run)));
    view.earlier = before.findLast((run) => stateOf(run) === "done") ?? null; // one that was stopped compares with nothing
  }
  for (const run of [view.run, view.earlier]) if (run) view.session.follow(run.job);
  view.draw.now();
}

function stateOf(run) {
  return run.state === "waiting" ? (run.listed?.state ?? "waiting") : run.state;
}

function isGoingOn(run) {
  return !["done", "stopped", "failed"].includes(stateOf(run));
}

function onRunChange(view, run, name) {
  if (run === view.run) {
    if (name === "started") beginRun(view);
    if (name === "weights" && view.shownJob === run.job)
      view.frames.add(stepsOf(run), run.weights.weights, sizeOfWeights(run.weights.weights));
  }
  if (isOver(run)) {
    view.context.refreshRuns();
    if (run === view.run) findSamples(view, run);
    view.session.refresh().then(() => chooseRuns(view)); // the next one in the queue
  }
  view.draw();
}

/** The first weights of a run that is now in front: another network, perhaps other images. */
function beginRun(view) {
  const { run } = view;
  view.shownJob = run.job;
  view.step = null;
  view.replay.reset();
  view.frames.clear();
  view.glimpses.begin(run.started.model, { drawing: view.context.drawing ?? null, samples: samplesFor(view, run) });
  view.frames.add(run.stepsBefore, run.started.model.weights, sizeOfWeights(run.started.model.weights));
  if (run.weights) view.frames.add(stepsOf(run), run.weights.weights, sizeOfWeights(run.weights.weights));
}

/** Test images of the same data: of a run of this session, else of the model that is open. */
function samplesFor(view, run) {
  const open = view.context.model?.payload;
  return view.samples.get(run.started.data) ?? (open?.samples.length ? open : null);
}

/** When a run is done, its test images are there to be watched in the next one. */
async function findSamples(view, run) {
  const data = run.started?.data;
  if (!run.outcome?.run || view.samples.has(data)) return;
  view.samples.set(data, null);
  try {
    const payload = await unpackSamples(
      await view.context.api.get(`/api/model?run=${encodeURIComponent(run.outcome.run)}`),
    );
    if (payload.samples.length) view.samples.set(data, payload);
  } catch {
    /* digits are there instead */
  }
}

function drawView(view) {
  const { run, earlier, step } = view;
  const isBusy = [...view.session.runs.values()].some(isGoingOn);
  view.setup.setBusy(isBusy);
  if (run?.started && view.shownJob !== run.job) beginRun(view);
  view.status.show(run, { isLost: view.isLost && run && !isOver(run), refusal: view.refusal });
  view.result.show(run, earlier);
  view.charts.draw(run?.started ? run : null, earlier?.started ? earlier : null, {
    logarithmic: view.logarithmic,
    step,
  });
  view.replay.show(
    run ? stepsOf(run) : 0,
    run ? totalSteps(run) : 1,
    Boolean(run && isOver(run) && view.frames.frames.length > 2),
  );
  const frame = view.frames.at(step ?? Infinity);
  if (frame && view.isShown && run?.started) view.glimpses.show(frame.weights);
  const chosen = view.chosen ?? [earlier?.job, run?.job].filter((job) => job !== undefined);
  view.table.show(view.session.runs, chosen);
}

/** On a narrow page the curves are below the form: what was asked for comes into sight. */
function revealLive(view) {
  const box = view.live.getBoundingClientRect();
  if (box.top < 0 || box.top > window.innerHeight / 2)
    view.live.scrollIntoView({ behavior: prefersStillness() ? "auto" : "smooth", block: "start" });
}

function dispose(view) {
  view.draw.cancel();
  view.session.close();
  view.setup.dispose();
  view.charts.dispose();
  view.glimpses.dispose();
}
