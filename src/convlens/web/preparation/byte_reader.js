// Reads numbers and names from the bytes of a file. Beyond its end a number is NaN, which every comparison rejects, so
// a truncated file is read as far as possible.

export class ByteReader {
  #bytes;
  #view;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = bytes.length;
  }

  /** @type {(at: number) => number} */
  byte(at) {
    return this.#holds(at, 1) ? this.#bytes[at] : NaN;
  }

  /** @type {(at: number, isLittle?: boolean) => number} */
  short(at, isLittle = false) {
    return this.#holds(at, 2) ? this.#view.getUint16(at, isLittle) : NaN;
  }

  /** @type {(at: number, isLittle?: boolean) => number} */
  long(at, isLittle = false) {
    return this.#holds(at, 4) ? this.#view.getUint32(at, isLittle) : NaN;
  }

  /** @type {(at: number, length: number) => string} */
  text(at, length) {
    return String.fromCharCode(...this.#bytes.subarray(at, at + length));
  }

  /** @type {(at: number, size: number) => boolean} */
  #holds(at, size) {
    return at >= 0 && at + size <= this.length;
  }
}
