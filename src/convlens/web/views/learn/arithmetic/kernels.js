// Kernels that have a name in image processing, written the way a cross-correlation applies them; the same numbers as in
// convlens.by_hand.KERNELS (source: R. Gonzalez and R. Woods, Digital Image Processing, chapter 3).

const NINTH = 1 / 9;

export const KERNELS = {
  identity: [
    [0, 0, 0],
    [0, 1, 0],
    [0, 0, 0],
  ],
  blur: [
    [NINTH, NINTH, NINTH],
    [NINTH, NINTH, NINTH],
    [NINTH, NINTH, NINTH],
  ],
  gaussian: [
    [1 / 16, 2 / 16, 1 / 16],
    [2 / 16, 4 / 16, 2 / 16],
    [1 / 16, 2 / 16, 1 / 16],
  ],
  sharpen: [
    [0, -1, 0],
    [-1, 5, -1],
    [0, -1, 0],
  ],
  edge: [
    [-1, -1, -1],
    [-1, 8, -1],
    [-1, -1, -1],
  ],
  laplacian: [
    [0, 1, 0],
    [1, -4, 1],
    [0, 1, 0],
  ],
  "sobel-x": [
    [-1, 0, 1],
    [-2, 0, 2],
    [-1, 0, 1],
  ],
  "sobel-y": [
    [-1, -2, -1],
    [0, 0, 0],
    [1, 2, 1],
  ],
  "prewitt-x": [
    [-1, 0, 1],
    [-1, 0, 1],
    [-1, 0, 1],
  ],
  "prewitt-y": [
    [-1, -1, -1],
    [0, 0, 0],
    [1, 1, 1],
  ],
  emboss: [
    [-2, -1, 0],
    [-1, 1, 1],
    [0, 1, 2],
  ],
};

/** A kernel of another size: what was there stays in the upper left, what is new is 0. */
export function resizeMatrix(matrix, height, width, filling = () => 0) {
  return Array.from({ length: height }, (_, row) =>
    Array.from({ length: width }, (_, column) => matrix[row]?.[column] ?? filling(row, column)),
  );
}

/** The same matrix with another number at one place. */
export function replaceAt(matrix, row, column, value) {
  return matrix.map((line, y) => (y === row ? line.map((old, x) => (x === column ? value : old)) : line));
}

/** The name of the preset that a kernel is, or null. */
export function nameOf(kernel) {
  const text = JSON.stringify(kernel);
  return Object.keys(KERNELS).find((name) => JSON.stringify(KERNELS[name]) === text) ?? null;
}
