/** How large the maps of a layer are drawn and how many beside each other; arithmetic alone. */

import { arrange } from "convlens/interface/maps.js";

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

/** How many of a layer's maps, or of a vector's numbers, are drawn before somebody asks for all. */
export function mostShown(shape) {
  if (shape.length === 1) return MOST_NUMBERS;
  return Math.max(shape[1], shape[2]) > 48 ? MOST_MAPS / 2 : MOST_MAPS;
}

/** Whether a vector is so short that every number is written out. */
export function isLabelled(shape) {
  return shape.length === 1 && shape[0] <= MOST_LABELLED;
}

/**
 * The layout of a layer's maps (see `arrange`): in columns of at most `HEIGHT` pixels, or, where they lie as rows, as many beside
 * each other as fit into `width`. `larger` enlarges them, as the input is; `line` is the height of a line of text.
 */
export function layOut(shape, count, { width = null, larger = false, line = 22 } = {}) {
  if (shape.length === 1) return layOutVector(count, width, line);
  const [, high, wide] = shape;
  const side = Math.max(high, wide);
  let scale = SCALES.find(([least]) => side >= least)[1];
  if (larger) scale = Math.max(scale, Math.floor(88 / side));
  const gap = Math.max(1, Math.round(GAP / scale));
  const room = width ?? Infinity;
  const across = Math.max(1, Math.floor((room + gap * scale) / ((wide + gap) * scale)));
  if (width !== null) return arrange({ count, height: high, width: wide, columns: across, scale, gap });
  const most = Math.max(1, Math.floor((HEIGHT + gap * scale) / ((high + gap) * scale)));
  return arrange({ count, height: high, width: wide, columns: Math.ceil(count / most), scale, gap });
}

function layOutVector(count, width, line) {
  if (count <= MOST_LABELLED) return arrange({ count, height: 1, width: 1, columns: 1, scale: line, gap: 0 });
  const scale = count <= 128 ? 10 : count <= 512 ? 6 : 4;
  const columns =
    width === null ? Math.ceil(count / Math.floor(HEIGHT / scale)) : Math.min(count, Math.floor(width / scale));
  return arrange({
    count,
    height: 1,
    width: 1,
    columns: Math.max(width === null && count > 64 ? 8 : 1, columns),
    scale,
    gap: 0,
  });
}

/** The SVG path around every map, in pixels of the canvas. */
export function outlines(layout) {
  if (layout.height === 1 && layout.width === 1 && layout.gap === 0)
    return `M0 0h${layout.pixelWidth}v${layout.pixelHeight}h${-layout.pixelWidth}z`;
  return Array.from({ length: layout.count }, (_, map) =>
    rectangle(layout, map, { top: 0, left: 0, bottom: layout.height, right: layout.width }),
  ).join("");
}

/** The SVG path around a part of one map; bottom and right are outside. */
export function rectangle(layout, map, { top, left, bottom, right }) {
  const y = Math.floor(map / layout.columns) * (layout.height + layout.gap) + top;
  const x = (map % layout.columns) * (layout.width + layout.gap) + left;
  return `M${x} ${y}h${right - left}v${bottom - top}h${left - right}z`;
}
