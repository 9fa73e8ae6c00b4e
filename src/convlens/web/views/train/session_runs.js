// The trainings of this server's session, and the state of each.
//
// The server is the source of truth. This module follows the streams of the shown runs, and regularly requests the
// list, because a training may have been started in another tab. Listeners are called once for each change.

import { Run } from "convlens/views/train/run_state.js";

/** @import { Api } from "convlens/interface/api.js" */
/** @import { Listed } from "convlens/views/train/run_state.js" */

const POLL = 2000; // milliseconds between two requests of the list

/**
 * @typedef {object} Listener
 * @property {(run: Run, event: string) => void} onChange called for every event that changed a run
 * @property {() => void} onList called when there is a new run
 * @property {(run: Run, state: string) => void} onStream called with "open" or "lost"
 * @property {(error: Error | null) => void} onRefused called after each request of the list: the error, or null
 */

export class Session {
  /** By job, the oldest first. @type {Map<string, Run>} */
  runs = new Map();
  /** The function that closes each stream. @type {Map<string, () => void>} */
  streams = new Map();
  timer = 0;
  isWatching = false;

  /** @param {Api} api @param {Listener} listener */
  constructor(api, listener) {
    this.api = api;
    this.listener = listener;
  }

  /** Follows the stream of a training from its beginning. @param {Run} run */
  follow(run) {
    const { job } = run;
    if (run.isForgotten || run.isOver || this.streams.has(job)) return;
    const close = this.api.events(`/api/jobs/${encodeURIComponent(job)}/events`, {
      onEvent: (name, data, number) => {
        if (!run.apply(name, data, number)) return;
        if (run.isOver) this.leave(job);
        this.listener.onChange(run, name);
      },
      onState: (state) => {
        if (!run.isOver && state !== "closed") this.listener.onStream(run, state);
      },
    });
    this.streams.set(job, close);
  }

  /** Requests the list of trainings now, and again regularly as long as the view is shown. */
  async refresh() {
    clearTimeout(this.timer);
    try {
      this.takeList(await this.api.get("/api/jobs"));
      this.listener.onRefused(null);
    } catch (error) {
      this.listener.onRefused(/** @type {Error} */ (error));
    }
    this.schedule();
  }

  /** @param {Listed[]} jobs */
  takeList(jobs) {
    const isNew = jobs.some(({ job }) => !this.runs.has(job));
    for (const listed of jobs) {
      const run = this.runs.get(listed.job) ?? new Run(listed.job);
      run.listed = listed;
      this.runs.set(listed.job, run);
    }
    for (const run of this.runs.values()) if (!jobs.some(({ job }) => job === run.job)) this.forget(run);
    if (isNew) this.listener.onList();
  }

  schedule() {
    clearTimeout(this.timer);
    const ask = () => (document.hidden ? this.schedule() : this.refresh());
    if (this.isWatching) this.timer = setTimeout(ask, POLL);
  }

  /**
   * Call this when the server no longer knows a run, because it is old or the server was restarted.
   */
  forget(/** @type {Run} */ run) {
    this.leave(run.job);
    run.isForgotten = true;
    if (run.isOver || !run.isGoingOn) return;
    const error = "The server was restarted and no longer knows this training. What it saved is in its run folder.";
    run.apply("failed", { error });
    this.listener.onChange(run, "failed");
  }

  /** @param {string} job */
  leave(job) {
    this.streams.get(job)?.();
    this.streams.delete(job);
  }

  /** Sets whether the view is shown. @param {boolean} isWatching */
  setWatching(isWatching) {
    this.isWatching = isWatching;
    if (isWatching) this.refresh();
    else clearTimeout(this.timer);
  }

  close() {
    this.setWatching(false);
    for (const job of [...this.streams.keys()]) this.leave(job);
  }
}
