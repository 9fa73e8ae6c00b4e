// One layer's text, taken apart and put together, and the text that a new layer begins with. What a layer may be given
// stands in FACTS, which Python writes.

import { FACTS } from "convlens/layers/facts.js";

/** @import { Chain } from "convlens/views/train/network_tree.js" */
/** @typedef {{ label: string, default: string | null }} LayerNumber */
/**
 * `words` stand for a number, as `same` does.
 * @typedef {{ word: string, default: string | null, words?: string[] }} LayerOption
 */
/**
 * @typedef {{ title: string, summary: string, example: string, numbers: LayerNumber[], options: LayerOption[] }} Kind
 */
/** @typedef {{ word: string, numbers: string[], options: Record<string, string> }} LayerWords */

/** What each kind of layer may be given, by its word. @type {Record<string, Kind>} */
export const KINDS = FACTS.kinds;

/** What each kind of block is. @type {Record<string, { title: string, summary: string, example: string }>} */
export const BLOCKS = FACTS.blocks;

/** The words of the menu and what they are, the blocks last. @type {[string, string][]} */
export const MENU = Object.entries({ ...KINDS, ...BLOCKS }).map(([word, { title }]) => [
  word,
  title === word ? word : `${word}: ${title}`,
]);

/** @type {(text: string) => LayerWords | null} Null where only its text can be edited. */
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

/** The text of a layer that was taken apart; empty numbers and options are left out. @param {LayerWords} layer */
export function writeLayer({ word, numbers, options }) {
  const named = KINDS[word].options.filter((option) => options[option.word]);
  return [word, ...numbers.filter(Boolean), ...named.map((option) => `${option.word} ${options[option.word]}`)].join(
    " ",
  );
}

/**
 * The text that a new layer of this kind gets at a place in the network. A residual gets layers that keep the shape of
 * what comes before it, where that can be told from the text.
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

/** A shortcut that gives as many maps as the body of a residual. @param {Chain} body */
export function textForShortcut(body) {
  return shortcutFor(outputsBefore(body, body.parts.length)?.count ?? 8);
}

/** @param {number} count */
function shortcutFor(count) {
  return `shortcut conv ${count} 1x1`;
}

// How many maps or numbers come in at a place, and of which kind of layer; null where the text does not say.
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
 * A place that Python counted in characters, in the UTF-16 units that JavaScript counts in. They differ behind every
 * character beyond the first 65,536, such as an emoji.
 * @type {(text: string, characters: number) => number}
 */
export function unitsOf(text, characters) {
  return Array.from(text).slice(0, characters).join("").length;
}
