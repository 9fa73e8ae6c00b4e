/**
 * Arrays as images: one canvas pixel per number, enlarged by CSS without smoothing. All maps of a layer share one
 * canvas and are painted by one putImageData: eight maps of 28 × 28 take a tenth of a millisecond.
 */

import { divergingTable, greyTable } from "convlens/interface/colours.js";

/** @import { Theme } from "convlens/interface/colours.js" */

/**
 * The arrangement of maps on a canvas: `count` maps, each `height` × `width`, in rows of `columns`. `gap` and the two
 * pixel sizes are in pixels of the canvas; `scale` is the number of CSS pixels per canvas pixel.
 * @typedef {{
 *   count: number, height: number, width: number, columns: number, gap: number, scale: number,
 *   pixelWidth: number, pixelHeight: number,
 * }} Layout
 */

/**
 * The pixels of each canvas, kept for the next painting; `words` is the same memory with one number per pixel.
 * @type {WeakMap<HTMLCanvasElement, { image: ImageData, words: Uint32Array }>}
 */
const buffers = new WeakMap();

/**
 * @param {{ count: number, height: number, width: number, columns?: number, scale?: number, gap?: number }} maps
 * @returns {Layout}
 */
export function arrange({ count, height, width, columns = 1, scale = 2, gap = 2 }) {
  const across = Math.min(columns, count);
  const rows = Math.ceil(count / across);
  return {
    count,
    height,
    width,
    columns: across,
    gap,
    scale,
    pixelWidth: across * (width + gap) - gap,
    pixelHeight: rows * (height + gap) - gap,
  };
}

/** @type {(layout: Layout, index: number) => number[]} [top, left] of a map in pixels of the canvas. */
export function originOf(layout, index) {
  return [
    Math.floor(index / layout.columns) * (layout.height + layout.gap),
    (index % layout.columns) * (layout.width + layout.gap),
  ];
}

/** The map, row and column under a point in CSS pixels; null in a gap. */
/** @param {Layout} layout @param {number} x @param {number} y */
export function placeUnder(layout, x, y) {
  const column = Math.floor(x / layout.scale),
    row = Math.floor(y / layout.scale);
  const across = Math.floor(column / (layout.width + layout.gap)),
    down = Math.floor(row / (layout.height + layout.gap));
  const inColumn = column - across * (layout.width + layout.gap),
    inRow = row - down * (layout.height + layout.gap);
  const map = down * layout.columns + across;
  if (column < 0 || row < 0 || across >= layout.columns || map >= layout.count) return null;
  return inColumn < layout.width && inRow < layout.height ? { map, row: inRow, column: inColumn } : null;
}

/**
 * Paints maps (C×H×W, the first `layout.count` of them) on a canvas.
 *
 * `limit` is the absolute value that gets the full colour, by default the largest one in `data`. With
 * `grey: [low, high]` the values are painted from black to white instead. Returns the limit.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} data
 * @param {Layout} layout
 * @param {{ limit?: number, grey?: number[] | null, theme?: Theme }} [colours]
 */
export function drawMaps(canvas, data, layout, { limit, grey, theme } = {}) {
  const { count, height, width } = layout;
  const scale = limit ?? largestSize(data);
  const { image, words } = bufferOf(canvas, layout);
  const table = grey ? greyTable() : divergingTable(theme);
  // value · factor + middle is the entry in the table; NaN becomes the middle, since a typed array's NaN index would
  // paint nothing.
  const [factor, middle, last] = grey
    ? [255 / (grey[1] - grey[0] || 1), (-255 * grey[0]) / (grey[1] - grey[0] || 1), 255]
    : [scale > 0 ? 255 / scale : 0, 255, 510];
  for (let map = 0, source = 0; map < count; map += 1) {
    const [top, left] = originOf(layout, map);
    for (let row = 0; row < height; row += 1) {
      let target = (top + row) * layout.pixelWidth + left;
      for (let column = 0; column < width; column += 1, source += 1, target += 1) {
        const entry = ((data[source] * factor || 0) + middle + 0.5) | 0;
        words[target] = table[entry < 0 ? 0 : entry > last ? last : entry];
      }
    }
  }
  contextOf(canvas).putImageData(image, 0, 0);
  return scale;
}

// Gives a canvas the size of the layout, and returns its pixels.
/** @param {HTMLCanvasElement} canvas @param {Layout} layout */
function bufferOf(canvas, { pixelWidth, pixelHeight, scale }) {
  const earlier = buffers.get(canvas);
  if (earlier && canvas.width === pixelWidth && canvas.height === pixelHeight) return earlier;
  canvas.width = pixelWidth;
  canvas.height = pixelHeight;
  canvas.style.width = `${pixelWidth * scale}px`;
  canvas.style.height = `${pixelHeight * scale}px`;
  const image = contextOf(canvas).createImageData(pixelWidth, pixelHeight);
  const buffer = { image, words: new Uint32Array(image.data.buffer) };
  buffers.set(canvas, buffer);
  return buffer;
}

/**
 * Returns the drawing context of a canvas.
 * @type {(canvas: HTMLCanvasElement, settings?: CanvasRenderingContext2DSettings) => CanvasRenderingContext2D}
 */
export function contextOf(canvas, settings) {
  const context = canvas.getContext("2d", settings);
  if (!context) throw new Error("this browser can't draw on a canvas.");
  return context;
}

/**
 * Paints an image of C×H×W bytes: one channel in grey, three in colour. CSS enlarges it by `scale`.
 * @type {(canvas: HTMLCanvasElement, pixels: ArrayLike<number>, shape: number[], scale?: number) => void}
 */
export function drawPicture(canvas, pixels, [channels, height, width], scale) {
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  if (scale) [canvas.style.width, canvas.style.height] = [`${width * scale}px`, `${height * scale}px`];
  const context = contextOf(canvas);
  const image = context.createImageData(width, height);
  const plane = height * width;
  for (let place = 0; place < plane; place += 1) {
    for (let part = 0; part < 3; part += 1) {
      image.data[place * 4 + part] = pixels[(channels === 3 ? part * plane : 0) + place];
    }
    image.data[place * 4 + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

/** @type {(data: ArrayLike<number>) => number} The largest absolute value; 0 if `data` is empty. */
export function largestSize(data) {
  let largest = 0;
  for (let place = 0; place < data.length; place += 1) {
    const size = Math.abs(data[place]);
    if (size > largest) largest = size;
  }
  return largest;
}
