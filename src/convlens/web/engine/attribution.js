// Attribution: the contribution of each input number to the logit of a class, by a backward pass through all layers.
//
// The method is gradient × (input − baseline). The baseline is an empty image: black if the training images are
// light on dark, white if they are dark on light, and the mean (0 after normalisation) if they are mixed, so the empty
// background of a drawing contributes nothing. In a linear network (no activation, no maxpool), the contributions add
// up to the difference between the image's logit and the baseline's; with only relu and maxpool, they do so if there
// are no biases. In other networks the gradient is only the slope at this image. `steps` averages it over the
// straight line from the baseline to the image (integrated gradients, Sundararajan et al. 2017); these contributions
// add up in any network if there are many steps.

import { sizeOf } from "convlens/engine/decode.js";
import { activationsOfInput, inputsOf, normalise } from "convlens/engine/network.js";
import { added } from "convlens/layers/shared/arrays.js";
import { kindOf } from "convlens/layers/shared/kind.js";

/** @import { Activation, Model, Numbers } from "convlens/engine/network.js" */

/**
 * Returns the contribution of each input number to the logit of a class, C·H·W numbers; positive ones increase it.
 * `activations` are those of the image. If `steps` is above 1, gradients are averaged along the line from the baseline
 * to it.
 * @param {Model} model
 * @param {Activation[]} activations
 * @param {number} classNumber
 */
export function attribution(model, activations, classNumber, { steps = 1 } = {}) {
  const classes = model.classNames.length;
  if (!(classNumber >= 0 && classNumber < classes)) {
    throw new Error(`there is no class ${classNumber}; this model has ${classes} classes, counted from 0.`);
  }
  const input = activations[0].data;
  const baseline = baselineOf(model);
  const slopes = new Float64Array(input.length);
  for (let step = 1; step <= steps; step += 1) {
    // The midpoint of each step gives the smallest error; with one step, the gradient is that at the image itself.
    const outputs = steps === 1 ? activations : activationsBetween(model, baseline, input, (step - 0.5) / steps);
    const here = gradient(model, outputs, classNumber);
    for (let i = 0; i < slopes.length; i += 1) slopes[i] += here[i] / steps;
  }
  const data = new Float32Array(input.length);
  for (let i = 0; i < data.length; i += 1) data[i] = slopes[i] * (input[i] - baseline[i]);
  return { shape: model.inputShape, data, baseline };
}

// The outputs of all layers for a point on the line between two inputs, `share` of the way to the second.
/** @type {(model: Model, one: Numbers, other: Numbers, share: number) => Activation[]} */
function activationsBetween(model, one, other, share) {
  return activationsOfInput(
    model,
    other.map((value, i) => one[i] + share * (value - one[i])),
  );
}

/**
 * Returns the gradient of a class's logit with respect to the input, C·H·W. Where several layers use one output, their
 * gradients are added.
 * @type {(model: Model, activations: Activation[], classNumber: number) => Numbers}
 */
export function gradient(model, activations, classNumber) {
  /** @type {(Numbers | undefined)[]} Entry k + 1 belongs to the output of layer k. */
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
      // The sum is a new array, since a layer may return one array for several inputs.
      slopes[before] = others ? added([others, part]) : part;
    });
  }
  return slopes[0] ?? new Float64Array(activations[0].data.length);
}

/** @type {(model: Model) => Float32Array<ArrayBuffer>} An empty image, normalised. */
export function baselineOf(model) {
  const { light_on_dark: lightOnDark } = model.preprocessing;
  const size = sizeOf(model.inputShape);
  if (lightOnDark === null) return new Float32Array(size);
  return normalise(model, new Uint8Array(size).fill(lightOnDark ? 0 : 255));
}
