// The text of a network as a tree of layers and blocks, and edits of single places in it.
//
// Only Python decides whether a network is valid. The chips need the place of each layer, and an edit must not change
// any other character. So the text is the only source: every edit takes the text and a place in its tree, and returns
// the new text.

/**
 * A row of layers: the whole network, or one branch of a block such as `residual(…)`.
 * @typedef {object} Chain
 * @property {string} name "" for the network, otherwise "body", "shortcut" or "branch 0"
 * @property {number} mark the place of the bracket, the semicolon or the word `shortcut` before it
 * @property {number} start the place where its text begins; all places are in UTF-16 units
 * @property {number} end
 * @property {Part[]} parts
 * @property {Part | null} owner the block around it
 */

/**
 * A layer, or a block with its branches. A branch without layers has one part without text, at place −1.
 * @typedef {object} Part
 * @property {string} word in lower case
 * @property {string} text without the blanks around it
 * @property {number} start
 * @property {number} end
 * @property {Chain} chain the row that contains it
 * @property {number} place its index in the row
 * @property {Chain[]} branches empty for a layer
 */

/**
 * @typedef {{ text: string, at: number }} Edit The new text, and the place in it where the new or moved layer begins.
 */
/**
 * @typedef {{ start: number, end: number, letters: string, lead: number }} Patch `lead`: the number of
 * characters before the layer itself
 */

const MOST_DEPTH = 40; // Python allows no deeper networks; anything deeper remains the text of one layer

/** @type {(text: string) => Chain} The tree of a text; every text has one, valid or not. */
export function readNetwork(text) {
  return new Reader(text).read();
}

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.chain = makeChain("", 0, 0, null);
    this.start = 0; // of the present piece between two marks
    this.depth = 0;
  }

  read() {
    const network = this.chain;
    for (const { 0: mark, index } of this.text.matchAll(/[(),;]/g)) {
      if (mark === "(") this.depth += 1;
      const isLetter = this.depth > MOST_DEPTH || (mark === ")" && !this.chain.owner);
      if (mark === ")" && this.depth > 0) this.depth -= 1;
      if (isLetter) continue;
      if (mark === "(") this.open(index);
      else this.takeLayer(index);
      if (mark === ")") this.close(index, index + 1);
      if (mark === ";" && this.chain.owner) this.openBranch(this.chain.owner, index);
      this.start = index + 1;
    }
    this.takeLayer(this.text.length);
    const end = this.text.trimEnd().length; // the end of blocks that are still open
    while (this.chain.owner) this.close(end, end);
    network.end = this.text.length;
    return network;
  }

  /** @param {number} end */
  takeLayer(end) {
    this.enterShortcut(end);
    if (this.text.slice(this.start, end).trim()) this.addPart(end);
  }

  /** @param {number} end */
  addPart(end) {
    const piece = this.text.slice(this.start, end);
    const text = piece.trim();
    const start = this.start + piece.length - piece.trimStart().length;
    const { chain } = this;
    const word = text.toLowerCase().split(/\s/)[0];
    /** @type {Part} */
    const part = { word, text, start, end: start + text.length, chain, place: chain.parts.length, branches: [] };
    chain.parts.push(part);
    return part;
  }

  /** @param {number} bracket */
  open(bracket) {
    this.enterShortcut(bracket);
    this.openBranch(this.addPart(bracket), bracket);
  }

  /** @type {(block: Part, mark: number) => void} */
  openBranch(block, mark) {
    if (block.branches.length) this.chain.end = mark;
    const name = block.word === "residual" ? "body" : `branch ${block.branches.length}`;
    this.chain = makeChain(name, mark, mark + 1, block);
    block.branches.push(this.chain);
  }

  /** Begins the shortcut of a residual block if the piece starts with the word `shortcut`. @param {number} end */
  enterShortcut(end) {
    const found = /^\s*(shortcut)\b/i.exec(this.text.slice(this.start, end));
    const { owner, name } = this.chain;
    if (!found || !owner || name !== "body") return;
    const after = this.start + found[0].length;
    this.chain.end = after - found[1].length;
    this.chain = makeChain("shortcut", this.chain.end, after, owner);
    owner.branches.push(this.chain);
    this.start = after;
  }

  /** @param {number} end of the branch @param {number} after the bracket */
  close(end, after) {
    const { owner } = this.chain;
    if (!owner) return;
    this.chain.end = end;
    owner.end = after;
    owner.text = this.text.slice(owner.start, after);
    this.chain = owner.chain;
  }
}

/** @type {(name: string, mark: number, start: number, owner: Part | null) => Chain} */
function makeChain(name, mark, start, owner) {
  return { name, mark, start, end: start, parts: [], owner };
}

/** @type {(chain: Chain) => Part[]} Every part in the order of the text, a block before its layers. */
export function partsOf(chain) {
  if (chain.owner && !chain.parts.length)
    return [{ word: "", text: "", start: chain.start, end: chain.end, chain, place: -1, branches: [] }];
  return chain.parts.flatMap((part) => [part, ...part.branches.flatMap(partsOf)]);
}

/**
 * The index of the part at a place in the text: the innermost part around it, otherwise the next part, otherwise the
 * last; −1 if there are no parts.
 * @type {(parts: Part[], place: number) => number}
 */
export function partAt(parts, place) {
  const holding = parts.findLastIndex(({ start, end }) => start <= place && place < end);
  if (holding >= 0) return holding;
  const next = parts.findIndex(({ start }) => place < start);
  return next >= 0 ? next : parts.length - 1;
}

