// The weights received during a training, so that it can be replayed more slowly.
//
// A second of training gives a dozen sets of weights, an hour tens of thousands, so their number is limited. At the
// limit, every second set is dropped, and from then on only every second new one is kept. The kept sets are evenly
// spaced over the training and always include the newest.

/** @import { Weights } from "convlens/views/train/run_state.js" */

const MOST_BYTES = 48 * 1024 * 1024;
const MOST_FRAMES = 240;

export class WeightFrames {
  /** In the order of their steps. @type {{ step: number, weights: Weights }[]} */
  frames = [];
  every = 1; // one of so many sets is kept
  seen = 0;
  isLastKept = true; // false: the last set is kept only until the next one

  constructor(mostBytes = MOST_BYTES, mostFrames = MOST_FRAMES) {
    this.mostBytes = mostBytes;
    this.mostFrames = mostFrames;
  }

  clear() {
    this.frames = [];
    this.every = 1;
    this.seen = 0;
    this.isLastKept = true;
  }

  /** @type {(step: number, weights: Weights, bytes?: number) => void} Adds the weights after `step` steps. */
  add(step, weights, bytes = sizeOf(weights)) {
    if (!this.isLastKept) this.frames.pop();
    this.isLastKept = this.seen % this.every === 0;
    this.seen += 1;
    this.frames.push({ step, weights });
    const most = Math.max(2, Math.min(this.mostFrames, Math.floor(this.mostBytes / bytes)));
    while (this.frames.length > most) {
      const newest = this.frames.length - 1;
      this.frames = this.frames.filter((_, place) => place % 2 === 0 || place === newest);
      this.isLastKept = this.isLastKept && newest % 2 === 0;
      this.every *= 2;
    }
  }

  /** The last frame at or before `step`, or the first one; null if there are none. @param {number} step */
  at(step) {
    return this.frames.findLast((frame) => frame.step <= step) ?? this.frames[0] ?? null;
  }
}

/** The approximate size of a set of weights in bytes. @param {Weights} weights */
function sizeOf(weights) {
  const sizes = Object.values(weights).map(({ data }) => (typeof data === "string" ? data.length : data.byteLength));
  return sizes.reduce((sum, size) => sum + size, 0);
}
