// Train: change the network, press the button, and watch it learn.
//
// The view always shows the state built from a job's stream (run_state), at most a dozen times a second. The page can
// be closed and opened again at any time, because the training runs on the server.

import { unpackSamples } from "convlens/engine/samples.js";
import { element, fill, prefersStillness, steadily } from "convlens/interface/dom.js";
import { openWhenReady } from "convlens/interface/new_tab.js";
import { Glimpses } from "convlens/views/train/glimpses.js";
import { div } from "convlens/interface/parts.js";
import { Replay } from "convlens/views/train/replay.js";
import { Result } from "convlens/views/train/result.js";
import { RunCharts } from "convlens/views/train/run_charts.js";
import { RunTable } from "convlens/views/train/run_table.js";
import { Session } from "convlens/views/train/session_runs.js";
import { Setup } from "convlens/views/train/setup.js";
import { StatusLine } from "convlens/views/train/status_line.js";
import { WeightFrames } from "convlens/views/train/weight_frames.js";

/** @import { Context } from "convlens/interface/context.js" */
/** @import { Run } from "convlens/views/train/run_state.js" */
/** @import { Request } from "convlens/views/train/setup.js" */

// Milliseconds between two pictures of what comes by itself: twelve a second leave the processor to the training.
const PAUSE = 80;

/** @type {(root: Element, context: Context) => TrainView} */
export function mount(root, context) {
  return new TrainView(root, context);
}

class TrainView {
  /** The run in front. @type {Run | null} */
  run = null;
  /** The run behind it. @type {Run | null} */
  earlier = null;
  /** The jobs chosen by the user. @type {string[] | null} */
  chosen = null;
  /** The step that is looked at; null: the newest. @type {number | null} */
  step = null;
  connection = { isLost: false, refusal: "" };
  frames = new WeightFrames();
  /** Data to a payload with test images of it. @type {Map<string, any>} */
  samples = new Map();
  /** The job whose weights are kept. @type {string | null} */
  shownJob = null;
  isShown = false;
  isLogarithmic = element("input", { type: "checkbox", onChange: () => this.draw.now() });
  draw = steadily(() => this.drawNow(), PAUSE);

  /** @param {Element} root @param {Context} context */
  constructor(root, context) {
    const { api, state } = context;
    if (!api) throw new Error("training needs a server. Open the page with `convlens open`.");
    this.api = api;
    this.context = context;
    this.session = this.openSession();
    this.setup = new Setup({ api, datasets: state.datasets ?? [], onTrain: (request) => this.train(request) });
    this.status = new StatusLine({ onStop: ({ job }) => api.post(`/api/jobs/${encodeURIComponent(job)}/stop`) });
    this.charts = new RunCharts({ onPick: (step) => this.replay.choose(step) });
    this.replay = new Replay({
      onStep: (step) => {
        this.step = step;
        this.draw.now();
      },
    });
    this.glimpses = new Glimpses();
    this.result = new Result({
      canReport: state.report !== false,
      onOpen: async (folder) => {
        await context.openModel(await this.modelOf(folder));
        context.goTo("look");
      },
      onReport: (run) => openWhenReady(() => api.post("/api/report", { run }), "The report is being written …"),
    });
    this.table = new RunTable({
      onChoice: (jobs) => {
        this.chosen = jobs;
        this.chooseRuns();
      },
    });
    const scale = element("label", { class: "train-check" }, this.isLogarithmic, "logarithmic");
    this.live = div(
      "train-live",
      this.status,
      this.charts,
      div("train-under-charts", this.replay, scale),
      this.result,
      this.glimpses,
      this.table,
    );
    fill(root, div("train", element("h2", { class: "unseen" }, "Train live"), this.setup, this.live));
  }

  openSession() {
    return new Session(this.api, {
      onChange: (run, name) => this.onRunChange(run, name),
      onList: () => this.chooseRuns(),
      onStream: (run, state) => {
        if (run === this.run) this.connection.isLost = state === "lost";
        this.draw();
      },
      onRefused: (error) => {
        this.connection.refusal = error?.message ?? "";
        this.draw();
      },
    });
  }

  show() {
    this.isShown = true;
    this.session.setWatching(true);
    this.draw.now();
  }

  hide() {
    this.isShown = false;
    this.session.setWatching(false);
  }

  onModel() {}

