// Read numbers that a person types, or return one line that says what is wrong.

/** The largest number allowed, so that sums fit on the page; Python's by_hand has no such limit. */
export const LARGEST = 1e6;
const EXAMPLE = "give a number, such as 2, −0.5 or 1/3.";

/** @typedef {{ value: number, mistake?: undefined } | { value?: undefined, mistake: string }} Reading */

/** A number with a point or a comma, or a fraction. @param {string} name @param {string} text @returns {Reading} */
export function readNumber(name, text) {
  const plain = text.trim().replaceAll("−", "-").replace(",", ".");
  if (plain === "") return { mistake: `${name} is empty; ${EXAMPLE}` };
  const parts = plain.split("/").map((part) => part.trim());
  const numbers = parts.map((part) => (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(part) ? Number(part) : NaN));
  const value = parts.length === 1 ? numbers[0] : numbers[0] / numbers[1];
  if (parts.length > 2 || numbers.some(Number.isNaN)) return { mistake: `${name} is “${shorten(text)}”; ${EXAMPLE}` };
  if (!Number.isFinite(value)) {
    return { mistake: `${name} is “${shorten(text)}”, which is not a finite number; ${EXAMPLE}` };
  }
  if (Math.abs(value) > LARGEST) {
    return { mistake: `${name} is ${shorten(text)}; give a number from −1,000,000 to 1,000,000.` };
  }
  return { value: value === 0 ? 0 : value }; // −0 would look like 0 but be a different number
}

/** @type {(name: string, text: string, least: number, most: number) => Reading} A whole number between two limits. */
export function readWhole(name, text, least, most) {
  const plain = text.trim();
  const range = `give a whole number from ${least} to ${most}.`;
  if (plain === "") return { mistake: `the ${name} is empty; ${range}` };
  const value = Number(plain.replaceAll("−", "-"));
  if (!Number.isInteger(value) || value < least || value > most) {
    return { mistake: `the ${name} is ${shorten(plain)}; ${range}` };
  }
  return { value };
}

/** @param {string} text */
function shorten(text) {
  const line = text.trim().replace(/\s+/g, " ");
  return line.length <= 20 ? line : `${line.slice(0, 19)}…`;
}
