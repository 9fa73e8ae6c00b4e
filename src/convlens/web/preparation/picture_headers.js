// Read the header of an image file without decoding it: kind, size, greyscale or colour, orientation.
import { ByteReader } from "convlens/preparation/byte_reader.js";
import { findOrientation } from "convlens/preparation/exif.js";

/**
 * `orientation` is 1 to 8, and `orientationAt` is the place of its byte, if the file contains one.
 * @typedef {{
 *   width: number, height: number, isGrey: boolean, depth: number,
 *   orientation: number, orientationAt?: number, hasMoreFrames: boolean,
 * }} Facts
 */

/** @typedef {Facts & { type: string }} Header */
/**
 * @typedef {{ type: string, isThis: (file: ByteReader) => boolean, read: (file: ByteReader) => Partial<Facts> }} Kind
 */

const MOST_BLOCKS = 10_000; // of a file; a malicious file could have any number

/** Null if it is not an image, or of a kind that browsers don't show. @type {(bytes: Uint8Array) => Header | null} */
export function readHeader(bytes) {
  const file = new ByteReader(bytes);
  const kind = KINDS.find(({ isThis }) => isThis(file));
  if (!kind) return null;
  const usual = { width: 0, height: 0, isGrey: false, depth: 8, orientation: 1, hasMoreFrames: false };
  return { type: kind.type, ...usual, ...kind.read(file) };
}

/** @type {Kind[]} */
const KINDS = [
  { type: "image/png", isThis: (file) => file.text(0, 8) === "\x89PNG\r\n\x1a\n", read: readPng },
  { type: "image/jpeg", isThis: (file) => file.text(0, 3) === "\xff\xd8\xff", read: readJpeg },
  { type: "image/webp", isThis: (file) => file.text(0, 4) === "RIFF" && file.text(8, 4) === "WEBP", read: readWebp },
  { type: "image/gif", isThis: (file) => /^GIF8[79]a$/.test(file.text(0, 6)), read: readGif },
  { type: "image/bmp", isThis: (file) => file.text(0, 2) === "BM" && file.long(14, true) >= 12, read: readBmp },
  { type: "image/avif", isThis: (file) => /^ftyp.*avi[fs]/s.test(file.text(4, 28)), read: readAvif },
];

/** @type {Kind["read"]} */
function readPng(file) {
  /** @type {Partial<Facts>} */
  const header = { width: file.long(16), height: file.long(20), depth: file.byte(24), isGrey: file.byte(25) === 0 };
  let at = 8;
  for (let block = 0; block < MOST_BLOCKS && file.long(at) >= 0; block++) {
    const name = file.text(at + 4, 4);
    if (name === "eXIf") Object.assign(header, findOrientation(file, at + 8));
    if (name === "acTL") header.hasMoreFrames = file.long(at + 8) > 1;
    at += 12 + file.long(at);
  }
  return header;
}

/** @type {Kind["read"]} */
function readJpeg(file) {
  /** @type {Partial<Facts>} */
  const header = {};
  let at = 2;
  for (let block = 0; block < MOST_BLOCKS && file.byte(at) === 0xff; block++) {
    const marker = file.byte(at + 1);
    if (marker === 0xff || marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      at += marker === 0xff ? 1 : 2; // a filler, or a marker without a length
      continue;
    }
    if (marker === 0xe1 && file.text(at + 4, 6) === "Exif\0\0") Object.assign(header, findOrientation(file, at + 10));
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const size = { height: file.short(at + 5), width: file.short(at + 7), isGrey: file.byte(at + 9) === 1 };
      return { ...header, ...size };
    }
    if (marker === 0xda || !(file.short(at + 2) >= 0)) break;
    at += 2 + file.short(at + 2);
  }
  return header;
}

/** @type {Kind["read"]} */
function readWebp(file) {
  /** @type {Partial<Facts>} */
  const header = {};
  let at = 12;
  for (let block = 0; block < MOST_BLOCKS && file.long(at + 4, true) >= 0; block++) {
    const name = file.text(at, 4);
    const start = at + 8;
    if (name === "VP8X") {
      header.width = 1 + (file.short(start + 4, true) | (file.byte(start + 6) << 16));
      header.height = 1 + (file.short(start + 7, true) | (file.byte(start + 9) << 16));
      header.hasMoreFrames = (file.byte(start) & 2) !== 0;
    } else if (name === "VP8 " && !header.width) {
      header.width = file.short(start + 6, true) & 0x3fff;
      header.height = file.short(start + 8, true) & 0x3fff;
    } else if (name === "VP8L" && !header.width) {
      const sizes = file.long(start + 1, true);
      header.width = 1 + (sizes & 0x3fff);
      header.height = 1 + ((sizes >>> 14) & 0x3fff);
    } else if (name === "EXIF") {
      Object.assign(header, findOrientation(file, file.text(start, 6) === "Exif\0\0" ? start + 6 : start));
    }
    const size = file.long(at + 4, true);
    at = start + size + (size % 2);
  }
  return header;
}

/** @type {Kind["read"]} */
function readGif(file) {
  const [width, height] = [file.short(6, true), file.short(8, true)];
  const tableSize = (/** @type {number} */ flags) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
  let at = 13 + tableSize(file.byte(10));
  let frames = 0;
  for (let block = 0; block < MOST_BLOCKS && frames < 2; block++) {
    if (file.byte(at) === 0x2c) {
      frames += 1;
      at += 11 + tableSize(file.byte(at + 9));
    } else if (file.byte(at) === 0x21) {
      at += 2;
    } else {
      break;
    }
    while (file.byte(at) > 0) at += 1 + file.byte(at);
    at += 1;
  }
  return { width, height, hasMoreFrames: frames > 1 };
}

/** @type {Kind["read"]} */
function readBmp(file) {
  if (file.long(14, true) === 12) return { width: file.short(18, true), height: file.short(20, true) };
  return { width: file.long(18, true), height: Math.abs(file.long(22, true) | 0) }; // negative: from top to bottom
}

// The largest size in the file, since it may contain a thumbnail, too.
/** @type {(file: ByteReader) => { width: number, height: number }} */
function readAvif(file) {
  const header = { width: 0, height: 0 };
  for (let at = 0; at < Math.min(file.length, 65536); at++) {
    if (file.byte(at) !== 0x69 || file.text(at, 4) !== "ispe") continue;
    const [width, height] = [file.long(at + 8) || 0, file.long(at + 12) || 0];
    if (width * height > header.width * header.height) Object.assign(header, { width, height });
  }
  return header;
}
