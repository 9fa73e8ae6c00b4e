// Search in pages that are opened from a disk. A browser starts no worker from a `file:` address, so the worker's script
// runs in a hidden frame instead, which passes messages on. Pages from a server use real workers.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(address) {
      super();
      const script = new URL(address, document.baseURI).href;
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.srcdoc = `<script>
        const listeners = [];
        self.importScripts = (...addresses) => Promise.all(addresses.map((src) => new Promise((resolve) => {
          document.body.append(Object.assign(document.createElement("script"), { src, onload: resolve }));
        })));
        self.addEventListener("message", (event) => event.source === parent && self.onmessage?.(event));
        self.postMessage = (data) => parent.dispatchEvent(new MessageEvent("worker", { data }));
      </script>`;
      this.waiting = [];
      this.frame = frame;
      window.addEventListener("message", (event) => {
        if (event.source === frame.contentWindow) this.dispatchEvent(new MessageEvent("message", { data: event.data }));
      });
      frame.addEventListener("load", () => {
        const element = frame.contentDocument?.createElement("script");
        if (element) Object.assign(element, { src: script, onload: () => this.flush() });
        if (element) frame.contentDocument?.body.append(element);
      });
      document.documentElement.append(frame);
    }
  };
}
