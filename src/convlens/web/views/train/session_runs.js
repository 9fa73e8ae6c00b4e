// The trainings of this server's session: which there are, and what is known of each.
//
// The server has the truth. This follows the streams that somebody looks at, and asks for the list now and then, since a
// training may have been started in another tab. Whoever draws is told once a change, and reads what it wants.

import { applyEvent, isOver, newRun } from "convlens/views/train/run_state.js";

const POLL = 2000; // milliseconds between questions while nothing runs

/**
 * The session: `runs` (by job, oldest first), `follow(job)`, `refresh()`, `setWatching(isWatching)`, `close()`.
 * `onChange(run, what)` is called for every event that changed a run; `onList()` where the list itself changed;
 * `onStream(run, state)` with "open" or "lost"; `onRefused(error)` where the list could not be had, null when it could again.
 */
export function openSession(api, { onChange, onList, onStream, onRefused }) {
  const session = {
    api,
    onChange,
    onList,
    onStream,
    onRefused,
    runs: new Map(),
    streams: new Map(),
    timer: 0,
    isWatching: false,
  };
  return {
    runs: session.runs,
    follow: (job) => follow(session, job),
    refresh: () => refresh(session),
    setWatching(isWatching) {
      session.isWatching = isWatching;
      if (isWatching) refresh(session);
      else clearTimeout(session.timer);
    },
    close() {
      clearTimeout(session.timer);
      session.isWatching = false;
      for (const job of [...session.streams.keys()]) stop(session, job);
    },
  };
}

function follow(session, job) {
  const { api, runs, streams } = session;
  const run = runs.get(job);
  if (!run || run.isForgotten || streams.has(job) || isOver(run)) return;
  const close = api.events(`/api/jobs/${encodeURIComponent(job)}/events`, {
    onEvent(name, data, number) {
      if (!applyEvent(run, name, data, number)) return;
      if (isOver(run)) stop(session, job);
      session.onChange(run, name);
    },
    onState(state) {
      if (!isOver(run) && state !== "closed") session.onStream(run, state);
    },
  });
  streams.set(job, close);
}

async function refresh(session) {
  const { api, runs } = session;
  clearTimeout(session.timer);
  try {
    const jobs = await api.get("/api/jobs");
    const isNew = jobs.some((listed) => !runs.has(listed.job));
    jobs.forEach((listed) => takeListed(runs, listed));
    for (const run of runs.values()) if (!jobs.some(({ job }) => job === run.job)) forget(session, run);
    session.onRefused(null);
    if (isNew) session.onList();
  } catch (error) {
    session.onRefused(error);
  }
  schedule(session);
}

/** Asks again in a while, as long as somebody watches. */
function schedule(session) {
  clearTimeout(session.timer);
  if (session.isWatching)
    session.timer = setTimeout(() => (document.hidden ? schedule(session) : refresh(session)), POLL);
}

/** The server no longer knows it: an old one, or the server was started anew. Its stream would be asked for in vain. */
function forget(session, run) {
  stop(session, run.job);
  run.isForgotten = true;
  if (isOver(run) || ["done", "stopped", "failed"].includes(run.listed?.state)) return;
  applyEvent(run, "failed", {
    error: "The server was started anew and no longer knows this training. What it saved is in its run folder.",
  });
  session.onChange(run, "failed");
}

function stop({ streams }, job) {
  streams.get(job)?.();
  streams.delete(job);
}

/** What the list says of a job, beside what its stream says. */
export function takeListed(runs, listed) {
  if (!runs.has(listed.job)) runs.set(listed.job, newRun(listed.job));
  const run = runs.get(listed.job);
  run.listed = listed;
  return run;
}

/** A run as the table of the session has it, from its stream where that was heard, else from the list. */
export function summariseRun(run, number) {
  const { listed = {}, started, outcome } = run;
  const state = run.state === "waiting" ? (listed.state ?? "waiting") : run.state;
  return {
    number,
    job: run.job,
    state,
    data: started?.data ?? listed.data ?? "",
    network: started?.network ?? listed.network ?? "",
    recipe: listed.recipe ?? started?.recipe ?? "",
    epochs: started?.epochs ?? listed.epochs ?? null,
    seed: listed.seed ?? started?.seed ?? null,
    parameters: started?.parameters ?? listed.parameters ?? null,
    accuracy: outcome?.accuracy ?? listed.accuracy ?? null,
    correct: outcome?.correct ?? listed.correct ?? null,
    total: outcome?.total ?? listed.total ?? null,
    seconds: outcome?.seconds ?? listed.seconds ?? null,
    folder: outcome?.run ?? listed.run ?? null,
    error: run.error ?? listed.error ?? null,
  };
}
