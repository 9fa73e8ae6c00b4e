// The text of a network as a tree of layers and blocks, and edits of single places in it.
//
// Python reads networks; nothing here decides whether one is right. The chips only need to know where each layer
// stands, and an edit must leave every other letter as it was typed. So the text stays the one truth: every edit takes
// the text and a place in its tree, and gives the new text.

/**
 * A row of layers: the whole network, or one branch of a block such as `residual(…)`.
 * @typedef {object} Chain
 * @property {string} name "" for the network, else "body", "shortcut" or "branch 0"
 * @property {number} mark where the bracket, the semicolon or the word `shortcut` in front of it stands
 * @property {number} start where its own text begins, in UTF-16 units like every place here
 * @property {number} end
 * @property {Part[]} parts
 * @property {Part | null} owner the block that it belongs to
 */

/**
 * A layer, or a block with its branches. A branch without layers counts as one part without text at place −1.
 * @typedef {object} Part
 * @property {string} word in small letters
 * @property {string} text without the blanks around it
 * @property {number} start
 * @property {number} end
 * @property {Chain} chain the row that it stands in
 * @property {number} place its index there
 * @property {Chain[]} branches none for a layer
 */

/**
 * @typedef {{ text: string, at: number }} Edit The new text, and where the layer that was put in or moved begins in it.
 */
/**
 * @typedef {{ start: number, end: number, letters: string, lead: number }} Patch `lead`: letters before the layer
 * itself
 */

const MOST_DEPTH = 40; // no network that Python takes is deeper; what is deeper stays one layer's text

/** @type {(text: string) => Chain} The tree of a text; whatever was typed has one. */
export function readNetwork(text) {
  return new Reader(text).read();
}

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.chain = makeChain("", 0, 0, null);
    this.start = 0; // of the piece between two marks that is being read
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
    const end = this.text.trimEnd().length; // blocks that are still open reach that far
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

  /** Where the piece begins with the word `shortcut`, the shortcut of a residual begins. @param {number} end */
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

/** @type {(chain: Chain) => Part[]} Every part in the order of the text, a block before what is in it. */
export function partsOf(chain) {
  if (chain.owner && !chain.parts.length)
    return [{ word: "", text: "", start: chain.start, end: chain.end, chain, place: -1, branches: [] }];
  return chain.parts.flatMap((part) => [part, ...part.branches.flatMap(partsOf)]);
}

/**
 * The index of the part that a place in the text belongs to: the innermost that holds it, else the next one, else the
 * last; −1 where there is none.
 * @type {(parts: Part[], place: number) => number}
 */
export function partAt(parts, place) {
  const holding = parts.findLastIndex(({ start, end }) => start <= place && place < end);
  if (holding >= 0) return holding;
  const next = parts.findIndex(({ start }) => place < start);
  return next >= 0 ? next : parts.length - 1;
}

/** @type {(text: string, part: Part, layer: string) => string} The text with another text in place of a part. */
export function replacePart(text, { start, end }, layer) {
  return text.slice(0, start) + layer + text.slice(end);
}

/** @type {(text: string, chain: Chain, place: number, layer: string) => Edit} It gets this place in the chain. */
export function insertPart(text, chain, place, layer) {
  const patch = insertion(text, chain, place, layer);
  return { text: apply(text, patch), at: patch.start + patch.lead };
}

/**
 * The text without a part, and without one of the commas beside it. Removing a branch without layers removes its
 * semicolon or the word `shortcut`; where no other branch is left, the block.
 * @type {(text: string, part: Part) => string}
 */
export function removePart(text, part) {
  return apply(text, part.text ? removal(part) : branchRemoval(part.chain));
}

/** @type {(text: string, part: Part, chain: Chain, place: number) => Edit} What stands between layers stays there. */
export function movePart(text, part, chain, place) {
  if (chain === part.chain) return reorder(text, part, place);
  const put = insertion(text, chain, place, part.text);
  const taken = removal(part);
  const isBefore = taken.start < put.start;
  const at = put.start + put.lead - (isBefore ? taken.end - taken.start : 0);
  return { text: (isBefore ? [put, taken] : [taken, put]).reduce(apply, text), at };
}

/** @type {(text: string, block: Part, letters: string) => Edit} It comes last; `letters` begin with its mark. */
export function addBranch(text, { start, branches }, letters) {
  const { parts, end: chainEnd } = branches[branches.length - 1];
  const end = parts.at(-1)?.end ?? chainEnd;
  return { text: apply(text, cut(end, end, letters)), at: start };
}

/**
 * Where a part goes when it moves one place earlier (−1) or later (+1): past a layer, into a block, from branch to
 * branch, out of a block. Null at the ends of the network.
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

/** @type {(network: Chain) => number} Where a new layer goes: before a last `dense`, which has to stay the last. */
export function placeForNew({ parts }) {
  return /^dense$/i.test(parts.at(-1)?.text ?? "") ? parts.length - 1 : parts.length;
}

/** @type {(text: string, chain: Chain, place: number, layer: string) => Patch} */
function insertion(text, { parts, owner, start }, place, layer) {
  if (place < parts.length) return cut(parts[place].start, parts[place].start, `${layer}, `);
  const last = parts.at(-1)?.end ?? 0;
  const behind = owner ? last : text.length; // there stands at most a comma, which goes
  if (parts.length) return cut(last, behind, `, ${layer}`, 2);
  if (!owner) return cut(last, behind, layer);
  const end = start + text.slice(start).search(/\S|$/); // an empty branch may have blanks
  const before = /[\w;]$/.test(text.slice(0, start)) ? " " : ""; // directly after the word `shortcut`, or a semicolon
  const after = /^\w/.test(text.slice(end)) ? ", " : ""; // that word follows
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
