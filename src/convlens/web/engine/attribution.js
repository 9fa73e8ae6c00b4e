// What spoke for and against a class: each input number's part in a logit, by a backward pass through every layer.
//
// Gradient × (input − baseline). The baseline is a picture with nothing on it: black where the training pictures are
// light on dark, white where they are dark on light, and the mean (0 after normalisation) where they are mixed; so the
// empty ground of a drawing counts neither for nor against. In a linear network (no activation, no maxpool) the
// parts add up to what the logit gains over that of the baseline, and in one with relu and maxpool alone they do if
// nothing is added anywhere. In others one gradient is the slope at this picture only; `steps` averages it over the
// straight way from the baseline to the picture (integrated gradients, Sundararajan et al. 2017), which adds up in any
// network as the steps get many.

import { sizeOf } from "convlens/engine/decode.js";
import { activationsOfInput, inputsOf, normalise } from "convlens/engine/network.js";
import { added } from "convlens/layers/shared/arrays.js";
import { kindOf } from "convlens/layers/shared/kind.js";

/** @import { Activation, Model, Numbers } from "convlens/engine/network.js" */

/**
 * What each number of the input did for the logit of a class, C·H·W numbers; positive ones spoke for the class. With
 * `steps` above 1 gradients are averaged along the way from the baseline, and `activations`, which are those of the
 * picture, serve for the last step alone.
 * @param {Model} model
 * @param {Activation[]} activations
 * @param {number} classNumber
 */
export function attribution(model, activations, classNumber, { steps = 1 } = {}) {
  const classes = model.classNames.length;
  if (!(classNumber >= 0 && classNumber < classes)) {
    throw new Error(`there is no class ${classNumber}; this model has ${classes}, numbered from 0.`);
  }
  const input = activations[0].data;
  const baseline = baselineOf(model);
  const slopes = new Float64Array(input.length);
  for (let step = 1; step <= steps; step += 1) {
    // In the middle of each step, which errs least; one step alone looks at the picture itself.
    const outputs = steps === 1 ? activations : activationsBetween(model, baseline, input, (step - 0.5) / steps);
    const here = gradient(model, outputs, classNumber);
    for (let i = 0; i < slopes.length; i += 1) slopes[i] += here[i] / steps;
  }
  const data = new Float32Array(input.length);
  for (let i = 0; i < data.length; i += 1) data[i] = slopes[i] * (input[i] - baseline[i]);
  return { shape: model.inputShape, data, baseline };
}

// What every layer makes of a picture that lies between two others, `share` of the way to the second.
/** @type {(model: Model, one: Numbers, other: Numbers, share: number) => Activation[]} */
function activationsBetween(model, one, other, share) {
  return activationsOfInput(
    model,
    other.map((value, i) => one[i] + share * (value - one[i])),
  );
}

/**
 * How the logit of a class grows with each number of the input, C·H·W. What several layers take has the slopes of all
 * of them together.
 * @type {(model: Model, activations: Activation[], classNumber: number) => Numbers}
 */
export function gradient(model, activations, classNumber) {
  /** @type {(Numbers | undefined)[]} Entry k + 1 is that of layer k. */
  const slopes = new Array(activations.length);
  const logits = new Float64Array(model.classNames.length);
  logits[classNumber] = 1;
  slopes[model.layers.length] = logits;
  for (const layer of model.layers.toReversed()) {
    const [behind, output] = [slopes[layer.index + 1], activations[layer.index + 1].data];
    if (!behind) continue;
    const parts = kindOf(layer).backward(layer, behind, inputsOf(layer, activations), output);
    parts.forEach((part, which) => {
      const before = layer.inputs[which] + 1;
      const others = slopes[before];
      // A new array, since layers may hand on one array to several inputs.
      slopes[before] = others ? added([others, part]) : part;
    });
  }
  return slopes[0] ?? new Float64Array(activations[0].data.length);
}

/** @type {(model: Model) => Float32Array<ArrayBuffer>} A picture with nothing on it, as the network gets it. */
export function baselineOf(model) {
  const { light_on_dark: lightOnDark } = model.preprocessing;
  const size = sizeOf(model.inputShape);
  if (lightOnDark === null) return new Float32Array(size);
  return normalise(model, new Uint8Array(size).fill(lightOnDark ? 0 : 255));
}
