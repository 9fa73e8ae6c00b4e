/** What spoke for and against a class: gradient times input, number by number, over the picture. */

import { attribution } from "convlens/engine/attribution.js";
import { element, fill } from "convlens/interface/dom.js";
import { formatNumber, formatSigned } from "convlens/interface/format.js";
import { arrange, drawMaps, drawPicture, largestSize } from "convlens/interface/maps.js";
import { clipName } from "convlens/views/look/places.js";

const SIZE = 280;

/** The panel: `{ root, build(model), show(session) }`. */
export function makeHeatPanel() {
  const choice = element("select", { id: "heat-class", onChange: () => {
    chosen = choice.value === "" ? null : Number(choice.value);
    if (session) show(session);
  } });
  const heat = element("canvas", { role: "img" });
  const picture = element("canvas", { role: "img", "aria-label": "What the network sees" });
  const words = element("p", {});
  const low = element("span"), high = element("span");
  const root = element("div", { class: "heat" },
    element("div", { class: "row" }, element("label", { for: "heat-class" }, "Class"), choice),
    words,
    element("div", { class: "heat-pictures" },
      element("figure", {}, picture, element("figcaption", { class: "small soft" }, "What the network sees")),
      element("figure", {}, heat, element("figcaption", { class: "legend" }, low, element("span", { class: "scale", "aria-hidden": "true" }), high))),
    element("p", { class: "small soft" },
      "Gradient × input: how fast the class’s logit grows with a pixel, found by one backward pass through all layers, times how far the pixel is from an empty picture. " +
      "It says what counted in this picture, not what would count in another."));
  let model = null, session = null, chosen = null;

  function show(next) {
    session = next;
    if (!session.activations) return;
    const number = chosen ?? session.best;
    const share = attribution(model, session.activations, number);
    const [channels, height, width] = model.inputShape;
    // One map of all channels: a pixel speaks with all its colours at once.
    const total = new Float32Array(height * width);
    for (let place = 0; place < share.data.length; place += 1) total[place % total.length] += share.data[place];
    const scale = SIZE / Math.max(height, width);
    const limit = largestSize(total);
    drawMaps(heat, total, arrange({ count: 1, height, width, scale }), { limit });
    drawPicture(picture, session.pixels, [channels, height, width], scale);
    const [pro, contra] = sums(total);
    const name = clipName(model.classNames[number]);
    low.textContent = formatNumber(-limit);
    high.textContent = formatSigned(limit);
    heat.setAttribute("aria-label", `What spoke for and against ${name}: for it ${formatSigned(pro)}, against it ${formatNumber(contra)} in all`);
    fill(words, "Blue pixels spoke for ", element("bdi", { dir: "auto" }, name), ` (${formatSigned(pro)} to its logit in all), orange ones against it (${formatNumber(contra)}).`);
  }

  return {
    root,
    show,
    build(next) {
      [model, chosen, session] = [next, null, null];
      fill(choice, element("option", { value: "" }, "the likeliest"), model.classNames.map((name, number) => element("option", { value: number }, clipName(name))));
    },
    /** Asks about this class from now on. */
    ask(number) {
      chosen = number;
      choice.value = String(number);
    },
  };
}

function sums(values) {
  let pro = 0, contra = 0;
  for (const value of values) {
    if (value > 0) pro += value;
    else contra += value;
  }
  return [pro, contra];
}
