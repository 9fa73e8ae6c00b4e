// Numbers and names out of the bytes of a file. Beyond its end there is nothing: undefined numbers, which compare as
// false, so that a file cut short is read as far as it goes.

export function makeReader(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read =
    (method, size) =>
    (at, isLittle = false) =>
      at >= 0 && at + size <= bytes.length ? view[method](at, isLittle) : undefined;
  return {
    length: bytes.length,
    byte: (at) => bytes[at],
    short: read("getUint16", 2),
    long: read("getUint32", 4),
    text: (at, length) => String.fromCharCode(...bytes.subarray(at, at + length)),
  };
}
