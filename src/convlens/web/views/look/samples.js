/** The test images that come with a model, and which of them somebody wants to see. */

import { probabilities } from "convlens/engine/network.js";

/** Below this lead of the likeliest class over the second an answer counts as doubtful. */
export const DOUBTFUL = 0.5;

/** What the model says of every sample (see `samplesOf`): `[{ place, label, best, probability, wrong, doubtful }]`. */
export function judge(model, samples) {
  return samples.map(({ label, logits }, place) => {
    const shares = probabilities(model, logits);
    let best = 0,
      second = -1;
    for (let number = 1; number < shares.length; number += 1) {
      if (shares[number] > shares[best]) [best, second] = [number, best];
      else if (second < 0 || shares[number] > shares[second]) second = number;
    }
    const lead = shares[best] - (second < 0 ? 0 : shares[second]);
    return { place, label, best, probability: shares[best], wrong: best !== label, doubtful: lead < DOUBTFUL };
  });
}

/** Those that a filter lets through: `{ which: "all" | "wrong" | "doubtful", label: number | null }`. */
export function choose(judged, { which = "all", label = null } = {}) {
  return judged.filter((sample) => (which === "all" || sample[which]) && (label === null || sample.label === label));
}
