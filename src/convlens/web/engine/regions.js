// Regions: the channels, rows and columns of a layer that a number in a later layer depends on.
//
// Rows and columns are traced back through the layers one by one, because padding is not part of a map, and some rows
// may be unused or skipped by a dilated kernel. The free rows are those of maps without edges.
// In a vector, each number counts as a map with one row and one column.

import { positionOf } from "convlens/engine/decode.js";

/** @typedef {[first: number, end: number]} Extent a range without its end */

/**
 * Rows and columns are sorted; a region without rows or without columns is empty.
 * @typedef {{ channels: Extent, rows: number[], columns: number[], freeRows: Extent, freeColumns: Extent }} Region
 */

/** @type {(channels: Extent, rows: number[], columns: number[]) => Region} */
export function regionOf(channels, rows, columns) {
  return { channels, rows, columns, freeRows: hull(rows), freeColumns: hull(columns) };
}

/** @type {(shape: number[], place: number) => Region} The region of one number. */
export function placeRegion(shape, place) {
  const [channel, row = 0, column = 0] = positionOf(shape, place);
  return regionOf([channel, channel + 1], [row], [column]);
}

/**
 * Returns all rows and columns of a layer, in all channels or in those given; empty if the region behind is empty.
 * @param {number[]} shape
 * @param {Region} behind
 * @param {Extent} channels
 * @returns {Region}
 */
export function wholeRegion(shape, behind, channels = [0, shape[0]]) {
  const [, height = 1, width = 1] = shape;
  const whole = regionOf(channels, allOf(height), allOf(width));
  return isEmpty(behind) ? { ...whole, rows: [], columns: [] } : whole;
}

/** @type {(region: Region) => boolean} */
export function isEmpty({ rows, columns }) {
  return rows.length === 0 || columns.length === 0;
}

/** @type {(one: Region | null, other: Region | null) => Region | null} The union of two regions. */
export function unite(one, other) {
  if (!one || !other) return one ?? other;
  const seen = [one, other].filter((region) => !isEmpty(region));
  const parts = seen.length > 0 ? seen : [one];
  return {
    channels: around(parts.map(({ channels }) => channels)),
    rows: inOrder(parts.flatMap(({ rows }) => rows)),
    columns: inOrder(parts.flatMap(({ columns }) => columns)),
    freeRows: around([one.freeRows, other.freeRows]),
    freeColumns: around([one.freeColumns, other.freeColumns]),
  };
}

/** @type {(rows: number[]) => Extent} The range from the first to the last of some sorted rows. */
export function hull(rows) {
  return [rows[0], rows[rows.length - 1] + 1];
}

/** @type {(size: number) => number[]} */
export function allOf(size) {
  return Array.from({ length: size }, (_nothing, row) => row);
}

/** @type {(extents: Extent[]) => Extent} */
function around(extents) {
  return [Math.min(...extents.map(([first]) => first)), Math.max(...extents.map(([, end]) => end))];
}

/** @type {(rows: number[]) => number[]} */
function inOrder(rows) {
  return [...new Set(rows)].sort((one, other) => one - other);
}
