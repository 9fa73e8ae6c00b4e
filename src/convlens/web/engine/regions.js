// Regions: the channels, rows and columns of a layer that a number in a later layer depends on.
//
// The individual rows and columns are traced back through the layers, because padding is not part of a map, dropped
// rows are not used, and a dilated kernel may skip some. The free rows are those that maps without edges would have.
// In a vector, each number counts as a map with one row and one column.

import { positionOf } from "convlens/engine/decode.js";

/** @typedef {[first: number, end: number]} Extent from the first to the first one behind */

/**
 * Rows and columns are in order; a region without rows or without columns sees nothing.
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
 * All rows and columns of a layer, and all its channels unless they are given; nothing if the region behind sees
 * nothing.
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

/** @type {(one: Region | null, other: Region | null) => Region | null} What both see together. */
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

/** @type {(rows: number[]) => Extent} From the first to the first behind the last of some rows, which are in order. */
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
