/** The sum of a convolution: patch × kernel = products, channel by channel, and what they add up to. */

import { element, fill } from "convlens/interface/dom.js";
import { plural, TIMES } from "convlens/interface/format.js";
import { largestSize } from "convlens/interface/maps.js";
import { numberGrid } from "convlens/views/look/sums/number_grid.js";
import { equation, named, result, signed } from "convlens/views/look/sums/terms.js";

const MOST = 8;

/** The drawing of `sum` (of `sumBehind`); `look`: `{ model, limitOf(layer), onSource }`. */
export function drawConvolution(sum, look) {
  const { channels, bias, total } = sum;
  const limits = {
    patch: look.limitOf(sum.layer - 1),
    kernel: largestSize(look.model.layers[sum.layer].weight.data),
    products: Math.max(...channels.map(({ products }) => largestSize(products))),
  };
  const grey = sum.layer === 0 ? inputRange(look.model) : null;
  const ranked =
    channels.length <= MOST ? channels : [...channels].sort((one, other) => Math.abs(other.sum) - Math.abs(one.sum));
  const list = element("div", { class: "channels", style: { "--kernel": sum.window.columns } });
  const draw = (count) =>
    fill(
      list,
      ranked.slice(0, count).map((channel) => drawChannel(sum, channel, limits, grey?.[channel.channel], look)),
    );
  draw(MOST);
  return [
    list,
    channels.length > MOST ? moreButton(channels.length, draw) : null,
    equation(
      ...(channels.length <= 16
        ? channels.map(({ sum: part, channel }) =>
            named(signed(part), channels.length === 1 ? "products" : `channel ${channel}`),
          )
        : [named(signed(channels.reduce((all, { sum: part }) => all + part, 0)), plural(channels.length, "channel"))]),
      named(signed(bias), "bias"),
      "=",
      result(total),
    ),
  ];
}

function drawChannel(sum, channel, limits, grey, look) {
  const columns = sum.window.columns;
  const name = `channel ${channel.channel}`;
  const source = sum.layer === 0 ? "of the picture" : `of ${look.model.layers[sum.layer - 1].text}`;
  return element(
    "div",
    { class: "channel" },
    element(
      "p",
      { class: "channel-name small soft" },
      sum.channels.length > 1 ? `${name} ${source}` : source.replace("of ", "from "),
    ),
    element(
      "div",
      { class: "product" },
      captioned(
        "patch",
        numberGrid(channel.patch, columns, {
          label: `patch, ${name}`,
          limit: limits.patch,
          grey,
          padding: channel.padding,
          sources: channel.sources,
          onSource: look.onSource,
        }),
      ),
      operator(TIMES),
      captioned("kernel", numberGrid(channel.kernel, columns, { label: `kernel, ${name}`, limit: limits.kernel })),
      operator("="),
      captioned(
        "products",
        numberGrid(channel.products, columns, {
          label: `products, ${name}`,
          limit: limits.products,
          padding: channel.padding,
        }),
      ),
      operator("→"),
      named(signed(channel.sum), "sum"),
    ),
  );
}

function captioned(text, grid) {
  return element(
    "div",
    { class: "captioned" },
    grid,
    element("span", { class: "named-name", "aria-hidden": "true" }, text),
  );
}

function operator(sign) {
  return element("span", { class: "operator" }, sign);
}

function moreButton(count, draw) {
  const button = element(
    "button",
    {
      type: "button",
      class: "quiet small",
      onClick: () => {
        const all = button.dataset.all === undefined;
        if (all) button.dataset.all = "";
        else delete button.dataset.all;
        draw(all ? count : MOST);
        button.textContent = all ? `Show the ${MOST} largest` : `Show all ${count} channels`;
      },
    },
    `Show all ${count} channels`,
  );
  return element("p", { class: "small soft" }, `The ${MOST} channels with the largest sums are shown. `, button);
}

/** What black and white are after normalisation, channel by channel. */
export function inputRange(model) {
  const { mean, std } = model.normalisation;
  return mean.map((middle, channel) => [(0 - middle) / std[channel], (1 - middle) / std[channel]]);
}
