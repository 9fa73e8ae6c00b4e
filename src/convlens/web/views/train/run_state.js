// What is known of one training, built from the events of its stream.
//
// The stream is the only source: a page that was reloaded, a second tab and the page that pressed the button all apply
// the same events in the same order and so show the same. Events carry numbers, and one that was applied is not applied
// again, so a stream that breaks and is sent again from some place adds nothing twice.

import { formatCount, formatPercent } from "convlens/interface/format.js";

const FEWEST = 1024;

/** Numbers that grow at the end, in one array that doubles: a training of an hour has a hundred thousand losses. */
export class Series {
  constructor() {
    this.array = new Float32Array(FEWEST);
    this.length = 0;
  }

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

/** A training of which nothing was heard yet. */
export function newRun(job) {
  return {
    job,
    state: "waiting", // waiting, queued, preparing, running, judging, saving, done, stopped, failed
    place: null, // in the queue
    reading: null, // {what, done, total} while images are fetched or read
    lastId: -1,
    started: null,
    stepsBefore: 0,
    losses: new Series(),
    accuracies: [], // [{step, value}]: of the epoch so far
    epochs: [], // as EpochDone has them
    weights: null, // the newest {step, weights}
    imagesPerSecond: 0,
    fastest: 0,
    secondsLeft: null,
    verdicts: [],
    calibrated: null,
    outcome: null, // {run, accuracy, correct, total, seconds, interval}
    error: null,
    version: 0,
  };
}

const HANDLERS = {
  queued(run, data) {
    run.state = "queued";
    run.place = data.place ?? null;
  },
  reading(run, data) {
    run.state = "preparing";
    run.reading = data;
  },
  probed(run, data) {
    run.verdicts = data.verdicts ?? [];
  },
  started(run, data) {
    run.state = "running";
    run.place = null;
    run.reading = null;
    run.started = data;
    run.stepsBefore = data.steps_done ?? 0;
  },
  stretch(run, data) {
    run.state = "running";
    run.losses.push(data.losses);
    run.accuracies.push({ step: stepsOf(run), value: data.accuracy });
    run.imagesPerSecond = data.images_per_second;
    run.fastest = Math.max(run.fastest, data.images_per_second);
    run.secondsLeft = data.seconds_left;
  },
  weights(run, data) {
    run.weights = data;
  },
  epoch(run, data) {
    run.epochs.push(data);
    if (run.epochs.length === run.started?.epochs) run.state = "judging";
  },
  calibrated(run, data) {
    run.calibrated = data;
  },
  judged(run, data) {
    run.state = "saving";
    run.outcome = { ...data, run: null };
    run.secondsLeft = null;
  },
  done(run, data) {
    run.state = "done";
    run.outcome = data;
    run.secondsLeft = null;
  },
  stopped(run, data) {
    run.state = "stopped";
    run.outcome = data;
    run.secondsLeft = null;
  },
  failed(run, data) {
    run.state = "failed";
    run.error = data.error;
    run.secondsLeft = null;
  },
};

/**
 * Take in one event, as `api.events` hands it on; returns whether it changed anything. One whose number was there already,
 * and one of an unknown kind, change nothing.
 */
export function applyEvent(run, name, data, number) {
  if (Number.isFinite(number)) {
    if (number <= run.lastId) return false;
    run.lastId = number;
  }
  if (!Object.hasOwn(HANDLERS, name)) return false;
  HANDLERS[name](run, data ?? {});
  run.version += 1;
  return true;
}

/** Steps taken so far. */
export function stepsOf(run) {
  return run.stepsBefore + run.losses.length;
}

/** Steps of the whole training; 0 while that is not known. */
export function totalSteps(run) {
  return run.started ? run.started.epochs * run.started.steps_per_epoch : 0;
}

/** Whether nothing more will come. */
export function isOver(run) {
  return ["done", "stopped", "failed"].includes(run.state);
}

/** What a person calls the state, in one line. */
export function describeState(run) {
  const { started } = run;
  switch (run.state) {
    case "queued":
      return run.place ? `Waiting: number ${run.place} in the queue` : "Waiting in the queue";
    case "running": {
      const epoch = Math.min(Math.floor(stepsOf(run) / started.steps_per_epoch) + 1, started.epochs);
      return `Training: epoch ${epoch} of ${started.epochs}`;
    }
    case "judging":
      return "Judging the test images";
    case "saving":
      return `${describeAccuracy(run)}; saving`;
    case "done":
      return run.outcome.total ? `Done: ${describeAccuracy(run)}` : "Done";
    case "stopped":
      return run.outcome.run ? "Stopped; everything is saved" : "Stopped before it began";
    case "failed":
      return "Failed";
    default:
      return run.reading ? describeReading(run.reading) : "Getting ready";
  }
}

function describeAccuracy({ outcome }) {
  return `${formatPercent(outcome.correct / outcome.total, 2)} of the test images`;
}

function describeReading({ what, done, total }) {
  if (typeof total === "number" && total > 0) return `${what}: ${formatCount(done)} of ${formatCount(total)}`;
  return typeof done === "number" && done > 0 ? `${what}: ${formatCount(done)}` : String(what);
}
