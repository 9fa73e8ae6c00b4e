// Recognise dropped files that are not images, or that browsers cannot show.

const SIGNATURES = [
  ["%PDF", "a PDF document"],
  ["%!PS", "a PostScript document"],
  ["\xc5\xd0\xd3\xc6", "a PostScript document"],
  ["PK\x03\x04", "a zip archive"],
  ["\x1f\x8b", "a gzip archive"],
  ["<svg", "an SVG drawing"],
  ["<?xml", "an XML or SVG file"],
  ["<!DOCTYPE", "a web page"],
  ["<html", "a web page"],
  ["II*\0", "a TIFF file"],
  ["MM\0*", "a TIFF file"],
];
const HEIC_BRANDS = ["heic", "heix", "heim", "hevc", "mif1", "msf1"];

/** Describes the kind of a file by its first bytes; null if unknown. @type {(bytes: Uint8Array) => string | null} */
export function recogniseOther(bytes) {
  const start = String.fromCharCode(...bytes.subarray(0, 64));
  const isHeic = start.slice(4, 8) === "ftyp" && HEIC_BRANDS.includes(start.slice(8, 12));
  if (isHeic) return "a HEIC photo, as phones save them";
  return SIGNATURES.find(([signature]) => start.trimStart().startsWith(signature))?.[1] ?? null;
}
