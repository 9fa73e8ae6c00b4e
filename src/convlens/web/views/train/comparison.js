// What differs between two trainings, and whether that is more than chance.

const TWO_SIDED_95 = 1.959963984540054;

/**
 * Wilson's interval, 95 %, of a share of right answers: `[low, high]`; [0, 1] without any.
 * The same as `convlens.metrics.wilson_interval`, for a run whose interval the server did not send.
 */
export function wilsonInterval(correct, total) {
  if (!total) return [0, 1];
  const share = correct / total;
  const squared = TWO_SIDED_95 ** 2;
  const middle = (share + squared / (2 * total)) / (1 + squared / total);
  const spread = (share * (1 - share)) / total + squared / (4 * total ** 2);
  const half = (TWO_SIDED_95 * Math.sqrt(spread)) / (1 + squared / total);
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/**
 * Whether two shares of right answers differ by more than chance explains at 95 %: the test of two proportions.
 * Both were judged on the same images, so the true threshold is rather lower; this errs on the side of "chance".
 */
export function differByMoreThanChance(first, second) {
  if (!first?.total || !second?.total) return false;
  const pooled = (first.correct + second.correct) / (first.total + second.total);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / first.total + 1 / second.total));
  return Math.abs(first.correct / first.total - second.correct / second.total) > TWO_SIDED_95 * error;
}

/** A sentence on the accuracy of `run` against `earlier`; both have `{data, accuracy, correct, total}` or no accuracy. */
export function compareAccuracy(run, earlier) {
  if (run.accuracy == null || earlier.accuracy == null) return "Only finished runs have an accuracy to compare.";
  if (run.data !== earlier.data) return "They were judged on different images, so their accuracies don't compare.";
  const points = (run.accuracy - earlier.accuracy) * 100;
  const size = `${Math.abs(points).toFixed(2)} percentage points`;
  if (Math.abs(points) < 0.005) return "The same accuracy.";
  const direction = points > 0 ? "more" : "fewer";
  if (differByMoreThanChance(run, earlier)) return `${size} ${direction} are right: more than chance explains.`;
  return `${size} ${direction} are right: no more than chance explains.`;
}
