// How a window slides along one axis: the arithmetic of kernel size, stride, padding and dilation, as in
// convlens.window.
//
// The page computes it itself, because it must respond while a person types, also from disk and without Python. The
// tests compare the two, including the sentences.

/**
 * @typedef {[down: number, across: number]} Pair
 * @typedef {{ kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, mode?: string, ceil?: boolean }} Sliding
 *   How a window slides over a matrix: `mode` is one of PADDING_MODES; with `ceil`, a last window may extend beyond the
 *   end.
 * @typedef {{ size: number, kernel: number, stride: number, padding: number, dilation: number, ceil?: boolean }} Axis
 *   The same along one axis, and the size of the input there.
 */

export const PADDING_MODES = ["zeros", "reflect", "replicate"];

/**
 * A sliding window from numbers that hold for both axes.
 * @param {{
 *   kernel: number, stride?: number, padding?: number, dilation?: number, mode?: string, ceil?: boolean,
 * }} numbers
 * @returns {Sliding}
 */
export function squareWindow({ kernel, stride = 1, padding = 0, dilation = 1, mode = "zeros", ceil = false }) {
  /** @type {(number: number) => Pair} */
  const both = (number) => [number, number];
  return { kernel: both(kernel), stride: both(stride), padding: both(padding), dilation: both(dilation), mode, ceil };
}

/** @type {(size: Pair, sliding: Sliding) => [Axis, Axis]} The two axes, down and across, of an input of this size. */
export function axesOf(size, { kernel, stride, padding, dilation, ceil }) {
  /** @type {(axis: 0 | 1) => Axis} */
  const along = (axis) => ({
    size: size[axis],
    kernel: kernel[axis],
    stride: stride[axis],
    padding: padding[axis],
    dilation: dilation[axis],
    ceil,
  });
  return [along(0), along(1)];
}

/** The number of cells from the first to the last that a kernel reads: d·(k − 1) + 1. @param {Axis} axis */
export function reach({ kernel, dilation }) {
  return dilation * (kernel - 1) + 1;
}

/**
 * The number of positions of the window, below 1 if it does not fit; `ceil` rounds up if the last one begins inside.
 * @param {Axis} axis
 */
export function outputSize(axis) {
  const { size, stride, padding, ceil } = axis;
  const moves = (size + 2 * padding - reach(axis)) / stride;
  if (!ceil) return Math.floor(moves) + 1;
  const last = Math.ceil(moves);
  return last * stride >= size + padding ? last : last + 1;
}

/** The sum behind `outputSize` with the numbers filled in. @param {Axis} axis */
export function outputSizeFormula(axis) {
  const { size, kernel, stride, padding, dilation } = axis;
  const window = dilation === 1 ? `${kernel}` : `(${dilation}·(${kernel} − 1) + 1)`;
  return `⌊(${size} + 2·${padding} − ${window})/${stride}⌋ + 1 = ${outputSize(axis)}`.replace("= -", "= −");
}

/** @type {(position: number, axis: Axis) => number[]} In the padding they are below 0 or past the end. */
export function cellsRead(position, { kernel, stride, padding, dilation }) {
  return Array.from({ length: kernel }, (_, tap) => position * stride - padding + tap * dilation);
}

/** How many positions of the window read each cell. @param {Axis} axis */
export function countReads(axis) {
  /** @type {number[]} */
  const counts = new Array(axis.size).fill(0);
  for (let position = 0; position < outputSize(axis); position++) {
    for (const cell of cellsRead(position, axis)) if (cell in counts) counts[cell] += 1;
  }
  return counts;
}

/** The number of cells beyond the last position; all of them if the window does not fit. @param {Axis} axis */
export function dropped(axis) {
  const positions = outputSize(axis);
  if (positions < 1) return axis.size;
  const readUpTo = (positions - 1) * axis.stride - axis.padding + reach(axis);
  return Math.max(0, axis.size - Math.max(0, readUpTo));
}

/** The number of cells between positions that no position reads. @param {Axis} axis */
export function skipped(axis) {
  if (outputSize(axis) < 1) return 0;
  return countReads(axis).filter((reads, cell) => cell < axis.size - dropped(axis) && reads === 0).length;
}

/** @type {(size: Pair, sliding: Sliding) => number[][]} How many window positions read each cell of a matrix: H×W. */
export function countCoverage(size, sliding) {
  const [rows, columns] = axesOf(size, sliding).map(countReads);
  return rows.map((down) => columns.map((across) => down * across));
}

/** @type {(size: Pair, sliding: Sliding) => Pair} Rows and columns of the result. */
export function outputShape(size, sliding) {
  const [down, across] = axesOf(size, sliding);
  return [outputSize(down), outputSize(across)];
}

/** @type {(size: Pair, sliding: Sliding) => string | null} Why it can't slide over such an input, or null. */
export function findWindowMistake(size, sliding) {
  for (const [number, axis] of axesOf(size, sliding).entries()) {
    const name = ["high", "wide"][number];
    if (outputSize(axis) < 1) {
      return (
        `the kernel reaches over ${reach(axis)} and the padded input is only ${axis.size + 2 * axis.padding} ${name}; ` +
        "give a smaller kernel or dilation, or more padding."
      );
    }
    if (sliding.mode === "reflect" && axis.padding >= axis.size) {
      return (
        `a padding of ${axis.padding} cannot be reflected from an input ${axis.size} ${name}; give at most ` +
        `${axis.size - 1}, or the padding mode zeros or replicate.`
      );
    }
  }
  return null;
}
