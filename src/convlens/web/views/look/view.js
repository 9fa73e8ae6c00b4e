/** Look inside: what the network makes of one picture, number by number. */

import { element, fill } from "convlens/interface/dom.js";

export function mount(root, context) {
  fill(root, element("p", { class: "soft" }, context.model ? "" : "No model is open."));
  return { show() {}, hide() {}, onModel() {}, dispose() {} };
}
