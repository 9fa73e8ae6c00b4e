/** What spoke for and against a class: gradient times input, number by number, over the picture. */

import { attribution } from "convlens/engine/attribution.js";
import { element, fill } from "convlens/interface/dom.js";
import { formatNumber, formatSigned } from "convlens/interface/format.js";
import { arrange, drawMaps, drawPicture, largestSize } from "convlens/interface/maps.js";
import { clipName } from "convlens/views/look/places.js";

const SIZE = 280;

/** The panel, in `root`. */
export class HeatPanel {
  constructor() {
    Object.assign(this, { model: null, session: null, chosen: null });
    this.choice = element("select", { id: "heat-class", onChange: () => this.choose() });
    this.heat = element("canvas", { role: "img" });
    this.picture = element("canvas", { role: "img", "aria-label": "What the network sees" });
    this.words = element("p", {});
    this.low = element("span");
    this.high = element("span");
    this.root = element(
      "div",
      { class: "heat" },
      element("div", { class: "row" }, element("label", { for: "heat-class" }, "Class"), this.choice),
      this.words,
      element(
        "div",
        { class: "heat-pictures" },
        element("figure", {}, this.picture, element("figcaption", { class: "small soft" }, "What the network sees")),
        element(
          "figure",
          {},
          this.heat,
          element(
            "figcaption",
            { class: "legend" },
            this.low,
            element("span", { class: "scale", "aria-hidden": "true" }),
            this.high,
          ),
        ),
      ),
      element(
        "p",
        { class: "small soft" },
        "Gradient × input: how fast the class’s logit grows with a pixel, found by one backward pass through all layers, times how far the pixel is from an empty picture. " +
          "It says what counted in this picture, not what would count in another.",
      ),
    );
  }

  /** Another model: asked about is the class that is likeliest. */
  build(model) {
    Object.assign(this, { model, session: null, chosen: null });
    fill(
      this.choice,
      element("option", { value: "" }, "the likeliest"),
      model.classNames.map((name, number) => element("option", { value: number }, clipName(name))),
    );
  }

  choose() {
    this.chosen = this.choice.value === "" ? null : Number(this.choice.value);
    if (this.session) this.show(this.session);
  }

  show(session) {
    this.session = session;
    if (!session.activations) return;
    const number = this.chosen ?? session.best;
    const total = totalOfChannels(attribution(this.model, session.activations, number).data, this.model.inputShape);
    this.drawPictures(total, session.pixels);
    this.write(total, clipName(this.model.classNames[number]));
  }

  drawPictures(total, pixels) {
    const { inputShape } = this.model;
    const [, height, width] = inputShape;
    const scale = SIZE / Math.max(height, width);
    const limit = largestSize(total);
    drawMaps(this.heat, total, arrange({ count: 1, height, width, scale }), { limit });
    drawPicture(this.picture, pixels, inputShape, scale);
    this.low.textContent = formatNumber(-limit);
    this.high.textContent = formatSigned(limit);
  }

  write(total, name) {
    const [pro, contra] = sums(total);
    this.heat.setAttribute(
      "aria-label",
      `What spoke for and against ${name}: for it ${formatSigned(pro)}, against it ${formatNumber(contra)} in all`,
    );
    fill(
      this.words,
      "Blue pixels spoke for ",
      element("bdi", { dir: "auto" }, name),
      ` (${formatSigned(pro)} to its logit in all), orange ones against it (${formatNumber(contra)}).`,
    );
  }
}

/** One map of all channels: a pixel speaks with all its colours at once. */
function totalOfChannels(values, [, height, width]) {
  const total = new Float32Array(height * width);
  for (let place = 0; place < values.length; place += 1) total[place % total.length] += values[place];
  return total;
}

function sums(values) {
  let pro = 0,
    contra = 0;
  for (const value of values) {
    if (value > 0) pro += value;
    else contra += value;
  }
  return [pro, contra];
}
