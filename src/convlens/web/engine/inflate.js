// Deflate undone (RFC 1951): what PNG is packed with. Browsers have it too, but only as a stream that answers later.
//
// A code is a Huffman code in canonical form: `counts[n]` codes have n bits, and `symbols` are in the order of their codes.

const LONGEST = 15;
const LENGTH_ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];
const LENGTHS = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const DISTANCES = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
  8193, 12289, 16385, 24577,
];
const END_OF_BLOCK = 256;

/** The `size` bytes that were packed. */
export function inflate(packed, size) {
  const reader = { packed, at: 0, bits: 0, count: 0 };
  const output = new Uint8Array(size);
  let to = 0;
  let last = 0;
  while (!last) {
    last = takeBits(reader, 1);
    const kind = takeBits(reader, 2);
    if (kind === 0) to = copyStored(reader, output, to);
    else if (kind === 1) to = unpackBlock(reader, output, to, ...fixedCodes());
    else if (kind === 2) to = unpackBlock(reader, output, to, ...readCodes(reader));
    else throw new Error("packed data with a kind of block that there is not.");
  }
  if (to !== size) throw new Error(`packed data of ${to} bytes instead of ${size}.`);
  return output;
}

/** The next bits, the first one lowest. */
function takeBits(reader, wanted) {
  while (reader.count < wanted) {
    if (reader.at >= reader.packed.length) throw new Error("packed data that ends too early.");
    reader.bits |= reader.packed[reader.at] << reader.count;
    reader.at += 1;
    reader.count += 8;
  }
  const taken = reader.bits & ((1 << wanted) - 1);
  reader.bits >>>= wanted;
  reader.count -= wanted;
  return taken;
}

/** A block that is not packed: its length, that inverted, its bytes; it begins at a whole byte. */
function copyStored(reader, output, to) {
  reader.at -= reader.count >> 3;
  reader.bits = 0;
  reader.count = 0;
  const length = takeBits(reader, 16);
  takeBits(reader, 16);
  if (reader.at + length > reader.packed.length || to + length > output.length) {
    throw new Error("packed data that ends too early, or too late.");
  }
  output.set(reader.packed.subarray(reader.at, reader.at + length), to);
  reader.at += length;
  return to + length;
}

/** Symbols up to the end of a block: a byte each, or a length with a distance to copy from. */
function unpackBlock(reader, output, start, literals, distances) {
  let to = start;
  for (;;) {
    const symbol = takeSymbol(reader, literals);
    if (symbol === END_OF_BLOCK) return to;
    if (symbol < END_OF_BLOCK) {
      output[to] = symbol;
      to += 1;
      continue;
    }
    const length = LENGTHS[symbol - 257] + takeBits(reader, LENGTH_BITS[symbol - 257]);
    const far = takeSymbol(reader, distances);
    const distance = DISTANCES[far] + takeBits(reader, Math.max(0, (far >> 1) - 1));
    if (!(distance <= to) || !(to + length <= output.length)) throw new Error("packed data that copies from nowhere.");
    for (const end = to + length; to < end; to += 1) output[to] = output[to - distance];
  }
}

/** The next symbol: bit by bit, until the bits are one of the codes of that length. */
function takeSymbol(reader, { counts, symbols }) {
  let code = 0;
  let first = 0;
  let index = 0;
  for (let length = 1; length <= LONGEST; length += 1) {
    code |= takeBits(reader, 1);
    if (code - first < counts[length]) return symbols[index + code - first];
    index += counts[length];
    first = (first + counts[length]) << 1;
    code <<= 1;
  }
  throw new Error("packed data with a code that there is not.");
}

/** A Huffman code from the length of every symbol's code; 0 is a symbol that does not occur. */
function makeCode(lengths) {
  const counts = new Uint16Array(LONGEST + 1);
  for (const length of lengths) counts[length] += 1;
  counts[0] = 0;
  const next = new Uint16Array(LONGEST + 2);
  for (let length = 1; length <= LONGEST; length += 1) next[length + 1] = next[length] + counts[length];
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length) {
      symbols[next[length]] = symbol;
      next[length] += 1;
    }
  });
  return { counts, symbols };
}

function fixedCodes() {
  const literals = [
    ...new Array(144).fill(8),
    ...new Array(112).fill(9),
    ...new Array(24).fill(7),
    ...new Array(8).fill(8),
  ];
  return [makeCode(literals), makeCode(new Array(30).fill(5))];
}

/** The codes of a block that brings its own: their lengths, packed with a code of their own. */
function readCodes(reader) {
  const literals = takeBits(reader, 5) + 257;
  const distances = takeBits(reader, 5) + 1;
  const given = takeBits(reader, 4) + 4;
  const own = new Array(19).fill(0);
  for (let i = 0; i < given; i += 1) own[LENGTH_ORDER[i]] = takeBits(reader, 3);
  const code = makeCode(own);
  const lengths = [];
  while (lengths.length < literals + distances) {
    const symbol = takeSymbol(reader, code);
    if (symbol < 16) lengths.push(symbol);
    else if (symbol === 16) repeat(lengths, lengths[lengths.length - 1] ?? 0, 3 + takeBits(reader, 2));
    else if (symbol === 17) repeat(lengths, 0, 3 + takeBits(reader, 3));
    else repeat(lengths, 0, 11 + takeBits(reader, 7));
  }
  return [makeCode(lengths.slice(0, literals)), makeCode(lengths.slice(literals, literals + distances))];
}

function repeat(list, value, times) {
  for (let i = 0; i < times; i += 1) list.push(value);
}
