/** The test images that come with a model, and filters for them. */

import { probabilities } from "convlens/engine/network.js";
import { likeliest } from "convlens/views/look/answer.js";

/** @import { Model } from "convlens/engine/network.js" */
/** @import { Sample } from "convlens/engine/samples.js" */

/** @typedef {ReturnType<typeof judge>[number]} Judged the model's prediction for the sample at `place` */
/** @typedef {"all" | "wrong" | "uncertain"} Which */

/** An answer is uncertain if the likeliest class leads the second by less than this. */
export const UNCERTAIN = 0.5;

/** @param {Model} model @param {Sample[]} samples */
export function judge(model, samples) {
  return samples.map(({ label, logits }, place) => {
    const shares = probabilities(model, logits);
    const [best, second] = likeliest(shares);
    const lead = shares[best] - (shares[second] ?? 0);
    return { place, label, best, probability: shares[best], wrong: best !== label, uncertain: lead < UNCERTAIN };
  });
}

/** @param {Judged[]} judged @param {{ which?: Which, label?: number | null }} filter */
export function choose(judged, { which = "all", label = null } = {}) {
  return judged.filter((sample) => (which === "all" || sample[which]) && (label === null || sample.label === label));
}
