// Compares the accuracies of two trainings, and says whether the difference is significant.

const TWO_SIDED_95 = 1.959963984540054;

/** @typedef {{ data: string, accuracy: number | null, correct: number | null, total: number | null }} Judged */

/**
 * Whether two accuracies differ significantly at the 5 % level, by the test of two proportions. Both runs were
 * evaluated on the same images, so a paired test would be more sensitive; this one errs on the side of "chance".
 * @param {Judged} first @param {Judged} second
 */
export function differByMoreThanChance({ correct: firstCorrect, total: firstTotal }, { correct, total }) {
  if (!firstTotal || !total || firstCorrect === null || correct === null) return false;
  const pooled = (firstCorrect + correct) / (firstTotal + total);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / firstTotal + 1 / total));
  return Math.abs(firstCorrect / firstTotal - correct / total) > TWO_SIDED_95 * error;
}

/** @type {(run: Judged, earlier: Judged) => string} A sentence on the accuracy of `run` against `earlier`. */
export function compareAccuracy(run, earlier) {
  if (run.accuracy === null || earlier.accuracy === null) return "Only finished runs have an accuracy to compare.";
  if (run.data !== earlier.data)
    return "The runs were evaluated on different images, so their accuracies cannot be compared.";
  const points = (run.accuracy - earlier.accuracy) * 100;
  if (Math.abs(points) < 0.005) return "The accuracy is the same.";
  const size = `${Math.abs(points).toFixed(2)} percentage points ${points > 0 ? "higher" : "lower"}`;
  return `${size}, ${differByMoreThanChance(run, earlier) ? "a significant difference" : "which may be chance"}.`;
}
