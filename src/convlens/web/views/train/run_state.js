// What is known of one training, built from the events of its stream.
//
// The stream is the only source: a page that was reloaded, a second tab and the page that pressed the button all apply
// the same events in the same order and so show the same. Events carry numbers, and one that was applied is not applied
// again, so a stream that breaks and is sent again from some place adds nothing twice.

import { formatCount, formatPercent } from "convlens/interface/format.js";

/** @typedef {{ shape: number[], data: string | Float32Array }} Tensor */
/** @typedef {Record<string, Tensor>} Weights */
/**
 * @typedef {"waiting" | "queued" | "preparing" | "running" | "judging" | "saving" | "done" | "stopped" |
 *   "failed"} State
 */
/** @typedef {{ what: string, done: number, total: number | null }} Reading */
/** @typedef {{ epoch: number, accuracy: number, validation_accuracy?: number | null }} Epoch */
/** @typedef {{ accuracy?: number | null, correct?: number, total?: number, interval?: [number, number] }} Judgement */
/** @typedef {Judgement & { run?: string | null, seconds?: number }} Outcome */
/**
 * @typedef {{
 *   data: string, images: number, epochs: number, steps_per_epoch: number, engine: string, model: any,
 * }} Started
 */
/**
 * What `/api/jobs` says of a job.
 * @typedef {Record<string, any> & { job: string, state?: State, stopping?: boolean }} Listed
 */

const FEWEST = 1024;
const ENDS = ["done", "stopped", "failed"];

/** Numbers that grow at the end, in one array that doubles: a training of an hour has a hundred thousand losses. */
export class Series {
  array = new Float32Array(FEWEST);
  length = 0;

  /** @param {number[]} values */
  push(values) {
    const length = this.length + values.length;
    if (length > this.array.length) {
      const larger = new Float32Array(Math.max(length, 2 * this.array.length));
      larger.set(this.values());
      this.array = larger;
    }
    this.array.set(values, this.length);
    this.length = length;
  }

  values() {
    return this.array.subarray(0, this.length);
  }
}

/** A training; when it is made, nothing was heard of it yet. */
export class Run {
  /** What its stream has said of it. @type {State} */
  state = "waiting";
  /** @type {Listed | null} */
  listed = null;
  isForgotten = false; // by the server
  /** How many wait before it. @type {number | null} */
  place = null;
  /** While images are fetched or read. @type {Reading | null} */
  reading = null;
  lastId = -1;
  /** @type {Started | null} */
  started = null;
  stepsBefore = 0;
  losses = new Series();
  /** Of the epoch so far. @type {{ step: number, value: number }[]} */
  accuracies = [];
  /** @type {Epoch[]} */
  epochs = [];
  /** The newest ones. @type {{ step: number, weights: Weights } | null} */
  weights = null;
  imagesPerSecond = 0;
  /** @type {number | null} */
  secondsLeft = null;
  /** Why it ended earlier than planned, or with the weights of an earlier epoch, in words. @type {string | null} */
  ending = null;
  /** @type {Outcome | null} */
  outcome = null;
  /** @type {string | null} */
  error = null;
  version = 0;

  /** @param {string} job */
  constructor(job) {
    this.job = job;
  }

  // Take in one event of the stream; returns whether it changed anything. One whose number was there already, and one
  // of an unknown kind, change nothing.
  /** @type {(name: string, data: any, number?: number) => boolean} */
  apply(name, data, number) {
    if (number !== undefined && Number.isFinite(number)) {
      if (number <= this.lastId) return false;
      this.lastId = number;
    }
    if (!Object.hasOwn(HANDLERS, name)) return false;
    HANDLERS[name](this, data ?? {});
    this.version += 1;
    return true;
  }

  /** How many steps were taken. */
  get steps() {
    return this.stepsBefore + this.losses.length;
  }

  /** The steps of the whole training; 0 while that is not known. */
  get totalSteps() {
    return this.started ? this.started.epochs * this.started.steps_per_epoch : 0;
  }