  /** @param {Request} request */
  async train(request) {
    this.chosen = null; // before the request: what is chosen while it runs counts
    const { job } = await this.api.post("/api/train", request);
    await this.session.refresh();
    const run = this.session.runs.get(job);
    const waits = run && this.run && !this.run.isOver && this.run !== run;
    if (!waits) this.revealLive();
  }

  /** @type {(folder: string) => Promise<any>} */
  modelOf(folder) {
    return this.api.get(`/api/model?run=${encodeURIComponent(folder)}`);
  }

  /** The run in front and the one behind it: what was chosen, else what runs or is the newest, and the one before. */
  chooseRuns() {
    const runs = [...this.session.runs.values()];
    if (this.chosen?.length) {
      const chosen = runs.filter(({ job }) => this.chosen?.includes(job));
      this.run = chosen.at(-1) ?? null;
      this.earlier = chosen.at(-2) ?? null;
    } else {
      const goingOn = runs.filter((run) => run.isGoingOn);
      const running = goingOn.find((run) => run.knownState !== "queued");
      this.run = running ?? goingOn[0] ?? runs.at(-1) ?? null;
      // One that was stopped compares with nothing.
      const before = this.run ? runs.slice(0, runs.indexOf(this.run)) : [];
      this.earlier = before.findLast((run) => run.knownState === "done") ?? null;
    }
    for (const run of [this.run, this.earlier]) if (run) this.session.follow(run);
    this.draw.now();
  }

  /** @type {(run: Run, name: string) => void} */
  onRunChange(run, name) {
    if (run === this.run && name === "started") this.beginRun(run);
    if (run === this.run && name === "weights" && this.shownJob === run.job) this.keepWeights(run);
    if (run.isOver) {
      this.context.refreshRuns();
      if (run === this.run) this.findSamples(run);
      this.session.refresh().then(() => this.chooseRuns()); // the next one in the queue
    }
    this.draw();
  }

  /** The first weights of a run that is now in front: another network, perhaps other images. @param {Run} run */
  beginRun(run) {
    const { data, model } = run.started ?? {};
    this.shownJob = run.job;
    this.step = null;
    this.replay.reset();
    this.frames.clear();
    // Test images of the same data: of a run of this session, else of the model that is open.
    const open = this.context.model?.payload;
    const samples = this.samples.get(data ?? "") ?? (open?.samples.length ? open : null);
    this.glimpses.begin(model, { drawing: this.context.drawing ?? null, samples });
    this.frames.add(run.stepsBefore, model.weights);
    this.keepWeights(run);
  }

  /** @param {Run} run */
  keepWeights({ steps, weights }) {
    if (weights) this.frames.add(steps, weights.weights);
  }

  /** When a run is done, its test images are there to be watched in the next one. @param {Run} run */
  async findSamples({ started, outcome }) {
    if (!started || !outcome?.run || this.samples.has(started.data)) return;
    this.samples.set(started.data, null);
    try {
      const payload = await unpackSamples(await this.modelOf(outcome.run));
      if (payload.samples.length) this.samples.set(started.data, payload);
    } catch {
      /* digits are there instead */
    }
  }

  drawNow() {
    const { run, earlier, step } = this;
    this.setup.setBusy([...this.session.runs.values()].some(({ isGoingOn }) => isGoingOn));
    if (run?.started && this.shownJob !== run.job) this.beginRun(run);
    const isLost = this.connection.isLost && run && !run.isOver;
    this.status.show(run, isLost ? "connection lost, reconnecting …" : this.connection.refusal);
    this.result.show(run, earlier);
    this.charts.draw(run, earlier, { logarithmic: this.isLogarithmic.checked, step });
    const canReplay = Boolean(run?.isOver && this.frames.frames.length > 2);
    this.replay.show(run?.steps ?? 0, run?.totalSteps ?? 1, canReplay);
    const frame = this.frames.at(step ?? Infinity);
    if (frame && this.isShown && run?.started) this.glimpses.show(frame.weights);
    this.table.show(this.session.runs, this.chosen ?? [earlier, run].flatMap((one) => (one ? [one.job] : [])));
  }

  /** On a narrow page the curves are below the form: what was asked for comes into sight. */
  revealLive() {
    const { top } = this.live.getBoundingClientRect();
    if (top < 0 || top > window.innerHeight / 2)
      this.live.scrollIntoView({ behavior: prefersStillness() ? "auto" : "smooth", block: "start" });
  }

  dispose() {
    this.draw.cancel();
    this.session.close();
    this.setup.dispose();
    this.charts.dispose();
    this.glimpses.dispose();
  }
}
