// The least-squares solution of small systems from their normal equations, the one with the least norm if there are
// several: a border of one row does not determine a slope from row to row, and elimination would divide by zero.

const NOTHING = 1e-12; // of the largest eigenvalue: smaller ones are rounding errors

/** @type {(matrix: number[][], right: number[]) => number[]} x with matrix · x = right; no eigenvalue is negative. */
export function solveLeastNorm(matrix, right) {
  const { values, vectors } = findEigenvectors(matrix);
  const least = NOTHING * Math.max(...values);
  const solution = right.map(() => 0);
  values.forEach((value, index) => {
    if (value <= least) return;
    const along = right.reduce((sum, term, row) => sum + term * vectors[row][index], 0) / value;
    solution.forEach((_, row) => {
      solution[row] += along * vectors[row][index];
    });
  });
  return solution;
}

// By Jacobi rotations, each of which sets one off-diagonal pair to zero; eigenvectors are columns of `vectors`.
/** @type {(matrix: number[][]) => { values: number[], vectors: number[][] }} */
function findEigenvectors(matrix) {
  const size = matrix.length;
  const turned = matrix.map((row) => [...row]);
  const vectors = matrix.map((_, row) => matrix.map((_, column) => (row === column ? 1 : 0)));
  for (let sweep = 0; sweep < 30; sweep++) {
    let rest = 0;
    for (let first = 0; first < size; first++) {
      for (let second = first + 1; second < size; second++) {
        rest += Math.abs(turned[first][second]);
        if (turned[first][second] !== 0) rotate(turned, vectors, first, second);
      }
    }
    if (rest === 0) break;
  }
  return { values: turned.map((row, index) => row[index]), vectors };
}

/** @type {(turned: number[][], vectors: number[][], first: number, second: number) => void} */
function rotate(turned, vectors, first, second) {
  const half = (turned[second][second] - turned[first][first]) / (2 * turned[first][second]);
  const tangent = (half < 0 ? -1 : 1) / (Math.abs(half) + Math.sqrt(half * half + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  const mix = (/** @type {number[]} */ row, /** @type {number} */ one, /** @type {number} */ other) => {
    const [before, after] = [row[one], row[other]];
    row[one] = cosine * before - sine * after;
    row[other] = sine * before + cosine * after;
  };
  for (const row of turned) mix(row, first, second);
  for (let column = 0; column < turned.length; column++) {
    const pair = [turned[first][column], turned[second][column]];
    mix(pair, 0, 1);
    [turned[first][column], turned[second][column]] = pair;
  }
  turned[first][second] = 0;
  turned[second][first] = 0;
  for (const row of vectors) mix(row, first, second);
}
