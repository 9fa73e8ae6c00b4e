/** Computes the scale and the arrangement of a layer's maps. */

import { arrange } from "convlens/interface/maps.js";

/** @import { Box } from "convlens/engine/fields.js" */

/** @typedef {ReturnType<typeof arrange>} Layout */

// [size, pixels]: maps of at least this size get this many pixels per number.
const SCALES = [
  [48, 1],
  [24, 2],
  [12, 3],
  [6, 5],
  [3, 8],
  [0, 12],
];
const GAP = 6;
const HEIGHT = 500;
const MOST_MAPS = 16;
const MOST_NUMBERS = 1024;
const MOST_LABELLED = 16;

/** @type {(shape: number[]) => number} The most maps or numbers of a layer that are drawn at first. */
export function mostShown(shape) {
  if (shape.length === 1) return MOST_NUMBERS;
  return Math.max(shape[1], shape[2]) > 48 ? MOST_MAPS / 2 : MOST_MAPS;
}

/** @type {(shape: number[]) => boolean} Whether a vector is short enough to show every number as text. */
export function isLabelled(shape) {
  return shape.length === 1 && shape[0] <= MOST_LABELLED;
}

/**
 * The layout of a layer's maps (see `arrange`): in columns of at most `HEIGHT` pixels, or in rows of at most `width`
 * pixels. `larger` enlarges them, for the input; `line` is the height of a line of text.
 * @param {number[]} shape
 * @param {number} count
 * @param {{ width?: number | null, larger?: boolean, line?: number }} options
 */
export function layOut(shape, count, { width = null, larger = false, line = 22 } = {}) {
  if (shape.length === 1) return layOutVector(count, width, line);
  const [, high, wide] = shape;
  const side = Math.max(high, wide);
  const usual = SCALES.find(([least]) => side >= least)?.[1] ?? 1;
  const scale = larger ? Math.max(usual, Math.floor(88 / side)) : usual;
  const gap = Math.max(1, Math.round(GAP / scale));
  const fitting = (/** @type {number} */ room, /** @type {number} */ size) =>
    Math.max(1, Math.floor((room + gap * scale) / ((size + gap) * scale)));
  const columns = width === null ? Math.ceil(count / fitting(HEIGHT, high)) : fitting(width, wide);
  return arrange({ count, height: high, width: wide, columns, scale, gap });
}

/** @param {number} count @param {number | null} width @param {number} line */
function layOutVector(count, width, line) {
  const numbers = { count, height: 1, width: 1, gap: 0 };
  if (count <= MOST_LABELLED) return arrange({ ...numbers, columns: 1, scale: line });
  const scale = count <= 128 ? 10 : count <= 512 ? 6 : 4;
  if (width !== null) return arrange({ ...numbers, columns: Math.min(count, Math.floor(width / scale)), scale });
  const columns = Math.ceil(count / Math.floor(HEIGHT / scale));
  return arrange({ ...numbers, columns: Math.max(count > 64 ? 8 : 1, columns), scale });
}

/** @type {(layout: Layout) => string} The SVG path around every map, in pixels of the canvas. */
export function outlines(layout) {
  if (layout.height === 1 && layout.width === 1 && layout.gap === 0)
    return `M0 0h${layout.pixelWidth}v${layout.pixelHeight}h${-layout.pixelWidth}z`;
  const whole = { top: 0, left: 0, bottom: layout.height, right: layout.width };
  return Array.from({ length: layout.count }, (_nothing, map) => rectangle(layout, map, whole)).join("");
}

/** @type {(layout: Layout, map: number, box: Box) => string} The SVG path around a part of one map. */
export function rectangle(layout, map, { top, left, bottom, right }) {
  const y = Math.floor(map / layout.columns) * (layout.height + layout.gap) + top;
  const x = (map % layout.columns) * (layout.width + layout.gap) + left;
  return `M${x} ${y}h${right - left}v${bottom - top}h${left - right}z`;
}

/** The font size (1 rem) in pixels, for parts that are aligned with text. */
export function letterSize() {
  return parseFloat(getComputedStyle(document.documentElement).fontSize);
}
