// The arithmetic of a chart: ticks, scales, smoothing and lines.

/**
 * @typedef {{ ticks: number[], share: (value: number) => number }} Scale `share` returns the height of a value, clipped
 * to 0 to 1
 */

/**
 * Returns the smallest step that divides `span` into at most `count` parts and is 1, 2 or 5 times a power of ten.
 * @param {number} span @param {number} count
 */
export function niceStep(span, count) {
  const rough = span / Math.max(count, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5].find((candidate) => candidate * power >= rough * (1 - 1e-9));
  return (factor ?? 10) * power;
}

/** @type {(low: number, high: number, count: number) => number[]} About `count` round numbers. */
export function linearTicks(low, high, count) {
  if (!(high > low)) return [low];
  const step = niceStep(high - low, count);
  const ticks = [];
  for (let number = Math.ceil(low / step - 1e-9); number * step <= high + step * 1e-9; number += 1) {
    ticks.push(Number((number * step).toPrecision(12)));
  }
  return ticks;
}

/** @type {(low: number, high: number, count: number) => number[]} Only powers of ten if 1, 2, 5 are too many. */
export function logTicks(low, high, count) {
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const factor of [1, 2, 5]) {
      const tick = Number((factor * 10 ** power).toPrecision(12));
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) ticks.push({ tick, factor });
    }
  }
  const kept = ticks.length > count ? ticks.filter(({ factor }) => factor === 1) : ticks;
  return kept.map(({ tick }) => tick);
}

const LOWEST_LOSS = 1e-4;

/**
 * The vertical scale of losses: from 0, or logarithmic. It ends at the 99th percentile, so that a single outlier does
 * not flatten the curve.
 * @type {(values: number[], logarithmic: boolean, tickCount?: number) => Scale}
 */
export function lossScale(values, logarithmic, tickCount = 5) {
  const finite = values.filter(Number.isFinite).sort((first, second) => first - second);
  const largest = finite[Math.round(0.99 * (finite.length - 1))] ?? 1;
  if (!logarithmic) {
    const step = niceStep(largest || 1, tickCount);
    const high = Math.ceil((largest || 1) / step - 1e-9) * step;
    return { ticks: linearTicks(0, high, tickCount), share: (value) => clip(value / high) };
  }
  const low = Math.max(finite[0] ?? 0.1, LOWEST_LOSS) * 0.8;
  const high = Math.max(largest, low * 2) * 1.1;
  const span = Math.log(high / low);
  return {
    ticks: logTicks(low, high, tickCount + 2),
    share: (value) => clip(Math.log(Math.max(value, low) / low) / span),
  };
}

const ACCURACY_TICKS = [0, 0.5, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999];

/** @type {(best: number, logarithmic: boolean) => Scale} 0 to 100 %, or by the logarithm of the error. */
export function accuracyScale(best, logarithmic) {
  if (!logarithmic) return { ticks: [0, 0.25, 0.5, 0.75, 1], share: clip };
  const least = Math.max(5e-4, Math.min(0.05, (1 - best) * 0.7));
  const ticks = ACCURACY_TICKS.filter((tick) => 1 - tick >= least * 0.999);
  /** @param {number} value */
  const share = (value) => clip(Math.log(Math.max(1 - value, least)) / Math.log(least));
  /** @type {number[]} */
  const roomy = [];
  for (const tick of ticks) if (!roomy.length || share(tick) - share(roomy[roomy.length - 1]) > 0.12) roomy.push(tick);
  return { ticks: roomy, share };
}

/**
 * The exponential moving average: the weight of earlier numbers decreases by the factor 1 − 1/width per step. The start
 * is corrected for the few numbers so far, so the first value is the first number.
 * @type {(values: ArrayLike<number>, width: number) => Float32Array<ArrayBuffer>}
 */
export function smooth(values, width) {
  const keep = 1 - 1 / Math.max(width, 1);
  const smoothed = new Float32Array(values.length);
  let sum = 0;
  let weight = 0;
  for (let place = 0; place < values.length; place += 1) {
    sum = keep * sum + values[place];
    weight = keep * weight + 1;
    smoothed[place] = sum / weight;
  }
  return smoothed;
}

/** Divides values into at most `count` columns; returns the middle, least, greatest and mean of each. @param {ArrayLike<number>} values @param {number} count */
export function columns(values, count) {
  const size = Math.max(1, Math.ceil(values.length / count));
  const found = [];
  for (let start = 0; start < values.length; start += size) {
    const end = Math.min(start + size, values.length);
    let least = Infinity;
    let greatest = -Infinity;
    let sum = 0;
    for (let place = start; place < end; place += 1) {
      least = Math.min(least, values[place]);
      greatest = Math.max(greatest, values[place]);
      sum += values[place];
    }
    found.push({ middle: (start + end - 1) / 2, least, greatest, mean: sum / (end - start) });
  }
  return found;
}

/** An SVG path through points `[[x, y], …]`; a point that is not finite breaks the line. @param {number[][]} points */
export function linePath(points) {
  let path = "";
  let isOpen = false;
  for (const [x, y] of points) {
    if (Number.isFinite(x) && Number.isFinite(y)) path += `${isOpen ? "L" : "M"}${round(x)} ${round(y)}`;
    isOpen = Number.isFinite(x) && Number.isFinite(y);
  }
  return path;
}

/** A share of 1 as per cent without needless zeros: 0.9 → "90 %", 0.9895 → "98.95 %". @param {number} share */
export function percent(share, digits = 2) {
  return `${Number((share * 100).toFixed(digits))} %`;
}

/** @param {number} value */
function clip(value) {
  return Math.min(1, Math.max(0, value));
}

/** @param {number} value */
function round(value) {
  return Math.round(value * 10) / 10;
}
