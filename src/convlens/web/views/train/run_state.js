// The state of one training, built from the events of its stream.
//
// The stream is the only source: a reloaded page, a second tab and the page where the button was pressed all apply the
// same events in the same order, and so show the same state. Events are numbered, and no event is applied twice, so a
// stream that is sent again after a break does no harm.

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
 * A job in the answer of `/api/jobs`.
 * @typedef {Record<string, any> & { job: string, state?: State, stopping?: boolean }} Listed
 */

const FEWEST = 1024;
const ENDS = ["done", "stopped", "failed"];

/** A growing list of numbers, in an array that doubles: a training of an hour has a hundred thousand losses. */
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

/** A training; a new object has no events yet. */
export class Run {
  /** The state by its stream. @type {State} */
  state = "waiting";
  /** @type {Listed | null} */
  listed = null;
  isForgotten = false; // by the server
  /** Its place in the queue. @type {number | null} */
  place = null;
  /** While images are fetched or read. @type {Reading | null} */
  reading = null;
  lastId = -1;
  /** @type {Started | null} */
  started = null;
  stepsBefore = 0;
  losses = new Series();
  /** The accuracy of the epoch so far, at each step. @type {{ step: number, value: number }[]} */
  accuracies = [];
  /** @type {Epoch[]} */
  epochs = [];
  /** The newest weights. @type {{ step: number, weights: Weights } | null} */
  weights = null;
  imagesPerSecond = 0;
  /** @type {number | null} */
  secondsLeft = null;
  /** The reason why it ended early, or with the weights of an earlier epoch. @type {string | null} */
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

  // Applies one event of the stream; returns whether it changed anything. An event with an old number, or of an unknown
  // kind, changes nothing.
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

  /** The number of steps so far. */
  get steps() {
    return this.stepsBefore + this.losses.length;
  }

  /** The steps of the whole training; 0 while unknown. */
  get totalSteps() {
    return this.started ? this.started.epochs * this.started.steps_per_epoch : 0;
  }

  /** Whether its stream has ended. */
  get isOver() {
    return ENDS.includes(this.state);
  }

  /** The state by its stream, or by the list of trainings if the stream has not started. @returns {State} */
  get knownState() {
    return this.state === "waiting" ? (this.listed?.state ?? "waiting") : this.state;
  }

  get isGoingOn() {
    return !ENDS.includes(this.knownState);
  }

  /** The facts for a table, from its stream or else from the list of trainings. */
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

  /** Describes the state in one line. */
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
