// Makes the search work in pages opened from disk. Browsers don't start workers from a `file:` address, so the worker's
// script runs in a hidden frame instead. Pages from a server use real workers.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    #frame = document.createElement("iframe");
    #loaded;

    constructor(address) {
      super();
      this.#frame.hidden = true;
      this.#frame.receive = (data) =>
        setTimeout(() => this.#emit(new MessageEvent("message", { data: structuredClone(data) })));
      const source = new URL(address, location.href).href.replaceAll('"', "%22");
      this.#frame.srcdoc =
        "<script>self.postMessage = (data) => frameElement.receive(data);</script>" +
        `<script src="${source}"></script>`;
      this.#loaded = new Promise((resolve) => this.#frame.addEventListener("load", resolve));
      document.documentElement.append(this.#frame);
    }

    postMessage(data) {
      const copy = structuredClone(data); // a real worker would get a copy, too
      this.#loaded.then(() => this.#frame.contentWindow?.dispatchEvent(new MessageEvent("message", { data: copy })));
    }

    terminate() {
      this.#frame.remove();
    }

    #emit(event) {
      this.dispatchEvent(event);
      this.onmessage?.(event);
    }
  };
}
