/** What the page asks of the server that sent it: JSON there and back, and event streams that take up where they broke off. */

/** The three requests, for addresses below `base`; a token in the page's own address goes with every request. */
export function openApi(base = document.baseURI) {
  const token = new URLSearchParams(location.search).get("token");
  const addressOf = (path) => {
    const address = new URL(path.replace(/^\//, ""), base);
    if (token) address.searchParams.set("token", token);
    return address;
  };
  return {
    get: (path) => answerOf(fetch(addressOf(path), { headers: { Accept: "application/json" } })),
    post: (path, body = {}) =>
      answerOf(
        fetch(addressOf(path), {
          method: "POST",
          body: JSON.stringify(body),
          headers: { Accept: "application/json", "Content-Type": "application/json" },
        }),
      ),
    events: (path, handlers) => follow(addressOf(path), handlers),
  };
}

/** What the server said instead of what was asked for; `status` is HTTP's number (0: no answer), `body` all it said. */
export class Refusal extends Error {
  constructor(message, status, body = {}) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

async function answerOf(request) {
  let response;
  try {
    response = await request;
  } catch {
    throw new Refusal("The server does not answer. Is `convlens open` still running?", 0);
  }
  const body = await response.json().catch(() => null);
  if (response.ok && body !== null) return body;
  throw new Refusal(
    body?.error ?? `The server answered ${response.status} ${response.statusText}.`.replace(" .", "."),
    response.status,
    body ?? {},
  );
}

/**
 * Follows a stream of numbered events. `onEvent(name, value, number)`; `onState("open" | "lost" | "closed")`.
 *
 * A browser's EventSource comes back by itself with the last number it saw, but gives up for good when the server answered
 * with an error, so then a new one is opened that names the last number in its address.
 */
function follow(address, { onEvent, onState = () => {} }) {
  const names = [
    "queued",
    "reading",
    "probed",
    "started",
    "chunk",
    "weights",
    "epoch",
    "calibrated",
    "judged",
    "done",
    "failed",
    "stopped",
  ];
  let source,
    timer,
    last = null,
    waits = 500,
    closed = false;
  const open = () => {
    const target = new URL(address);
    if (last !== null) target.searchParams.set("after", last);
    source = new EventSource(target);
    source.onopen = () => {
      waits = 500;
      onState("open");
    };
    source.onerror = () => {
      if (closed) return;
      onState("lost");
      if (source.readyState === EventSource.CLOSED) {
        timer = setTimeout(open, waits);
        waits = Math.min(waits * 2, 10000);
      }
    };
    for (const name of names) {
      source.addEventListener(name, (event) => {
        // The same event twice, told again after a break, is told on once.
        const number = Number(event.lastEventId);
        if (last !== null && event.lastEventId && number <= last) return;
        if (event.lastEventId) last = number;
        onEvent(name, JSON.parse(event.data), number);
      });
    }
  };
  open();
  return () => {
    closed = true;
    clearTimeout(timer);
    source.close();
    onState("closed");
  };
}
