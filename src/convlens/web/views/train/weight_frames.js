// The weights of a training as they came, so that it can be looked at again more slowly than it went.
//
// A second of training gives a dozen sets of weights, an hour gives tens of thousands, so memory has a limit: where it is
// reached, every second set goes, and from then on only every second one that comes is kept. What is left lies evenly over
// the training, with the newest one always among it.

const MOST_BYTES = 48 * 1024 * 1024;
const MOST_FRAMES = 240;

export class WeightFrames {
  constructor(mostBytes = MOST_BYTES, mostFrames = MOST_FRAMES) {
    Object.assign(this, { mostBytes, mostFrames });
    this.clear();
  }

  clear() {
    this.frames = []; // [{step, weights}], in the order of their steps
    this.every = 1;
    this.seen = 0;
    this.lastIsKept = true;
  }

  /** Take in the weights after `step` steps; `bytes` is about their size. */
  add(step, weights, bytes) {
    if (this.frames.length && !this.lastIsKept) this.frames.pop(); // it was there only as the newest one
    this.lastIsKept = this.seen % this.every === 0;
    this.seen += 1;
    this.frames.push({ step, weights });
    while (
      this.frames.length > 2 &&
      (this.frames.length > this.mostFrames || this.frames.length * bytes > this.mostBytes)
    ) {
      const newest = this.frames.length - 1;
      this.frames = this.frames.filter((_, place) => place % 2 === 0 || place === newest);
      this.lastIsKept = this.lastIsKept && newest % 2 === 0;
      this.every *= 2;
    }
  }

  /** The last frame at or before `step`, else the first one; null where there is none. */
  at(step) {
    let found = this.frames[0] ?? null;
    for (const frame of this.frames) {
      if (frame.step > step) break;
      found = frame;
    }
    return found;
  }
}

/** About how many bytes a set of weights takes. */
export function sizeOfWeights(weights) {
  return Object.values(weights).reduce(
    (sum, { data }) => sum + (typeof data === "string" ? data.length : data.byteLength),
    0,
  );
}
