/** Numbers as text: with a true minus sign, and without an exponent where plain digits are readable. */

export const MINUS = "\u2212";
export const TIMES = "\u00d7";
const SUPERSCRIPTS = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207b";

/**
 * Returns a number with `digits` digits after the point: "−0.25". A number that rounds to zero has no sign: "0.00".
 * Very large and very small numbers get a power of ten.
 * @param {number} value
 */
export function formatNumber(value, digits = 2) {
  if (Number.isNaN(value)) return "not a number";
  if (!Number.isFinite(value)) return value > 0 ? "\u221e" : `${MINUS}\u221e`;
  const size = Math.abs(value);
  if (size >= 1e6 || (size > 0 && size < 0.5 * 10 ** -digits && digits >= 4)) return formatPower(value);
  const text = size.toFixed(digits);
  return value < 0 && Number(text) !== 0 ? MINUS + text : text;
}

/** Returns a number with its sign, also a plus: "+0.25", "−1.00", "0.00". @param {number} value */
export function formatSigned(value, digits = 2) {
  const text = formatNumber(value, digits);
  return value > 0 && Number(text) !== 0 ? `+${text}` : text;
}

/** Returns a share as "99.12 %"; more digits near 100, so that 99.9996 does not become 100. @param {number} share */
export function formatPercent(share, digits = 1) {
  const percent = share * 100;
  for (let more = digits; more <= 6; more += 1) {
    const text = percent.toFixed(more);
    if (percent >= 100 || Number(text) < 100) return `${text} %`;
  }
  return "almost 100 %";
}

/** @type {(shape: ArrayLike<number>) => string} "8 × 28 × 28", or "10" for a vector. */
export function formatShape(shape) {
  return Array.from(shape, (size) => formatCount(size)).join(` ${TIMES} `);
}

/** @type {(value: number) => string} "59,210" */
export function formatCount(value) {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ",")
    .replace(/^-/, MINUS);
}

/** @type {(count: number, singular: string, many?: string) => string} "1 map", "8 maps". */
export function plural(count, singular, many = `${singular}s`) {
  return `${formatCount(count)} ${count === 1 ? singular : many}`;
}

/** @type {(error: unknown) => string} The message of anything that was thrown. */
export function messageOf(error) {
  return error instanceof Error ? error.message : String(error);
}

/** @param {number} value */
function formatPower(value) {
  const [digits, power] = Math.abs(value).toExponential(2).split("e");
  const superscript = String(Number(power)).replace(/[-\d]/g, (sign) => SUPERSCRIPTS["0123456789-".indexOf(sign)]);
  return `${value < 0 ? MINUS : ""}${digits} ${TIMES} 10${superscript}`;
}