  /** Whether its stream will say nothing more. */
  get isOver() {
    return ENDS.includes(this.state);
  }

  /** What its stream says, or, where nothing was heard yet, the list of trainings. @returns {State} */
  get knownState() {
    return this.state === "waiting" ? (this.listed?.state ?? "waiting") : this.state;
  }

  get isGoingOn() {
    return !ENDS.includes(this.knownState);
  }

  /** What a table says of it: from its stream where that was heard, else from the list of trainings. */
  summarise() {
    /** @type {Record<string, any>} */
    const known = { ...this.listed, ...this.started, ...this.outcome };
    return {
      job: this.job,
      state: this.knownState,
      data: known.data ?? "",
      network: known.network ?? "",
      recipe: known.recipe ?? "",
      epochs: known.epochs ?? null,
      seed: known.seed ?? null,
      parameters: known.parameters ?? null,
      accuracy: known.accuracy ?? null,
      correct: known.correct ?? null,
      total: known.total ?? null,
      seconds: known.seconds ?? null,
      folder: known.run ?? null,
    };
  }

  /** What a person calls the state, in one line. */
  describeState() {
    const { started, outcome, place, reading } = this;
    switch (this.state) {
      case "queued":
        return place ? `Waiting: number ${place} in the queue` : "Waiting in the queue";
      case "running": {
        const { epochs = 1, steps_per_epoch = 1 } = started ?? {};
        return `Training: epoch ${Math.min(Math.floor(this.steps / steps_per_epoch) + 1, epochs)} of ${epochs}`;
      }
      case "judging":
        return "Evaluating the test images";
      case "saving":
        return `${describeAccuracy(outcome)}; saving`;
      case "done":
        return outcome?.total ? `Done: ${describeAccuracy(outcome)}` : "Done";
      case "stopped":
        return outcome?.run ? "Stopped; everything is saved" : "Stopped before training began";
      case "failed":
        return "Failed";
      default:
        return reading ? describeReading(reading) : "Preparing";
    }
  }
}

/** @type {Record<string, (run: Run, data: any) => void>} */
const HANDLERS = {
  queued: (run, data) => Object.assign(run, { state: "queued", place: data.place ?? null }),
  reading: (run, data) => Object.assign(run, { state: "preparing", reading: data }),
  probed() {},
  started(run, data) {
    Object.assign(run, { state: "running", place: null, reading: null, started: data });
    run.stepsBefore = data.steps_done ?? 0;
  },
  chunk(run, data) {
    run.losses.push(data.losses);
    run.accuracies.push({ step: run.steps, value: data.accuracy });
    const { images_per_second: imagesPerSecond, seconds_left: secondsLeft } = data;
    Object.assign(run, { state: "running", imagesPerSecond, secondsLeft });
  },
  weights(run, data) {
    run.weights = data;
  },
  epoch(run, data) {
    run.epochs.push(data);
    if (run.epochs.length === run.started?.epochs) run.state = "judging";
  },
  ended: (run, data) => Object.assign(run, { state: "judging", ending: data.words }),
  calibrated() {},
  judged: (run, data) => Object.assign(run, { state: "saving", outcome: data, secondsLeft: null }),
  done: (run, data) => Object.assign(run, { state: "done", outcome: data, secondsLeft: null }),
  stopped: (run, data) => Object.assign(run, { state: "stopped", outcome: data, secondsLeft: null }),
  failed: (run, data) => Object.assign(run, { state: "failed", error: data.error, secondsLeft: null }),
};

/** "98.10 % of the test images" @param {Judgement | null} judgement */
export function describeAccuracy(judgement) {
  const { correct = 0, total = 0 } = judgement ?? {};
  return `${formatPercent(correct / total, 2)} of the test images`;
}

/** @param {Reading} reading */
function describeReading({ what, done, total }) {
  if (total) return `${what}: ${formatCount(done)} of ${formatCount(total)}`;
  return done ? `${what}: ${formatCount(done)}` : what;
}
