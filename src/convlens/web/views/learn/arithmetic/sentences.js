// Sums as text, in the same form as in convlens.illustrations.numbers: four significant digits, a true minus sign,
// brackets around negative numbers, and `≈` if a number was rounded.

const LARGEST_WHOLE = 1e10;
/** The default for the number of terms in a sentence. */
const MOST_TERMS = 9;

/** Whole numbers in full, others with four significant digits; extreme ones as a power of ten. @param {number} value */
export function shortNumber(value) {
  if (!Number.isFinite(value)) return "–";
  let text = `${value}`;
  if (Math.abs(value) >= 0.001 && Math.abs(value) < 1e6 && !Number.isInteger(value)) {
    text = trimZeros(value.toFixed(Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))))));
  } else if (!Number.isInteger(value) || Math.abs(value) >= LARGEST_WHOLE) {
    const [mantissa, power] = value.toExponential(3).split("e");
    text = `${trimZeros(mantissa)}e${Number(power)}`;
  }
  return text.replaceAll("-", "−");
}

/** @param {string} text */
function trimZeros(text) {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** A number in a sum, in brackets if it is negative. @param {number} value */
export function bracketed(value) {
  return value < 0 ? `(${shortNumber(value)})` : shortNumber(value);
}

/** `=` if all numbers are written exactly, `≈` if one was rounded. @param {...number} values */
export function equalsSign(...values) {
  /** @param {number} value */
  const read = (value) => Number(shortNumber(value).replaceAll("−", "-"));
  return values.some((value) => !(Math.abs(read(value) - value) <= 1e-12 * Math.abs(value))) ? "≈" : "=";
}

// The products of a sum; if there are more than `most`, products of zero are left out first.
/** @type {(pairs: number[][], most: number) => string} */
function writeProducts(pairs, most) {
  /** @param {number[]} pair */
  const term = ([a, b]) => `${bracketed(a)}·${bracketed(b)}`;
  if (pairs.length <= most) return pairs.map(term).join(" + ");
  const telling = pairs.filter(([a, b]) => a * b !== 0);
  const shown = telling.slice(0, Math.max(most - 1, 1));
  const [zeros, more] = [pairs.length - telling.length, telling.length - shown.length];
  const terms = shown.map(term);
  if (more) terms.push(`${more} more product${more > 1 ? "s" : ""}`);
  if (zeros) terms.push(`${zeros} product${zeros > 1 ? "s" : ""} of 0`);
  return terms.join(" + ");
}

/**
 * The sum behind one number of a map: the products of a single channel, or the sums of several channels.
 * @param {import("convlens/views/learn/arithmetic/tensors.js").KernelSum} sum
 */
export function writeKernelSum({ covered, kernel, channelSums, bias, total, activation, result }, most = MOST_TERMS) {
  let [text, written] = [writeChannels(channelSums, most), channelSums];
  if (channelSums.length === 1) {
    const weights = kernel[0].flat();
    const pairs = covered[0].flat().map((value, place) => [value, weights[place]]);
    [text, written] = [writeProducts(pairs, most), pairs.flat()];
  }
  if (bias) text += ` + bias ${bracketed(bias)}`;
  text += ` ${equalsSign(...written, bias, total)} ${shortNumber(total)}`;
  return activation === "none" ? text : `${text}, ${activation} ${shortNumber(result)}`;
}

/** @type {(sums: number[], most: number) => string} */
function writeChannels(sums, most) {
  const more = sums.length > most ? ` + ${sums.length - most} more channels` : "";
  return sums.slice(0, most).map(bracketed).join(" + ") + more;
}

/** The sentence on a pooling window. @param {import("convlens/views/learn/arithmetic/pooling.js").Pooled} pooled */
export function writePooling({ covered, winner, divisor, result }, most = MOST_TERMS) {
  const numbers = covered.flat().filter((value) => value !== null);
  if (winner !== null) {
    const listed = numbers.slice(0, most).map(shortNumber).join(", ") + (numbers.length > most ? ", …" : "");
    const place = winner.join(", ");
    return `the largest of ${listed} is ${shortNumber(result)}, in row and column ${place} of the input, counted from 0`;
  }
  // Zeros of the padding count; the part of a window beyond the end does not.
  const zeros = divisor - numbers.length;
  const terms = numbers.slice(0, most).map(bracketed);
  if (numbers.length > most) terms.push(`${numbers.length - most} more`);
  if (zeros && numbers.length + zeros <= most) terms.push(...new Array(zeros).fill("0"));
  else if (zeros) terms.push(`${zeros} zeros`);
  return `(${terms.join(" + ")}) / ${divisor} ${equalsSign(...numbers, result)} ${shortNumber(result)}`;
}
