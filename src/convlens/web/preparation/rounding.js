// Round and format numbers by Python's rules: halves go to the even neighbour. Math.round and toFixed round halves up,
// so a grey level or a digit of a note could differ from the command line's.

/** The nearest whole number; a half goes to the even neighbour. @type {(value: number) => number} */
export function roundHalfEven(value) {
  const below = Math.floor(value);
  const rest = value - below;
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1;
  return below % 2 === 0 ? below : below + 1;
}

/** Rounds any number to a grey level from 0 to 255. @type {(value: number) => number} */
export function toLevel(value) {
  if (!(value > 0)) return 0;
  return value >= 255 ? 255 : roundHalfEven(value);
}

/** @type {(value: number, digits?: number) => string} As Python's f"{value:.1f}", with zero or one digit. */
export function fixed(value, digits = 0) {
  const scaled = value * 10 ** digits;
  // With at most one digit, a number can lie halfway only if it is a multiple of a quarter; then the product is exact.
  const isHalfway = Math.abs(scaled - Math.trunc(scaled)) === 0.5 && Number.isInteger(value * 4);
  return isHalfway ? (roundHalfEven(scaled) / 10 ** digits).toFixed(digits) : value.toFixed(digits);
}

/** Six digits after the point, as Python's round(value, 6). @type {(value: number) => number} */
export function roundToMillionths(value) {
  return Number(value.toFixed(6));
}

/** @type {(value: number, lowest: number, highest: number) => number} */
export function clamp(value, lowest, highest) {
  return Math.min(Math.max(value, lowest), highest);
}

/** @type {(low: number, high: number, unit?: string, digits?: number) => string} "70–72", "71 %". */
export function describeRange(low, high, unit = "", digits = 0) {
  const first = fixed(low, digits);
  const last = fixed(high, digits);
  return (first === last ? first : `${first}–${last}`) + unit;
}
