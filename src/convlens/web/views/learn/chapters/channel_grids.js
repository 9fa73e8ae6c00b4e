// The grids of the chapter on channels: image, kernel and products of each channel, and a map for each kernel.

import { element, fill } from "convlens/interface/dom.js";
import { plural } from "convlens/interface/format.js";
import { arrange, drawMaps, drawPicture } from "convlens/interface/maps.js";
import { div } from "convlens/interface/parts.js";
import { shortNumber, writeKernelSum } from "convlens/views/learn/arithmetic/sentences.js";
import { replaceAt, valueAt } from "convlens/views/learn/arithmetic/tensors.js";
import { lineUp } from "convlens/views/learn/chapter.js";
import { limitOf } from "convlens/views/learn/matrices.js";

/** @import { Tensor } from "convlens/views/learn/arithmetic/tensors.js" */
/** @import { MatrixView, OnChange } from "convlens/views/learn/matrices.js" */

/** @typedef {{ covered: MatrixView, kernel: MatrixView, products: MatrixView, output: HTMLElement }} ChannelRow */

export class ChannelGrids {
  channelStage = div("stage tight");
  rowStage = div("channel-rows");
  mapStage = div("stage tight");
  photo = element("canvas", { class: "photo", role: "img" });
  /** The channels, kernels and source of the grids: while it stays the same, grids and keyboard focus are kept. */
  shape = "";
  /** @type {MatrixView[]} */
  channels = [];
  /** @type {ChannelRow[]} */
  rows = [];
  /** @type {MatrixView[]} */
  maps = [];
  /** The map that showed the window last; null if all have to be painted. */
  shown = /** @type {number | null} */ (null);

  /** @param {import("convlens/views/learn/chapters/channels.js").ChannelsChapter} chapter */
  constructor(chapter) {
    this.chapter = chapter;
  }

  forget() {
    this.shape = "";
  }

  /** Rebuilds the grids if the channels or kernels changed. */
  prepare() {
    const { drawn, state } = this.chapter;
    this.shown = null;
    const shape = [drawn.image.length, drawn.kernels.length, state.source].join();
    if (shape === this.shape) return;
    this.shape = shape;
    const names = drawn.image.map((_, channel) => nameOfChannel(channel, drawn.image.length));
    this.channels = names.map((name, channel) => this.#buildChannel(name, channel));
    this.rows = names.map((name, channel) => this.#buildRow(name, channel));
    this.maps = drawn.kernels.map((_, kernel) => this.#buildMap(kernel));
    const heading = element("figcaption", {}, "the image");
    const photo = element("figure", { class: "matrix" }, heading, this.photo);
    fill(this.channelStage, photo, this.channels);
    const rows = names.map((name, channel) => drawRow(name, this.rows[channel]));
    fill(this.rowStage, rows);
    fill(this.mapStage, this.maps);
  }

  /** @type {(name: string, channel: number) => MatrixView} */
  #buildChannel(name, channel) {
    const { chapter } = this;
    const onChange = this.#editing((row, column, value) => {
      const { image } = chapter.state;
      chapter.set("image")(image.with(channel, replaceAt(image[channel], row, column, value)));
    });
    const coloured = chapter.state.source === "model";
    return chapter.matrix(`image, ${name}`, { caption: name, sized: true, coloured, onChange });
  }

