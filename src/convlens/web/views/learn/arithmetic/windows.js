// How a window slides along one axis: the arithmetic of kernel size, stride, padding and dilation, as in convlens.window.
//
// The page has it a second time because it must answer while a number is typed, from disk and without Python. The tests
// hold the two together, sentences included.

export const PADDING_MODES = ["zeros", "reflect", "replicate"];

/** The number of cells from the first to the last that a kernel reads: d·(k − 1) + 1. */
export function reach(kernelSize, dilation = 1) {
  return dilation * (kernelSize - 1) + 1;
}

/** The number of positions of the window; below 1 where the kernel does not fit. */
export function outputSize(size, kernelSize, stride = 1, padding = 0, dilation = 1) {
  return Math.floor((size + 2 * padding - reach(kernelSize, dilation)) / stride) + 1;
}

/** The sum behind `outputSize` with the numbers filled in. */
export function outputSizeFormula(size, kernelSize, stride = 1, padding = 0, dilation = 1) {
  const kernel = dilation === 1 ? `${kernelSize}` : `(${dilation}·(${kernelSize} − 1) + 1)`;
  const result = `${outputSize(size, kernelSize, stride, padding, dilation)}`.replace("-", "−");
  return `⌊(${size} + 2·${padding} − ${kernel})/${stride}⌋ + 1 = ${result}`;
}

/** How many cells at the end lie behind the last position, so that nothing reads them; all of them where nothing fits. */
export function dropped(size, kernelSize, stride = 1, padding = 0, dilation = 1) {
  const positions = outputSize(size, kernelSize, stride, padding, dilation);
  if (positions < 1) return size;
  const readUpTo = (positions - 1) * stride - padding + reach(kernelSize, dilation);
  return Math.max(0, size - Math.max(0, readUpTo));
}

/** How many cells lie between what the positions read, so that nothing reads them either. */
export function skipped(size, kernelSize, stride = 1, padding = 0, dilation = 1) {
  if (outputSize(size, kernelSize, stride, padding, dilation) < 1) return 0;
  const end = size - dropped(size, kernelSize, stride, padding, dilation);
  return countReads(size, kernelSize, stride, padding, dilation).filter((reads, cell) => cell < end && reads === 0)
    .length;
}

/** Along one axis, how many positions of the window read each cell. */
export function countReads(size, kernelSize, stride = 1, padding = 0, dilation = 1) {
  const counts = new Array(size).fill(0);
  for (let position = 0; position < outputSize(size, kernelSize, stride, padding, dilation); position++) {
    for (const cell of cellsRead(position, kernelSize, stride, padding, dilation)) {
      if (cell >= 0 && cell < size) counts[cell] += 1;
    }
  }
  return counts;
}

/** The cells that the window reads at one position; those in the padding are below 0 or past the end. */
export function cellsRead(position, kernelSize, stride = 1, padding = 0, dilation = 1) {
  return Array.from({ length: kernelSize }, (_, tap) => position * stride - padding + tap * dilation);
}

/** How many placements read each cell of a matrix: H×W. */
export function countCoverage(size, sliding) {
  const [rows, columns] = [0, 1].map((axis) => countReads(size[axis], ...axisOf(sliding, axis)));
  return rows.map((down) => columns.map((across) => down * across));
}

/** Kernel size, stride, padding and dilation of one axis (0 down, 1 across), in the order of the functions above. */
export function axisOf(sliding, axis) {
  return [sliding.kernel[axis], sliding.stride[axis], sliding.padding[axis], sliding.dilation[axis]];
}

/** A sliding window from numbers that hold for both axes. */
export function squareWindow({ kernel, stride = 1, padding = 0, dilation = 1, mode = "zeros" }) {
  const both = (number) => [number, number];
  return { kernel: both(kernel), stride: both(stride), padding: both(padding), dilation: both(dilation), mode };
}

/** Rows and columns of the result. */
export function outputShape(size, sliding) {
  return [0, 1].map((axis) => outputSize(size[axis], ...axisOf(sliding, axis)));
}

/** One line on why this window cannot slide over an input of this size, or null where it can. */
export function findWindowMistake(size, sliding) {
  for (const [axis, name] of [
    [0, "high"],
    [1, "wide"],
  ]) {
    const [kernelSize, , padding, dilation] = axisOf(sliding, axis);
    if (outputSize(size[axis], ...axisOf(sliding, axis)) < 1) {
      return (
        `the kernel reaches over ${reach(kernelSize, dilation)} and the padded input is only ` +
        `${size[axis] + 2 * padding} ${name}; give a smaller kernel or dilation, or more padding.`
      );
    }
    if (sliding.mode === "reflect" && padding >= size[axis]) {
      return (
        `a padding of ${padding} cannot be reflected from an input ${size[axis]} ${name}; give at most ` +
        `${size[axis] - 1}, or the padding mode zeros or replicate.`
      );
    }
  }
  return null;
}
