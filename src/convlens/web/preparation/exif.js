// Reads the orientation from a file's EXIF data. Broken data is ignored, as in every image viewer.

/** @import { ByteReader } from "convlens/preparation/byte_reader.js" */

const ORIENTATION = 0x0112;
const MOST_ENTRIES = 1000;
const SHORT = 3; // the type of a two-byte integer

/**
 * Returns the orientation, 1 to 8, and the place of its byte, or an empty object if the data contains none. The data
 * begins at `start` with its byte order.
 * @type {(file: ByteReader, start: number) => { orientation?: number, orientationAt?: number }}
 */
export function findOrientation(file, start) {
  const order = file.text(start, 2);
  if (order !== "II" && order !== "MM") return {};
  const isLittle = order === "II";
  const directory = start + file.long(start + 4, isLittle);
  const count = Math.min(file.short(directory, isLittle) || 0, MOST_ENTRIES);
  for (let entry = 0; entry < count; entry++) {
    const at = directory + 2 + 12 * entry;
    if (file.short(at, isLittle) !== ORIENTATION || file.short(at + 2, isLittle) !== SHORT) continue;
    const orientation = file.short(at + 8, isLittle);
    return orientation >= 1 && orientation <= 8 ? { orientation, orientationAt: at + (isLittle ? 8 : 9) } : {};
  }
  return {};
}
