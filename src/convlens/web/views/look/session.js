/** One picture in one model: what was prepared, what every layer makes of it, what comes out. No drawing, no elements. */

import { activations, probabilities } from "convlens/engine/network.js";
import { prepare } from "convlens/preparation/prepare.js";
import { whyUnknown } from "convlens/views/look/answer.js";

export class Session {
  constructor(model) {
    this.model = model;
    this.showNothing();
  }

  /** An empty paper. */
  showNothing() {
    const [channels, height, width] = this.model.inputShape;
    const empty = this.model.preprocessing.light_on_dark === false ? 255 : 0;
    this.#compute({
      source: "nothing",
      prepared: null,
      pixels: new Uint8Array(channels * height * width).fill(empty),
      label: null,
    });
  }

  /** A picture that was drawn or opened, `kind` "drawing" or "picture"; null is an empty paper. */
  showPicture(picture, kind) {
    if (!picture) {
      this.showNothing();
      return;
    }
    const prepared = prepare(this.model.preprocessing, picture);
    this.#compute({ source: kind, prepared, pixels: prepared.pixels, label: null });
  }

  /** A test image, which is what the network takes already. */
  showSample({ pixels, label }) {
    this.#compute({ source: "sample", prepared: null, pixels, label });
  }

  #compute(shown) {
    Object.assign(this, shown);
    this.activations = activations(this.model, this.pixels);
    this.probabilities = probabilities(this.model, this.activations.at(-1).data);
    this.best = this.probabilities.reduce((best, share, place) => (share > this.probabilities[best] ? place : best), 0);
  }

  /** What the network says: `{ probabilities, best, whyUnknown, nothing, label }`. */
  answer() {
    const { probabilities: shares, best, label, source, prepared } = this;
    return {
      probabilities: shares,
      best,
      label,
      nothing: source === "nothing",
      whyUnknown: whyUnknown(this.model, prepared?.unlike ?? [], shares[best]),
    };
  }

  /** Where to begin looking: the largest number of the first convolution, else of the last layer. */
  interestingTarget() {
    const found = this.model.layers.findIndex(({ kind }) => kind === "conv");
    const layer = found < 0 ? this.model.layers.length - 1 : found;
    const { data } = this.activations[layer + 1];
    return { layer, place: data.reduce((best, value, place) => (value > data[best] ? place : best), 0) };
  }
}