  /** @type {(name: string, channel: number) => ChannelRow} */
  #buildRow(name, channel) {
    const { chapter } = this;
    const onChange = this.#editing((row, column, value) => {
      const { kernels, chosen } = chapter.state;
      const kernel = kernels[chosen].with(channel, replaceAt(kernels[chosen][channel], row, column, value));
      chapter.set("kernels")(kernels.with(chosen, kernel));
    });
    /** @type {(word: string, options?: Parameters<typeof chapter.matrix>[1]) => MatrixView} */
    const view = (word, options) => chapter.matrix(`${word}, ${name}`, { caption: channel ? "" : word, ...options });
    return {
      covered: view("covered"),
      kernel: view("kernel", { coloured: true, onChange }),
      products: view("products", { coloured: true }),
      output: element("output"),
    };
  }

  /** @param {number} kernel */
  #buildMap(kernel) {
    const { chapter } = this;
    return chapter.matrix(`map ${kernel}`, {
      sized: true,
      coloured: true,
      onPick: (row, column) => chapter.choose(kernel, row * chapter.steps.width + column),
    });
  }

  /** A person can change only custom numbers, not those of a model. @param {OnChange} onChange */
  #editing(onChange) {
    return this.chapter.state.source === "model" ? undefined : onChange;
  }

  /** @param {import("convlens/views/learn/arithmetic/tensors.js").KernelSum} one of the chosen kernel */
  show(one) {
    const { image, sliding, unread, pixels } = this.chapter.drawn;
    const limit = limitOf(image);
    paintPhoto(this.photo, pixels ?? image, pixels ? 255 : limit);
    for (const [channel, view] of this.channels.entries()) {
      const filling = (/** @type {number} */ row, /** @type {number} */ column) => valueAt(image[channel], row, column);
      view.show(image[channel], { around: sliding.padding, filling, window: one, unread, limit });
    }
    const [weightLimit, productLimit] = [limitOf(one.kernel), limitOf(one.products)];
    for (const [channel, row] of this.rows.entries()) {
      row.covered.show(one.covered[channel], { classes: (y, x) => (one.outside[y][x] ? "padding" : "") });
      row.kernel.show(one.kernel[channel], { limit: weightLimit });
      row.products.show(one.products[channel], { limit: productLimit });
      fill(row.output, shortNumber(one.channelSums[channel]));
    }
    this.#showMaps();
    const { sum } = this.chapter;
    sum.say(image.length > 1 ? `Partial sums added up: ${writeKernelSum(one)}` : writeKernelSum(one, 12));
  }

  #showMaps() {
    const { drawn, state, steps } = this.chapter;
    for (const [map, view] of this.maps.entries()) {
      const chosen = map === state.chosen;
      // A step changes only the chosen map; painting thirty maps of 64×64 would take too long.
      if (this.shown !== null && !chosen && map !== this.shown) continue;
      const look = chosen ? { hidden: steps.isAhead, chosen: steps.position } : {};
      view.show(drawn.maps[map], { limit: drawn.limit, ...look });
    }
    this.shown = state.chosen;
  }
}

/** @type {(channel: number, count: number) => string} */
function nameOfChannel(channel, count) {
  if (count === 1) return "grey";
  return count === 3 ? ["red", "green", "blue"][channel] : `channel ${channel}`;
}

/** @type {(name: string, row: ChannelRow) => HTMLDivElement} */
function drawRow(name, { covered, kernel, products, output }) {
  const partial = element("span", { class: "partial" }, "partial sum ", output);
  const heading = element("span", { class: "row-name" }, name);
  return div("channel-row", heading, lineUp(covered, "×", kernel, "=", products, partial));
}

/** @param {HTMLCanvasElement} canvas @param {Tensor} image @param {number} full the value of full brightness */
function paintPhoto(canvas, image, full) {
  const shape = [image.length, image[0].length, image[0][0].length];
  const bytes = Uint8ClampedArray.from(image.flat(2), (value) => (255 * value) / full); // NaN becomes 0
  drawPicture(canvas, bytes, shape);
  canvas.setAttribute("aria-label", `the image, ${shape[1]}×${shape[2]} pixels of ${plural(shape[0], "number")}`);
}

/** @type {(kernel: Tensor, limit: number) => HTMLCanvasElement} A small image, the channels side by side. */
export function paintThumb(kernel, limit) {
  const canvas = element("canvas", { class: "thumb", "aria-hidden": "true" });
  const [count, height, width] = [kernel.length, kernel[0].length, kernel[0][0].length];
  const scale = Math.max(2, Math.floor(18 / Math.max(height, width)));
  drawMaps(canvas, kernel.flat(2), arrange({ count, height, width, columns: count, scale, gap: 1 }), { limit });
  return canvas;
}
