// Read a dropped, pasted or chosen file as upright pixels, or throw one clear message. The header is read before
// anything is decoded, since a file of a few kilobytes can contain an image that fills the memory.
//
// The file's colour profile is ignored, as in Python. A canvas stores semi-transparent colours with reduced precision,
// so after the background is filled they may differ by one level from Python's.
import { recogniseOther } from "convlens/preparation/other_files.js";
import { describeTurn, turnUpright } from "convlens/preparation/orientation.js";
import { readHeader } from "convlens/preparation/picture_headers.js";

/** @import { Picture, Pixels } from "convlens/preparation/conversion.js" */
/** @import { Header } from "convlens/preparation/picture_headers.js" */
/** @typedef {{ width: number, height: number }} Size */

export const LARGEST_FILE = 50 * 2 ** 20; // bytes
const MOST_PIXELS = 64_000_000; // 256 MB after decoding; larger images are refused
const MOST_KEPT = 16_000_000; // pixels; more is reduced while it is read
const READABLE = "PNG, JPEG, WebP, GIF, BMP and AVIF files can be read";

/** One line for the user that says what is wrong with a file. */
export class PictureError extends Error {}

/** Reads a picture for `prepare`. Throws a PictureError. @type {(source: Blob | ImageBitmap) => Promise<Picture>} */
export async function readPicture(source) {
  if (!(source instanceof Blob)) {
    checkSize(source, "The image");
    return { ...readPixels(source), isGrey: false, notes: [] };
  }
  const name = nameOf(source);
  checkFile(source, name);
  const bytes = await readBytes(source, name);
  const header = readHeader(bytes);
  if (!header) {
    throw new PictureError(`${name} is ${recogniseOther(bytes) ?? "not an image"}: ${READABLE}; save it as PNG.`);
  }
  checkSize(header, name);
  if (header.orientationAt) bytes[header.orientationAt] = 1; // turned below, since browsers differ in this
  const bitmap = await decode(new Blob([bytes], { type: header.type }), header, name);
  checkSize(bitmap, name);
  const pixels = turnUpright(readPixels(bitmap), header.orientation);
  const notes = describeReading(header, bitmap);
  bitmap.close();
  return { ...pixels, isGrey: header.isGrey, notes };
}

/** @type {(header: Header, bitmap: Size) => string[]} */
function describeReading(header, bitmap) {
  const [given, read] = [header, bitmap].map(({ width, height }) => `${width}×${height}`);
  return [
    ...(isReduced(header) ? [`${given}, reduced to ${read} on reading`] : []),
    ...describeTurn(header.orientation),
    ...(header.hasMoreFrames ? ["the first of several frames"] : []),
    ...(header.isGrey && header.depth === 16 ? ["16 bits turned to 8"] : []),
  ];
}

// The name of a file in messages: one printable line of limited length.
/** @type {(source: Blob) => string} */
function nameOf(source) {
  const printable = (source instanceof File ? source.name : "").replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
  if (!printable) return "The image";
  return printable.length > 60 ? `${printable.slice(0, 40)}…${printable.slice(-15)}` : printable;
}

/** @type {(file: Blob, name: string) => void} */
function checkFile({ size }, name) {
  if (size === 0) throw new PictureError(`${name} is empty (0 bytes): save the image again.`);
  if (size > LARGEST_FILE) {
    const given = (size / 2 ** 20).toFixed(1);
    const most = LARGEST_FILE / 2 ** 20;
    throw new PictureError(`${name} has ${given} MB, but at most ${most} MB are allowed: save it smaller.`);
  }
}

/** @type {(blob: Blob, name: string) => Promise<Uint8Array<ArrayBuffer>>} */
async function readBytes(blob, name) {
  try {
    return new Uint8Array(await blob.arrayBuffer());
  } catch {
    throw new PictureError(`${name} can't be read: it is a folder, or it was moved; choose an image file again.`);
  }
}

/** @type {(size: Size, name: string) => void} */
function checkSize({ width, height }, name) {
  if (!(width >= 1 && height >= 1)) throw new PictureError(damaged(name));
  if (width * height <= MOST_PIXELS) return;
  const numbers = [width, height, width * height, MOST_PIXELS];
  const [across, down, all, most] = numbers.map((count) => count.toLocaleString("en"));
  throw new PictureError(`${name} is ${across}×${down}, which is ${all} pixels: ${most} are allowed; make it smaller.`);
}

/** @type {(size: Size) => boolean} */
function isReduced({ width, height }) {
  return width * height > MOST_KEPT;
}

/** @type {(blob: Blob, header: Header, name: string) => Promise<ImageBitmap>} */
async function decode(blob, header, name) {
  /** @type {ImageBitmapOptions} */
  const options = { premultiplyAlpha: "none", colorSpaceConversion: "none" };
  if (isReduced(header)) {
    const share = Math.sqrt(MOST_KEPT / (header.width * header.height));
    options.resizeWidth = Math.max(1, Math.floor(header.width * share));
    options.resizeHeight = Math.max(1, Math.floor(header.height * share));
    options.resizeQuality = "high";
  }
  try {
    return await createImageBitmap(blob, options);
  } catch {
    throw new PictureError(damaged(name));
  }
}

/** @type {(name: string) => string} */
function damaged(name) {
  return `${name} is damaged, or of a kind that this browser cannot decode: save the image again, as PNG.`;
}

/** @type {(bitmap: ImageBitmap) => Pixels} */
function readPixels(bitmap) {
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new PictureError("This browser can't read images: use another browser.");
  context.drawImage(bitmap, 0, 0);
  const { width, height, data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  return { width, height, data };
}
