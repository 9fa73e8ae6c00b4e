// The curve of an activation, with all values of a map on it and one of them chosen.

import { svg } from "convlens/interface/dom.js";
import { activate } from "convlens/views/learn/arithmetic/activations.js";
import { shortNumber } from "convlens/views/learn/arithmetic/sentences.js";

const [WIDTH, HEIGHT, MARGIN] = [320, 220, 30];
const POINTS = 160;

/** @param {{ name: string, slope: number, values: number[], chosen: number }} curve `values` are the inputs */
export function drawCurve({ name, slope, values, chosen }) {
  const side = Math.max(2, ...values.slice(0, 5000).map(Math.abs)) * 1.1;
  /** @param {number} value */
  const result = (value) => activate(value, name, slope);
  const steps = Array.from({ length: POINTS + 1 }, (_, point) => -side + (2 * side * point) / POINTS);
  // The curve fills the height, which always includes zero and a little space below it.
  const high = Math.max(0, ...steps.map(result));
  const low = Math.min(...steps.map(result), -0.25 * high);
  /** @param {number} value */
  const x = (value) => WIDTH / 2 + (value / side) * (WIDTH / 2 - MARGIN);
  /** @param {number} value */
  const y = (value) => HEIGHT - MARGIN - ((value - low) / (high - low)) * (HEIGHT - 2 * MARGIN);
  const path = steps.map((value) => `${x(value).toFixed(2)} ${y(result(value)).toFixed(2)}`).join("L");
  const [out, distinct] = [result(chosen), [...new Set(values)].slice(0, 400)];
  const axes = `M${MARGIN / 2} ${y(0)}H${WIDTH - MARGIN / 2}M${WIDTH / 2} ${MARGIN / 2}V${HEIGHT - MARGIN / 2}`;
  const below = { x: x(chosen), y: y(0) + (out >= 0 ? 18 : -9), "text-anchor": "middle" };
  const beside = { x: x(0) + (chosen >= 0 ? -8 : 8), "text-anchor": chosen >= 0 ? "end" : "start" };
  const words = `${name}: ${shortNumber(chosen)} becomes ${shortNumber(out)}`;
  return svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": words },
    svg("path", { class: "curve-axis", d: axes }),
    svg("path", { class: "curve-guide", d: `M${x(chosen)} ${y(0)}V${y(out)}H${x(0)}` }),
    svg("path", { class: "curve-line", d: `M${path}` }),
    distinct.map((value) => svg("circle", { class: "curve-value", cx: x(value), cy: y(result(value)), r: 2.5 })),
    svg("circle", { class: "curve-chosen", cx: x(chosen), cy: y(out), r: 5.5 }),
    svg("text", { class: "curve-text", ...below }, shortNumber(chosen)),
    svg("text", { class: "curve-text", ...beside, y: out === 0 ? y(0) - 8 : y(out) + 4 }, shortNumber(out)),
  );
}
