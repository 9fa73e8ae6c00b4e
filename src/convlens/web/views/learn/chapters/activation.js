// Chapter: a bias for each map, and a nonlinear function for every value.

import { element, fill } from "convlens/interface/dom.js";
import { div } from "convlens/interface/parts.js";
import { activate, ACTIVATIONS, ruleOf, USUAL_SLOPE } from "convlens/views/learn/arithmetic/activations.js";
import { bracketed, equalsSign, shortNumber } from "convlens/views/learn/arithmetic/sentences.js";
import { sizeOf } from "convlens/views/learn/arithmetic/tensors.js";
import { Chapter, lineUp, paragraph } from "convlens/views/learn/chapter.js";
import { choice, numberField, optionsOf, tabRow } from "convlens/views/learn/controls.js";
import { drawCurve } from "convlens/views/learn/curve.js";
import { limitOf } from "convlens/views/learn/matrices.js";

/** @import { Matrix } from "convlens/views/learn/arithmetic/tensors.js" */

const STATE = { biases: [/** @type {number[]} */ ([])], activation: "relu", slope: USUAL_SLOPE, chosen: 0 };

/** @extends {Chapter<typeof STATE>} */
export class ActivationChapter extends Chapter {
  /** @param {import("convlens/views/learn/chapters/channels.js").ChannelsChapter} channels whose maps these are */
  constructor(channels) {
    super({ id: "activation", operations: ["activation"], state: { ...STATE } });
    this.channels = channels;
    this.steps = this.stepThrough({ name: "the values", of: "the map", start: 1 });
    this.biases = this.grid("bias", { vector: true, onChange: this.editing("biases") });
    const options = optionsOf(ACTIVATIONS);
    this.activation = choice({ legend: "Activation", options, value: "relu", onChange: this.set("activation") });
    const slope = { label: "Slope below zero", name: "slope", value: this.state.slope, mistakes: this.mistakes };
    this.slope = numberField({ ...slope, onChange: this.set("slope") });
    this.tabs = tabRow({ name: "Which map", onChoose: this.set("chosen") });
    const view = { sized: true, coloured: true, onPick: this.steps.pick };
    this.views = {
      sums: this.matrix("map", { caption: "Map", ...view }),
      biased: this.matrix("map with bias", { caption: "with bias", ...view }),
      activated: this.matrix("activated map", { caption: "activated", ...view }),
    };
    this.curve = div("curve");
    this.rule = paragraph("formula");
    this.#takeMaps(true);
    channels.onMaps((changedSource) => {
      this.#takeMaps(changedSource);
      this.update();
    });
    const { sums, biased, activated } = this.views;
    this.build(
      [
        "Without activations, a network of many layers could do no more than a single layer. The maps are those of the chapter above.",
      ],
      div(
        "controls",
        this.activation,
        this.slope,
        div("field", element("span", {}, "Bias of each map"), div("scroll", this.biases)),
      ),
      this.mistakes,
      this.tabs,
      div("stage trio", lineUp(sums, "→", biased, "→", activated), div("curve-part", this.curve, this.rule)),
      this.steps,
      this.sum,
    );
  }

  /** Takes over bias and activation, unless the maps are the same as before. @param {boolean} changedSource */
  #takeMaps(changedSource) {
    const { biases, activation, slope = USUAL_SLOPE } = this.channels.layer();
    if (changedSource || biases.length !== this.state.biases[0].length) {
      Object.assign(this.state, { biases: [biases], activation, slope });
      this.activation.set(activation);
      this.slope.set(slope);
    }
    this.state.chosen = Math.min(this.state.chosen, biases.length - 1);
    const names = biases.map((_, map) => `map ${map}`);
    this.tabs.offer(names, this.state.chosen);
  }

  /** The maps with their bias and after the activation. */
  maps() {
    return this.channels.drawn.maps.map((map, number) => this.#activate(this.#addBias(map, number)));
  }

  /** @type {(map: Matrix, number: number) => number[][]} */
  #addBias(map, number) {
    return map.map((line) => line.map((value) => value + this.state.biases[0][number]));
  }

  /** @param {Matrix} map */
  #activate(map) {
    return map.map((line) => line.map((value) => activate(value, this.state.activation, this.state.slope)));
  }

  update() {
    const { biases, chosen, activation } = this.state;
    this.tabs.choose(chosen);
    this.slope.root.hidden = activation !== "leaky_relu";
    this.steps.resize(...sizeOf(this.channels.drawn.maps[0]));
    this.biases.show(biases, { chosen: [0, chosen] });
    this.show();
  }

  show() {
    const { biases, chosen, activation, slope } = this.state;
    const [row, column] = this.steps.position;
    const map = this.channels.drawn.maps[chosen];
    const biased = this.#addBias(map, chosen);
    const activated = this.#activate(biased);
    const look = { limit: limitOf([map, biased]), chosen: this.steps.position };
    this.views.sums.show(map, look);
    this.views.biased.show(biased, look);
    this.views.activated.show(activated, { chosen: this.steps.position });
    const [before, total, result] = [map, biased, activated].map((matrix) => matrix[row][column]);
    fill(this.curve, drawCurve({ name: activation, slope, values: biased.flat(), chosen: total }));
    fill(this.rule, `${activation === "none" ? "no activation" : activation}: ${ruleOf(activation, slope)}`);
    const bias = biases[0][chosen];
    const sum = `${shortNumber(before)} + bias ${bracketed(bias)} ${equalsSign(before, bias, total)} ${shortNumber(total)}`;
    this.sum.say(activation === "none" ? sum : `${sum}, ${activation} ${shortNumber(result)}`);
  }
}
