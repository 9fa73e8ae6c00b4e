// The curve of an activation, with all values of a map on it and one of them chosen.

import { svg } from "convlens/interface/dom.js";
import { activate } from "convlens/views/learn/arithmetic/activations.js";
import { shortNumber } from "convlens/views/learn/arithmetic/sentences.js";

const [WIDTH, HEIGHT, MARGIN] = [320, 220, 30];
const POINTS = 160;

/** `values` are what goes in; `chosen` is the one that is marked. */
export function drawCurve({ name, slope, values, chosen }) {
  const side = Math.max(2, ...values.slice(0, 5000).map(Math.abs)) * 1.1;
  const result = (value) => activate(value, name, slope);
  // The curve fills the height; zero is always in it, and a little room below it.
  const [high, lowest] = [Math.max(result(side), result(-side), 0), Math.min(result(side), result(-side), 0)];
  const low = Math.min(lowest, -0.25 * high);
  const x = (value) => WIDTH / 2 + (value / side) * (WIDTH / 2 - MARGIN);
  const y = (value) => HEIGHT - MARGIN - ((value - low) / (high - low)) * (HEIGHT - 2 * MARGIN);
  const path = Array.from({ length: POINTS + 1 }, (_, point) => {
    const value = -side + (2 * side * point) / POINTS;
    return `${point ? "L" : "M"}${x(value).toFixed(2)} ${y(result(value)).toFixed(2)}`;
  }).join("");
  const [out, distinct] = [result(chosen), [...new Set(values)].slice(0, 400)];
  const label = (text, attributes) => svg("text", { class: "curve-text", ...attributes }, text);
  return svg(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      role: "img",
      "aria-label": `${name}: ${shortNumber(chosen)} becomes ${shortNumber(out)}`,
    },
    svg("path", {
      class: "curve-axis",
      d: `M${MARGIN / 2} ${y(0)}H${WIDTH - MARGIN / 2}M${WIDTH / 2} ${MARGIN / 2}V${HEIGHT - MARGIN / 2}`,
    }),
    svg("path", { class: "curve-guide", d: `M${x(chosen)} ${y(0)}V${y(out)}H${x(0)}` }),
    svg("path", { class: "curve-line", d: path }),
    distinct.map((value) => svg("circle", { class: "curve-value", cx: x(value), cy: y(result(value)), r: 2.5 })),
    svg("circle", { class: "curve-chosen", cx: x(chosen), cy: y(out), r: 5.5 }),
    label(shortNumber(chosen), { x: x(chosen), y: y(0) + (out >= 0 ? 18 : -9), "text-anchor": "middle" }),
    label(shortNumber(out), {
      x: x(0) + (chosen >= 0 ? -8 : 8),
      y: out === 0 ? y(0) - 8 : y(out) + 4,
      "text-anchor": chosen >= 0 ? "end" : "start",
    }),
  );
}