/** @type {(text: string, part: Part, layer: string) => string} Replaces the text of a part. */
export function replacePart(text, { start, end }, layer) {
  return text.slice(0, start) + layer + text.slice(end);
}

/** @type {(text: string, chain: Chain, place: number, layer: string) => Edit} Inserts a layer. */
export function insertPart(text, chain, place, layer) {
  const patch = insertion(text, chain, place, layer);
  return { text: apply(text, patch), at: patch.start + patch.lead };
}

/**
 * Removes a part and one of the commas beside it. Removing a branch without layers removes its semicolon or the word
 * `shortcut`; if no other branch is left, the block is removed.
 * @type {(text: string, part: Part) => string}
 */
export function removePart(text, part) {
  return apply(text, part.text ? removal(part) : branchRemoval(part.chain));
}

/** @type {(text: string, part: Part, chain: Chain, place: number) => Edit} Keeps the text between layers. */
export function movePart(text, part, chain, place) {
  if (chain === part.chain) return reorder(text, part, place);
  const put = insertion(text, chain, place, part.text);
  const taken = removal(part);
  const isBefore = taken.start < put.start;
  const at = put.start + put.lead - (isBefore ? taken.end - taken.start : 0);
  return { text: (isBefore ? [put, taken] : [taken, put]).reduce(apply, text), at };
}

/** @type {(text: string, block: Part, letters: string) => Edit} Adds it last; `letters` begin with its mark. */
export function addBranch(text, { start, branches }, letters) {
  const { parts, end: chainEnd } = branches[branches.length - 1];
  const end = parts.at(-1)?.end ?? chainEnd;
  return { text: apply(text, cut(end, end, letters)), at: start };
}

/**
 * The new place of a part that moves one place earlier (−1) or later (+1): past a layer, into a block, from branch to
 * branch, or out of a block. Null at the ends of the network.
 * @type {(part: Part, step: number) => { chain: Chain, place: number } | null}
 */
export function placeBeside({ chain, place }, step) {
  /** @param {Chain} into */
  const enter = (into) => ({ chain: into, place: step > 0 ? 0 : into.parts.length });
  const beside = chain.parts[place + step];
  if (beside?.branches.length) return enter(beside.branches.at(step > 0 ? 0 : -1) ?? chain);
  if (beside) return { chain, place: place + step };
  const { owner } = chain;
  if (!owner) return null;
  const branch = owner.branches[owner.branches.indexOf(chain) + step];
  return branch ? enter(branch) : { chain: owner.chain, place: owner.place + (step > 0 ? 1 : 0) };
}

/** @type {(network: Chain) => number} The place of a new layer: before a final `dense`, which must stay last. */
export function placeForNew({ parts }) {
  return /^dense$/i.test(parts.at(-1)?.text ?? "") ? parts.length - 1 : parts.length;
}

/** @type {(text: string, chain: Chain, place: number, layer: string) => Patch} */
function insertion(text, { parts, owner, start }, place, layer) {
  if (place < parts.length) return cut(parts[place].start, parts[place].start, `${layer}, `);
  const last = parts.at(-1)?.end ?? 0;
  const behind = owner ? last : text.length; // at most a trailing comma is removed
  if (parts.length) return cut(last, behind, `, ${layer}`, 2);
  if (!owner) return cut(last, behind, layer);
  const end = start + text.slice(start).search(/\S|$/); // an empty branch may have blanks
  const before = /[\w;]$/.test(text.slice(0, start)) ? " " : ""; // after the word `shortcut` or a semicolon
  const after = /^\w/.test(text.slice(end)) ? ", " : ""; // before the word `shortcut`
  return cut(start, end, before + layer + after, before.length);
}

/** @type {(part: Part) => Patch} */
function removal({ chain, place, start, end }) {
  const { parts, owner } = chain;
  if (place + 1 < parts.length) return cut(start, parts[place + 1].start);
  if (place > 0) return cut(parts[place - 1].end, end);
  if (!owner) return cut(0, Infinity);
  if (chain.name === "shortcut") return branchRemoval(chain, end);
  const next = owner.branches[owner.branches.indexOf(chain) + 1];
  if (!next) return cut(chain.start, end); // `conv 8 1x1;)`
  return cut(start, next.name === "shortcut" ? next.mark : end);
}

/** @type {(chain: Chain, end?: number) => Patch} */
function branchRemoval({ name, mark, start, owner, ...chain }, end = chain.end) {
  if (!owner) return cut(0, Infinity);
  const [first, second] = owner.branches;
  if (name === "shortcut") return cut(first.parts.at(-1)?.end ?? mark, end);
  if (name === "body" || !second) return removal(owner);
  return mark === first.mark ? cut(start, second.start) : cut(mark, end);
}

/** @type {(text: string, part: Part, to: number) => Edit} */
function reorder(text, { chain, place }, to) {
  const moved = chain.parts.map((part) => part.text);
  moved.splice(to, 0, ...moved.splice(place, 1));
  let written = "";
  let done = 0;
  let at = 0;
  chain.parts.forEach(({ start, end }, index) => {
    written += text.slice(done, start);
    if (index === to) at = written.length;
    written += moved[index];
    done = end;
  });
  return { text: written + text.slice(done), at };
}

/** @type {(start: number, end: number, letters?: string, lead?: number) => Patch} */
function cut(start, end, letters = "", lead = 0) {
  return { start, end, letters, lead };
}

/** @type {(text: string, patch: Patch) => string} */
function apply(text, { start, end, letters }) {
  return text.slice(0, start) + letters + text.slice(end);
}
