// The grids of the chapter on channels: image, kernel and products a channel, and a map for each kernel.

import { element, fill } from "convlens/interface/dom.js";
import { arrange, drawMaps, drawPicture } from "convlens/interface/maps.js";
import { shortNumber, writePlacement } from "convlens/views/learn/arithmetic/sentences.js";
import { placeKernel, valueAt } from "convlens/views/learn/arithmetic/tensors.js";
import { lineUp } from "convlens/views/learn/chapter.js";
import { limitOf, matrixView } from "convlens/views/learn/matrices.js";

function nameOfChannel(channel, count) {
  if (count === 1) return "grey";
  return count === 3 ? ["red", "green", "blue"][channel] : `channel ${channel}`;
}

/** Grids for so many channels and kernels; kept as long as the counts stay, so that the keyboard's place stays too. */
export function rebuild(parts, state) {
  const { image, kernels } = state.drawn;
  const shape = [image.length, kernels.length, state.source].join();
  if (parts.views?.shape === shape) return;
  const editable = state.source === "own";
  const change = (tensor, [first, ...rest], value) =>
    tensor.map((one, place) => (place !== first ? one : rest.length ? change(one, rest, value) : value));
  const names = image.map((_, channel) => nameOfChannel(channel, image.length));
  const edit =
    (key, ...first) =>
    (row, column, value) => {
      state[key] = change(state[key], [...first.map((one) => (one === null ? state.chosen : one)), row, column], value);
      parts.update();
    };
  const channels = names.map((name, channel) =>
    matrixView({
      name: `image, ${name}`,
      caption: name,
      onChange: editable ? edit("image", channel) : null,
      mistakes: parts.mistakes,
    }),
  );
  const rows = names.map((name, channel) => ({
    name,
    output: element("output", {}),
    covered: matrixView({ name: `covered, ${name}`, caption: channel ? "" : "covered" }),
    kernel: matrixView({
      name: `kernel, ${name}`,
      caption: channel ? "" : "kernel",
      onChange: editable ? edit("kernels", null, channel) : null,
      mistakes: parts.mistakes,
    }),
    products: matrixView({ name: `products, ${name}`, caption: channel ? "" : "products" }),
  }));
  const maps = kernels.map((_, kernel) =>
    matrixView({
      name: `map ${kernel}`,
      onPick: (row, column) => parts.choose(kernel, row * state.drawn.maps[0][0].length + column),
    }),
  );
  parts.views = { shape, channels, rows, maps };
  putUp(parts, image.length);
}

function putUp(parts, count) {
  const { channels, rows, maps } = parts.views;
  fill(
    parts.channels,
    element(
      "figure",
      { class: "matrix" },
      element("figcaption", {}, count === 3 ? "the image" : "the picture"),
      parts.photo,
    ),
    channels.map((view) => view.element),
  );
  fill(
    parts.rows,
    rows.map((row) =>
      element(
        "div",
        { class: "channel-row" },
        element("span", { class: "row-name" }, row.name),
        lineUp(
          row.covered.element,
          "×",
          row.kernel.element,
          "=",
          row.products.element,
          element("span", { class: "partial" }, "partial sum ", row.output),
        ),
      ),
    ),
  );
  fill(
    parts.maps,
    maps.map((view) => view.element),
  );
}

/** Everything that belongs to one placement of the chosen kernel. */
export function showPlacement(parts, state, place) {
  const { image, kernels, sliding, maps, limit, unread, pixels } = state.drawn;
  const width = maps[0][0].length;
  const position = [Math.floor(place / width), place % width];
  const one = placeKernel(image, kernels[state.chosen], sliding, position);
  const imageLimit = limitOf(image);
  paintPhoto(parts.photo, pixels ?? image, pixels ? 255 : imageLimit);
  parts.views.channels.forEach((view, channel) =>
    view.show(image[channel], {
      around: sliding.padding,
      filling: (row, column) => valueAt(image[channel], row, column),
      window: one,
      unread,
      limit: pixels ? imageLimit : undefined,
    }),
  );
  const outside = (row, column) => (one.outside[row][column] ? ["padding"] : []);
  const [weightLimit, productLimit] = [limitOf(kernels[state.chosen]), limitOf(one.products)];
  parts.views.rows.forEach((row, channel) => {
    row.covered.show(one.covered[channel], { classes: outside, aside: "" });
    row.kernel.show(one.kernel[channel], { limit: weightLimit, aside: "" });
    row.products.show(one.products[channel], { limit: productLimit, aside: "" });
    fill(row.output, shortNumber(one.channelSums[channel]));
  });
  // A step changes the chosen map alone; with thirty maps of 64×64 the others would take all the time there is.
  const changed = (map) => state.repaint || map === state.chosen || map === state.shown;
  parts.views.maps.forEach(
    (view, map) =>
      changed(map) &&
      view.show(maps[map], {
        limit,
        hidden: (row, column) => map === state.chosen && row * width + column > place,
        chosen: map === state.chosen ? position : null,
      }),
  );
  Object.assign(state, { repaint: false, shown: state.chosen });
  parts.sum.say(image.length > 1 ? `Partial sums added up: ${writePlacement(one)}` : writePlacement(one, 12));
}

function paintPhoto(canvas, image, full) {
  const shape = [image.length, image[0].length, image[0][0].length];
  const bytes = Uint8ClampedArray.from(image.flat(2), (value) => (full > 0 ? (255 * value) / full : 0));
  drawPicture(canvas, bytes, shape);
  canvas.setAttribute(
    "aria-label",
    `the image, ${shape[1]}×${shape[2]} pixels of ${shape[0]} number${shape[0] === 1 ? "" : "s"}`,
  );
}

/** A kernel as a small picture, its channels side by side. */
export function paintThumb(kernel, limit) {
  const canvas = element("canvas", { class: "thumb", "aria-hidden": "true" });
  const [height, width] = [kernel[0].length, kernel[0][0].length];
  const scale = Math.max(2, Math.floor(18 / Math.max(height, width)));
  drawMaps(
    canvas,
    kernel.flat(2),
    arrange({ count: kernel.length, height, width, columns: kernel.length, scale, gap: 1 }),
    { limit },
  );
  return canvas;
}
