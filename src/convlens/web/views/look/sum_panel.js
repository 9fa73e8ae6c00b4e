/** How one value is computed, in full, with links from each term back to the image. */

import { sumBehind, softmaxOf } from "convlens/engine/sums.js";
import { element, fill, nameOf } from "convlens/interface/dom.js";
import { formatNumber, formatPercent } from "convlens/interface/format.js";
import { largestSize } from "convlens/interface/maps.js";
import { button, div, items } from "convlens/interface/parts.js";
import { kindOf } from "convlens/layers/shared/kind.js";
import { Magnifier } from "convlens/views/look/magnifier.js";
import { clipName, layerName, placeName } from "convlens/views/look/places.js";
import { drawInput } from "convlens/views/look/sums/rules.js";
import { drawSoftmax } from "convlens/views/look/sums/softmax.js";
import { equation } from "convlens/views/look/sums/terms.js";

/** @import { Model, Source } from "convlens/engine/network.js" */
/** @import { InputSum } from "convlens/engine/sums.js" */
/** @import { Session } from "convlens/views/look/session.js" */
/** @import { Look, Sum } from "convlens/views/look/sums/terms.js" */

/**
 * Called when a person follows a term, returns to an earlier number of the path, or chooses another number of the map.
 * The layer after the last one is the softmax.
 * @typedef {object} SumHandlers
 * @property {(target: Source) => void} onWalk
 * @property {(index: number) => void} onReturn
 * @property {(target: Source) => void} onMove
 */

export class SumPanel {
  #crumbs = element("ol", { class: "crumbs" });
  #way = element("nav", { "aria-label": "Path to this value", class: "sum-way" }, this.#crumbs);
  #title = element("h3", { class: "sum-title", tabindex: -1 });
  #value = element("p", { class: "sum-value number" });
  #body = div("sum-body");
  #onwards = div("onwards");

  /** @param {SumHandlers} handlers */
  constructor({ onWalk, onReturn, onMove }) {
    this.onWalk = onWalk;
    this.onReturn = onReturn;
    this.magnifier = new Magnifier(onMove);
    const head = div("sum-head", this.#title, this.#value);
    const main = div("sum-main", head, this.#body, this.#onwards);
    this.root = div("sum-panel", this.#way, div("sum-columns", this.magnifier, main));
  }

  // Shows the sum behind the last target of the path.
  /** @type {(session: Session, trail: Source[]) => void} */
  show(session, trail) {
    const { model, activations } = session;
    const target = trail[trail.length - 1];
    this.#showWay(model, trail);
    const limitOf = (/** @type {number} */ layer) => largestSize(activations[layer + 1].data);
    const look = { model, limitOf, onSource: this.onWalk };
    if (target.layer === model.layers.length) this.#showSoftmax(session, target, look);
    else this.#showLayer(session, target, look);
  }

  /** @type {(model: Model, trail: Source[]) => void} */
  #showWay(model, trail) {
    this.#way.hidden = trail.length < 2;
    const crumbs = trail.map((entry, index) => {
      const onClick = () => this.onReturn(index);
      const text = titleOf(model, entry, 20);
      return index === trail.length - 1
        ? element("span", { "aria-current": "step" }, text)
        : button(text, onClick, { class: "lead" });
    });
    fill(this.#crumbs, items(...crumbs));
  }

  /** @type {(session: Session, target: Source, look: Look) => void} */
  #showSoftmax({ model, activations }, target, look) {
    const softmax = softmaxOf(model, activations[model.layers.length].data);
    this.magnifier.hide();
    fill(this.#title, titleOf(model, target));
    this.#value.textContent = formatPercent(softmax.probabilities[target.place], 2);
    fill(this.#body, drawSoftmax(softmax, target.place, look));
    fill(this.#onwards);
  }

  /** @type {(session: Session, target: Source, look: Look) => void} */
  #showLayer(session, target, look) {
    const { model, activations } = session;
    const sum = sumBehind(model, activations, target.layer, target.place);
    this.magnifier.show(session, target);
    fill(this.#title, titleOf(model, target));
    this.#value.textContent = formatNumber(sum.value, 3);
    fill(this.#body, drawSum(sum, look));
    fill(this.#onwards, this.#nextSteps(session, target));
  }

  // Links from a number to the layers that use it directly: the activation after a convolution, or the sum of branches.
  /** @type {(session: Session, target: Source) => HTMLParagraphElement | (HTMLParagraphElement | null)[]} */
  #nextSteps({ model, activations }, { layer, place }) {
    if (layer === model.layers.length - 1) return this.#step("then", "softmax", { layer: layer + 1, place });
    return model.layers.flatMap((next) =>
      next.inputs.map((input, which) => {
        // A layer that uses the same number twice gets one link, unless the results are at different places.
        const onwards = input === layer ? kindOf(next).onwards?.(next, which, place) : undefined;
        const isKnown = next.inputs.slice(0, which).includes(input) && onwards === place;
        if (onwards === undefined || isKnown) return null;
        const value = formatNumber(activations[next.index + 1].data[onwards], 3);
        return this.#step(`then ${layerName(model, next.index)} →`, value, { layer: next.index, place: onwards });
      }),
    );
  }

  /** @type {(words: string, text: string, target: Source) => HTMLParagraphElement} */
  #step(words, text, target) {
    return equation(
      words,
      button(text, () => this.onWalk(target), { class: "lead" }),
    );
  }

  focus() {
    this.#title.focus({ preventScroll: true });
  }
}

/** @param {Sum} sum @param {Look} look */
function drawSum(sum, look) {
  return sum.layer < 0 ? drawInput(/** @type {InputSum} */ (sum)) : kindOf(sum).draw(sum, look);
}

/** @type {(model: Model, target: Source, most?: number) => (string | HTMLElement)[]} */
function titleOf(model, { layer, place }, most = 40) {
  if (layer === model.layers.length) return ["softmax, class ", nameOf(clipName(model.classNames[place], most))];
  return [`${layerName(model, layer)}, `, nameOf(placeName(model, layer, place))];
}
