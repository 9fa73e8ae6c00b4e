// What people drop on a page that takes pictures, and that is none, or none that a browser can show.

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

/** What the file is, in words; null where its first bytes do not tell. @type {(bytes: Uint8Array) => string | null} */
export function recogniseOther(bytes) {
  const start = String.fromCharCode(...bytes.subarray(0, 64));
  const isHeic = start.slice(4, 8) === "ftyp" && HEIC_BRANDS.includes(start.slice(8, 12));
  if (isHeic) return "a HEIC photo, as phones save them";
  return SIGNATURES.find(([signature]) => start.trimStart().startsWith(signature))?.[1] ?? null;
}
