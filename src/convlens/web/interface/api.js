/** Requests to the server: JSON requests and answers, and event streams that resume after a break. */

const EVENTS = [
  ...["queued", "reading", "probed", "started", "chunk", "weights", "epoch", "ended", "calibrated", "judged"],
  ...["done", "failed", "stopped"],
];
const [FIRST_WAIT, LONGEST_WAIT] = [500, 10_000]; // milliseconds

/**
 * `value` is the event's parsed JSON, `number` its place in the stream.
 * @typedef {{
 *   onEvent: (name: string, value: any, number: number) => void,
 *   onState?: (state: "open" | "lost" | "closed") => void,
 * }} EventHandlers
 */

/** Requests to paths below the page's address; the page's token is sent with each. */
export class Api {
  #token = new URLSearchParams(location.search).get("token");

  /** @param {string} path */
  get(path) {
    return this.#ask(path, { headers: { Accept: "application/json" } });
  }

  /** @param {string} path */
  post(path, body = {}) {
    const headers = { Accept: "application/json", "Content-Type": "application/json" };
    return this.#ask(path, { method: "POST", body: JSON.stringify(body), headers });
  }

  // Follows a stream of numbered events; returns the function that stops it.
  /** @type {(path: string, handlers: EventHandlers) => () => void} */
  events(path, handlers) {
    const stream = new EventStream(this.#addressOf(path), handlers);
    return () => stream.close();
  }

  /** @param {string} path */
  #addressOf(path) {
    const address = new URL(path.replace(/^\//, ""), document.baseURI);
    if (this.#token) address.searchParams.set("token", this.#token);
    return address;
  }

  /** @param {string} path @param {RequestInit} request @returns {Promise<any>} the answer's parsed JSON */
  async #ask(path, request) {
    const response = await fetch(this.#addressOf(path), request).catch(() => null);
    if (!response) throw new Refusal("The server does not answer. Is `convlens open` still running?", 0);
    const body = await response.json().catch(() => null);
    if (response.ok && body !== null) return body;
    const { status, statusText } = response;
    const words = `The server answered ${status} ${statusText}.`.replace(" .", ".");
    throw new Refusal(body?.error ?? words, status, body ?? {});
  }
}

/** The server refused a request; `status` is the HTTP status (0: no answer), `body` the whole answer. */
export class Refusal extends Error {
  /** @param {string} message @param {number} status @param {Record<string, any>} body */
  constructor(message, status, body = {}) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

/**
 * A browser's EventSource reconnects by itself and sends the last number that it saw, but it gives up when the server
 * answers with an error. In that case this class opens a new one, with the last number in its address.
 */
class EventStream {
  #address;
  #onEvent;
  #onState;
  /** @type {number | null} */
  #last = null;
  #wait = FIRST_WAIT;
  #timer = 0;
  #source;

  /** @param {URL} address @param {EventHandlers} handlers */
  constructor(address, { onEvent, onState = () => {} }) {
    this.#address = address;
    this.#onEvent = onEvent;
    this.#onState = onState;
    this.#source = this.#open();
  }

  close() {
    clearTimeout(this.#timer);
    this.#source.onerror = null;
    this.#source.close();
    this.#onState("closed");
  }

  #open() {
    const address = new URL(this.#address);
    if (this.#last !== null) address.searchParams.set("after", String(this.#last));
    const source = new EventSource(address);
    source.onopen = () => {
      this.#wait = FIRST_WAIT;
      this.#onState("open");
    };
    source.onerror = () => {
      this.#onState("lost");
      if (source.readyState === EventSource.CLOSED) this.#openLater();
    };
    for (const name of EVENTS) source.addEventListener(name, (event) => this.#hear(name, event));
    return source;
  }

  #openLater() {
    this.#timer = setTimeout(() => {
      this.#source = this.#open();
    }, this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT);
  }

  // Passes an event on, unless it was passed on before a break in the connection.
  /** @type {(name: string, event: MessageEvent<string>) => void} */
  #hear(name, { data, lastEventId }) {
    const number = Number(lastEventId);
    if (this.#last !== null && lastEventId && number <= this.#last) return;
    if (lastEventId) this.#last = number;
    this.#onEvent(name, JSON.parse(data), number);
  }
}
