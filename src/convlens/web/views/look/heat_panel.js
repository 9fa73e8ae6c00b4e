/** Attribution: how much each pixel increases or decreases the logit of a class, by gradient × input. */

import { attribution } from "convlens/engine/attribution.js";
import { element, fill } from "convlens/interface/dom.js";
import { formatNumber, formatSigned } from "convlens/interface/format.js";
import { arrange, drawMaps, drawPicture, largestSize } from "convlens/interface/maps.js";
import { div, optionList } from "convlens/interface/parts.js";
import { clipName } from "convlens/views/look/places.js";

/** @import { Model, Numbers } from "convlens/engine/network.js" */
/** @import { Session } from "convlens/views/look/session.js" */

const SIZE = 280;
const METHOD =
  "Gradient × input: the gradient of the class’s logit with respect to each pixel, from one backward pass through all layers, times the difference between the pixel and an empty image. " +
  "It explains the result for this image, not for others.";

/** Shows the most likely class until another class is chosen. */
export class HeatPanel {
  /** @type {Session | null} */
  #session = null;
  #choice = element("select", { id: "heat-class", onChange: () => this.#session && this.show(this.#session) });
  #heat = element("canvas", { role: "img" });
  #picture = element("canvas", { role: "img", "aria-label": "Network input" });
  #words = element("p");
  #low = element("span");
  #high = element("span");

  /** @param {Model} model */
  constructor({ classNames }) {
    fill(this.#choice, optionList(["", "most likely class"], ...classNames.map((name) => clipName(name)).entries()));
    const scale = element("span", { class: "scale", "aria-hidden": "true" });
    const seen = element("figcaption", { class: "small soft" }, "Network input");
    const legend = element("figcaption", { class: "legend" }, this.#low, scale, this.#high);
    this.root = div(
      "heat",
      div("row", element("label", { for: "heat-class" }, "Class"), this.#choice),
      this.#words,
      div("heat-pictures", element("figure", {}, this.#picture, seen), element("figure", {}, this.#heat, legend)),
      element("p", { class: "small soft" }, METHOD),
    );
  }

  /** @type {(session: Session) => void} */
  show(session) {
    this.#session = session;
    const { model, activations, best } = session;
    const number = this.#choice.value === "" ? best : Number(this.#choice.value);
    const total = totalOfChannels(attribution(model, activations, number).data, model.inputShape);
    this.#draw(total, session);
    this.#write(total, clipName(model.classNames[number]));
  }

  /** @type {(total: Float32Array, session: Session) => void} */
  #draw(total, { model: { inputShape }, pixels }) {
    const [, height, width] = inputShape;
    const scale = SIZE / Math.max(height, width);
    const limit = largestSize(total);
    drawMaps(this.#heat, total, arrange({ count: 1, height, width, scale }), { limit });
    drawPicture(this.#picture, pixels, inputShape, scale);
    this.#low.textContent = formatNumber(-limit);
    this.#high.textContent = formatSigned(limit);
  }

  /** @type {(total: Float32Array, name: string) => void} */
  #write(total, name) {
    const add = (/** @type {number} */ sum, /** @type {number} */ part) => sum + part;
    const pro = formatSigned(total.filter((part) => part > 0).reduce(add, 0));
    const contra = formatNumber(total.filter((part) => part < 0).reduce(add, 0));
    const label = `Attribution for ${name}: ${pro} for and ${contra} against in total`;
    this.#heat.setAttribute("aria-label", label);
    const bold = element("bdi", { dir: "auto" }, name);
    const found = ` (${pro} in total); orange pixels decrease it (${contra}).`;
    fill(this.#words, "Blue pixels increase the logit of ", bold, found);
  }
}

// One map for all channels: the contributions of a pixel's channels are added.
/** @type {(values: Numbers, shape: number[]) => Float32Array<ArrayBuffer>} */
function totalOfChannels(values, [, height, width]) {
  const total = new Float32Array(height * width);
  for (let place = 0; place < values.length; place += 1) total[place % total.length] += values[place];
  return total;
}
