// Parse and write one layer's text, and choose the text of a new layer. FACTS, which Python writes, lists the numbers
// and options of each kind.

import { FACTS } from "convlens/layers/facts.js";

/** @import { Chain } from "convlens/views/train/network_tree.js" */
/** @typedef {{ label: string, default: string | null }} LayerNumber */
/**
 * `words` are allowed instead of a number, for example `same`.
 * @typedef {{ word: string, default: string | null, words?: string[] }} LayerOption
 */
/**
 * @typedef {{ title: string, summary: string, example: string, numbers: LayerNumber[], options: LayerOption[] }} Kind
 */
/** @typedef {{ word: string, numbers: string[], options: Record<string, string> }} LayerWords */

/** The numbers and options of each kind of layer, by its word. @type {Record<string, Kind>} */
export const KINDS = FACTS.kinds;

/** The kinds of blocks, by their words. @type {Record<string, { title: string, summary: string, example: string }>} */
export const BLOCKS = FACTS.blocks;

/** The entries of the menu as [word, text], blocks last. @type {[string, string][]} */
export const MENU = Object.entries({ ...KINDS, ...BLOCKS }).map(([word, { title }]) => [
  word,
  title === word ? word : `${word}: ${title}`,
]);

/** @type {(text: string) => LayerWords | null} Null if the layer can be edited only as text. */
export function readLayer(text) {
  const [word = "", ...tokens] = text
    .toLowerCase()
    .replace(/\s*[x×]\s*(?=\d)/g, "x")
    .split(/\s+/)
    .filter(Boolean);
  if (!Object.hasOwn(KINDS, word)) return null;
  const kind = KINDS[word];
  /** @type {LayerWords} */
  const layer = { word, numbers: [], options: {} };
  for (let place = 0; place < tokens.length; place += 1) {
    const token = tokens[place];
    const option = kind.options.find((one) => one.word === token);
    if (isNumber(token) && layer.numbers.length < kind.numbers.length) layer.numbers.push(token);
    else if (option && isValue(option, tokens[place + 1])) {
      place += 1;
      layer.options[token] = tokens[place];
    } else return null;
  }
  return layer;
}

/** @param {LayerOption} option @param {string | undefined} token */
function isValue({ words = [] }, token) {
  return isNumber(token) || words.includes(token ?? "");
}

/** @param {string | undefined} token */
function isNumber(token) {
  return /^[\d.]/.test(token ?? "");
}

/** The text of a parsed layer; empty numbers and options are left out. @param {LayerWords} layer */
export function writeLayer({ word, numbers, options }) {
  const named = KINDS[word].options.filter((option) => options[option.word]);
  return [word, ...numbers.filter(Boolean), ...named.map((option) => `${option.word} ${options[option.word]}`)].join(
    " ",
  );
}

/**
 * The text of a new layer of this kind at a place in the network. The layers of a residual block keep the shape of
 * their input, if the text shows that shape.
 * @type {(word: string, chain: Chain, place: number) => string}
 */
export function textForNew(word, chain, place) {
  const before = outputsBefore(chain, place);
  const { kind, count } = before ?? { kind: "conv", count: 8 };
  if (word === "residual" && kind === "dense") return `residual(dense ${count}, relu)`;
  if (word === "residual") {
    const body = `conv ${count} 3x3 pad 1, batchnorm, relu, conv ${count} 3x3 pad 1, batchnorm`;
    return before ? `residual(${body})` : `residual(${body}, ${shortcutFor(count)})`;
  }
  if (word === "concat" && kind === "dense") return "concat(dense 32; dense 32)";
  return (KINDS[word] ?? BLOCKS[word]).example;
}

/** A shortcut with as many maps as the body of a residual block. @param {Chain} body */
export function textForShortcut(body) {
  return shortcutFor(outputsBefore(body, body.parts.length)?.count ?? 8);
}

/** @param {number} count */
function shortcutFor(count) {
  return `shortcut conv ${count} 1x1`;
}

// The number of maps or features that enter a place, and the kind of layer that made them; null if the text does not
// show it.
/** @type {(chain: Chain, place: number) => { kind: string, count: number } | null} */
function outputsBefore(chain, place) {
  for (const part of chain.parts.slice(0, place).reverse()) {
    if (part.branches.length) {
      const ends = part.branches.map((branch) => outputsBefore(branch, branch.parts.length));
      if (part.word !== "concat" || ends.includes(null)) return ends[0];
      return ends.reduce((sum, end) => sum && end && { kind: end.kind, count: sum.count + end.count });
    }
    if (part.word === "flatten") return null;
    const [count] = readLayer(part.text)?.numbers ?? [];
    if (part.word === "conv" || part.word === "dense") return count ? { kind: part.word, count: Number(count) } : null;
  }
  return chain.owner ? outputsBefore(chain.owner.chain, chain.owner.place) : null;
}

/**
 * Converts a place in characters, as Python counts, to UTF-16 units, as JavaScript counts. They differ after every
 * character beyond the first 65,536, such as an emoji.
 * @type {(text: string, characters: number) => number}
 */
export function unitsOf(text, characters) {
  return Array.from(text).slice(0, characters).join("").length;
}
