/** The sum of a convolution: patch × kernel = products, channel by channel, and the total. */

import { element, fill } from "convlens/interface/dom.js";
import { plural, TIMES } from "convlens/interface/format.js";
import { largestSize } from "convlens/interface/maps.js";
import { button, div } from "convlens/interface/parts.js";
import { layerName } from "convlens/views/look/places.js";
import { numberGrid } from "convlens/views/look/sums/number_grid.js";
import { equation, named, operator, result, signed } from "convlens/views/look/sums/terms.js";

/** @import { Model } from "convlens/engine/network.js" */
/** @import { ChannelSum, ConvSum } from "convlens/layers/conv.js" */
/** @import { Look, Sum } from "convlens/views/look/sums/terms.js" */

const MOST = 8;
const MOST_TERMS = 16;

/** @typedef {{ patch: number, kernel: number, products: number }} Limits */

/** @type {(sum: Sum & ConvSum, look: Look) => (HTMLDivElement | null)[]} */
export function drawConvolution(sum, look) {
  const { channels, bias, total } = sum;
  const { inputs, weight } = look.model.layers[sum.layer];
  const limits = {
    patch: look.limitOf(inputs[0]),
    kernel: largestSize(weight?.data ?? []),
    products: Math.max(...channels.map(({ products }) => largestSize(products))),
  };
  const bySize = channels.toSorted((one, other) => Math.abs(other.sum) - Math.abs(one.sum));
  const ranked = channels.length <= MOST ? channels : bySize;
  const list = element("div", { class: "channels", style: { "--kernel": sum.window.columns } });
  const drawOne = (/** @type {ChannelSum} */ channel) => drawChannel(sum, channel, limits, look);
  const draw = (/** @type {number} */ count) => fill(list, ranked.slice(0, count).map(drawOne));
  draw(MOST);
  return [
    list,
    channels.length > MOST ? moreButton(channels.length, draw) : null,
    equation(termsOf(channels), named(signed(bias), "bias"), "=", result(total)),
  ];
}

/** @type {(channels: ChannelSum[]) => HTMLSpanElement[]} The sum of each channel, or one sum for many channels. */
function termsOf(channels) {
  if (channels.length > MOST_TERMS) {
    return [named(signed(channels.reduce((all, { sum }) => all + sum, 0)), plural(channels.length, "channel"))];
  }
  return channels.map(({ sum, channel }) =>
    named(signed(sum), channels.length === 1 ? "products" : `channel ${channel}`),
  );
}

/** @type {(sum: Sum & ConvSum, channel: ChannelSum, limits: Limits, look: Look) => HTMLDivElement} */
function drawChannel(sum, channel, limits, { model, onSource }) {
  const { inputs, inputShape } = model.layers[sum.layer];
  const name = `channel ${channel.channel}`;
  const source = inputs[0] < 0 ? "the image" : layerName(model, inputs[0]);
  const { padding, sources } = channel;
  const grey = greyOf(model, inputs[0], channel.channel);
  const grid = (/** @type {"patch" | "kernel" | "products"} */ part, options = {}) => {
    const names = { label: `${part}, ${name}`, limit: limits[part] };
    const numbers = numberGrid(channel[part], sum.window.columns, { ...names, ...options });
    return div("captioned", numbers, element("span", { class: "named-name", "aria-hidden": "true" }, part));
  };
  const where = inputShape[0] > 1 ? `${name} of ${source}` : `from ${source}`;
  const factors = [grid("patch", { grey, padding, sources, onSource }), operator(TIMES), grid("kernel"), operator("=")];
  const outcome = [grid("products", { padding }), operator("→"), named(signed(channel.sum), "sum")];
  return div("channel", element("p", { class: "channel-name small soft" }, where), div("product", factors, outcome));
}

/** @type {(count: number, draw: (count: number) => void) => HTMLParagraphElement} */
function moreButton(count, draw) {
  let all = false;
  const toggle = () => {
    all = !all;
    draw(all ? count : MOST);
    more.textContent = all ? `Show the ${MOST} largest` : `Show all ${count} channels`;
  };
  const more = button(`Show all ${count} channels`, toggle, { class: "quiet small" });
  return element("p", { class: "small soft" }, `The ${MOST} channels with the largest sums are shown. `, more);
}

/** @type {(model: Model, layer: number, channel: number) => [number, number] | null} Black and white after normalisation. */
export function greyOf({ normalisation: { mean, std } }, layer, channel) {
  return layer < 0 ? [-mean[channel] / std[channel], (1 - mean[channel]) / std[channel]] : null;
}
