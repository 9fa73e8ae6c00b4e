// What a person types, as numbers, or one line that says what is wrong with it.

/** Larger numbers are refused: their sums would not fit beside each other. Python's by_hand has no such small limit. */
export const LARGEST = 1e6;
const EXAMPLE = "give a number, such as 2, −0.5 or 1/3.";

/** @typedef {{ value: number, mistake?: undefined } | { value?: undefined, mistake: string }} Reading */

/** With a point or a comma, perhaps a fraction. @param {string} name @param {string} text @returns {Reading} */
export function readNumber(name, text) {
  const plain = text.trim().replaceAll("−", "-").replace(",", ".");
  if (plain === "") return { mistake: `${name} is empty; ${EXAMPLE}` };
  const parts = plain.split("/").map((part) => part.trim());
  const numbers = parts.map((part) => (/^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(part) ? Number(part) : NaN));
  const value = parts.length === 1 ? numbers[0] : numbers[0] / numbers[1];
  if (parts.length > 2 || numbers.some(Number.isNaN)) return { mistake: `${name} is “${shorten(text)}”; ${EXAMPLE}` };
  if (!Number.isFinite(value)) {
    return { mistake: `${name} is “${shorten(text)}”, which is no finite number; ${EXAMPLE}` };
  }
  if (Math.abs(value) > LARGEST) {
    return { mistake: `${name} is ${shorten(text)}; give a number from −1,000,000 to 1,000,000.` };
  }
  return { value: value === 0 ? 0 : value }; // −0 would be written as 0 and told apart from it
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
