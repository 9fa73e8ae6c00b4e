/** The whole sum behind one number, and the way back from it to the picture. */

import { sumBehind, softmaxOf } from "convlens/engine/sums.js";
import { element, fill, nameOf } from "convlens/interface/dom.js";
import { formatNumber, formatPercent } from "convlens/interface/format.js";
import { largestSize } from "convlens/interface/maps.js";
import { Magnifier } from "convlens/views/look/magnifier.js";
import { clipName, layerName, placeName } from "convlens/views/look/places.js";
import { drawConvolution } from "convlens/views/look/sums/convolution.js";
import { drawDense } from "convlens/views/look/sums/dense.js";
import { drawPooling } from "convlens/views/look/sums/pooling.js";
import { drawInput, drawNormalisation, drawRule } from "convlens/views/look/sums/rules.js";
import { drawSoftmax } from "convlens/views/look/sums/softmax.js";

const DRAWINGS = {
  input: drawInput,
  conv: drawConvolution,
  maxpool: drawPooling,
  avgpool: drawPooling,
  globalavgpool: drawPooling,
  batchnorm: drawNormalisation,
  dense: drawDense,
  relu: drawRule,
  leaky_relu: drawRule,
  tanh: drawRule,
  sigmoid: drawRule,
  dropout: drawRule,
  flatten: drawRule,
};
const BENT = new Set(["relu", "leaky_relu", "tanh", "sigmoid", "batchnorm", "dropout"]);

/**
 * The panel, in `root`. A target is `{ layer, place }`; the layer behind the last is the softmax. `onWalk(target)` when a term is
 * followed, `onReturn(index)` when a crumb is, `onMove(target)` when the pixel is moved.
 */
export class SumPanel {
  constructor({ onWalk, onReturn, onMove }) {
    Object.assign(this, { onWalk, onReturn, magnifier: new Magnifier({ onMove }) });
    this.crumbs = element("ol", { class: "crumbs" });
    this.way = element("nav", { "aria-label": "The way here", class: "sum-way" }, this.crumbs);
    this.title = element("h3", { class: "sum-title", tabindex: -1 });
    this.value = element("p", { class: "sum-value number" });
    this.body = element("div", { class: "sum-body" });
    this.onwards = element("div", { class: "onwards" });
    this.root = element(
      "div",
      { class: "sum-panel" },
      this.way,
      element(
        "div",
        { class: "sum-columns" },
        this.magnifier.root,
        element(
          "div",
          { class: "sum-main" },
          element("div", { class: "sum-head" }, this.title, this.value),
          this.body,
          this.onwards,
        ),
      ),
    );
  }

  /** The sum behind the last of the targets that were walked through. */
  show(session, trail) {
    const { model, activations } = session;
    const target = trail.at(-1);
    this.way.hidden = trail.length < 2;
    fill(
      this.crumbs,
      trail.map((entry, index) =>
        element(
          "li",
          {},
          index === trail.length - 1
            ? element("span", { "aria-current": "step" }, crumbText(model, entry))
            : element(
                "button",
                { type: "button", class: "lead", onClick: () => this.onReturn(index) },
                crumbText(model, entry),
              ),
        ),
      ),
    );
    const look = { model, limitOf: (layer) => largestSize(activations[layer + 1].data), onSource: this.onWalk };
    if (target.layer === model.layers.length) this.showSoftmax(session, target, look);
    else this.showLayer(session, target, look);
  }

  showSoftmax({ model, activations }, { place }, look) {
    const softmax = softmaxOf(model, activations.at(-1).data);
    this.magnifier.hide();
    fill(this.title, "softmax, class ", nameOf(clipName(model.classNames[place])));
    this.value.textContent = formatPercent(softmax.probabilities[place], 2);
    fill(this.body, drawSoftmax(softmax, place, look));
    fill(this.onwards);
  }

  showLayer(session, { layer, place }, look) {
    const { model, activations } = session;
    const sum = sumBehind(model, activations, layer, place);
    this.magnifier.show(session, { layer, place });
    fill(this.title, `${layerName(model, layer)}, `, nameOf(placeName(model, layer, place)));
    this.value.textContent = formatNumber(sum.value, 3);
    fill(this.body, DRAWINGS[sum.kind](sum, look));
    fill(this.onwards, this.nextStep(session, layer, place));
  }

  // A convolution's number is seldom what goes on: the activation behind it is a step away, forwards.
  nextStep({ model, activations }, layer, place) {
    const next = model.layers[layer + 1];
    const bent = next && BENT.has(next.kind);
    if (!bent && layer !== model.layers.length - 1) return null;
    const go = (...text) =>
      element(
        "button",
        { type: "button", class: "lead", onClick: () => this.onWalk({ layer: layer + 1, place }) },
        text,
      );
    const words = (text) => element("span", { class: "operator" }, text);
    return element(
      "p",
      { class: "equation" },
      bent
        ? [words(`then ${next.text}`), words("→"), go(formatNumber(activations[layer + 2].data[place], 3))]
        : [words("then"), go("softmax")],
    );
  }

  focus() {
    this.title.focus({ preventScroll: true });
  }
}

function crumbText(model, { layer, place }) {
  if (layer === model.layers.length) return ["softmax, class ", nameOf(clipName(model.classNames[place], 20))];
  return [`${layerName(model, layer)}, `, nameOf(placeName(model, layer, place))];
}
