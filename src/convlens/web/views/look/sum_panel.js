/** The whole sum behind one number, and the way back from it to the picture. */

import { sumBehind, softmaxOf } from "convlens/engine/sums.js";
import { element, fill, nameOf } from "convlens/interface/dom.js";
import { formatNumber, formatPercent } from "convlens/interface/format.js";
import { largestSize } from "convlens/interface/maps.js";
import { makeMagnifier } from "convlens/views/look/magnifier.js";
import { clipName, layerName, placeName } from "convlens/views/look/places.js";
import { drawConvolution } from "convlens/views/look/sums/convolution.js";
import { drawDense } from "convlens/views/look/sums/dense.js";
import { drawPooling } from "convlens/views/look/sums/pooling.js";
import { drawInput, drawNormalisation, drawRule } from "convlens/views/look/sums/rules.js";
import { drawSoftmax } from "convlens/views/look/sums/softmax.js";

const DRAWINGS = {
  input: drawInput, conv: drawConvolution, maxpool: drawPooling, avgpool: drawPooling, globalavgpool: drawPooling, batchnorm: drawNormalisation,
  dense: drawDense, relu: drawRule, leaky_relu: drawRule, tanh: drawRule, sigmoid: drawRule, dropout: drawRule, flatten: drawRule,
};
const BENT = new Set(["relu", "leaky_relu", "tanh", "sigmoid", "batchnorm", "dropout"]);

/**
 * The panel: `{ root, show(session, target, trail), focus() }`. A target is `{ layer, place }`; the layer behind the last is the softmax.
 * `onWalk(target)` when a term is followed, `onReturn(index)` when a crumb is, `onMove(target)` when the pixel is moved.
 */
export function makeSumPanel({ onWalk, onReturn, onMove }) {
  const crumbs = element("ol", { class: "crumbs" });
  const title = element("h3", { class: "sum-title", tabindex: -1 });
  const value = element("p", { class: "sum-value number" });
  const body = element("div", { class: "sum-body" });
  const onwards = element("div", { class: "onwards" });
  const way = element("nav", { "aria-label": "The way here", class: "sum-way" }, crumbs);
  const magnifier = makeMagnifier({ onMove });
  const root = element("div", { class: "sum" },
    way,
    element("div", { class: "sum-columns" }, magnifier.root,
      element("div", { class: "sum-main" }, element("div", { class: "sum-head" }, title, value), body, onwards)));

  function show(session, target, trail) {
    const { model, activations } = session;
    if (!activations || !target) return;
    way.hidden = trail.length < 2;
    fill(crumbs, trail.map((entry, index) => element("li", {}, index === trail.length - 1
      ? element("span", { "aria-current": "step" }, crumbText(model, entry))
      : element("button", { type: "button", class: "lead", onClick: () => onReturn(index) }, crumbText(model, entry)))));
    const look = { model, limitOf: (layer) => largestSize(activations[layer + 1].data), onSource: onWalk };
    if (target.layer === model.layers.length) showSoftmax(session, target, look);
    else showLayer(session, target, look);
  }

  function showSoftmax({ model, activations }, { place }, look) {
    const softmax = softmaxOf(model, activations.at(-1).data);
    magnifier.hide();
    fill(title, "softmax, class ", nameOf(clipName(model.classNames[place])));
    value.textContent = formatPercent(softmax.probabilities[place], 2);
    fill(body, drawSoftmax(softmax, place, look));
    fill(onwards);
  }

  function showLayer(session, { layer, place }, look) {
    const { model, activations } = session;
    const sum = sumBehind(model, activations, layer, place);
    magnifier.show(session, { layer, place });
    fill(title, `${layerName(model, layer)}, `, nameOf(placeName(model, layer, place)));
    value.textContent = formatNumber(sum.value, 3);
    fill(body, DRAWINGS[sum.kind](sum, look));
    fill(onwards, nextStep(session, layer, place));
  }

  // A convolution's number is seldom what goes on: the activation behind it is a step away, forwards.
  function nextStep({ model, activations }, layer, place) {
    const next = model.layers[layer + 1];
    if (next && BENT.has(next.kind)) {
      return element("p", { class: "equation" }, element("span", { class: "operator" }, `then ${next.text}`), element("span", { class: "operator" }, "→"),
        element("button", { type: "button", class: "lead", onClick: () => onWalk({ layer: layer + 1, place }) }, formatNumber(activations[layer + 2].data[place], 3)));
    }
    if (layer === model.layers.length - 1) {
      return element("p", { class: "equation" }, element("span", { class: "operator" }, "then"),
        element("button", { type: "button", class: "lead", onClick: () => onWalk({ layer: layer + 1, place }) }, "softmax"));
    }
    return null;
  }

  return { root, show, focus: () => title.focus({ preventScroll: true }) };
}

function crumbText(model, { layer, place }) {
  if (layer === model.layers.length) return ["softmax, class ", nameOf(clipName(model.classNames[place], 20))];
  return [`${layerName(model, layer)}, `, nameOf(placeName(model, layer, place))];
}
