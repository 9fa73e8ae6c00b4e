// One chart: axes with round numbers, lines, bands and marks, the newest value at the end of its line. SVG, so that its
// words grow with the text of the page and its colours follow the theme; a few hundred points at most are ever in it.

import { element, fill, svg } from "convlens/interface/dom.js";
import { linePath } from "convlens/views/train/chart_scale.js";

const NARROWEST = 240;

/**
 * A chart called `title`; `onPick(share)` is called with the place of the pointer along the width, 0 to 1.
 *
 * `draw({scale, xTicks, layers, words, reading, label})`: `scale` as `chart_scale` makes it, `label(tick)` its words; `xTicks`
 * `[{share, text}]`; `layers` a list of `{kind: "line" | "band" | "dots" | "whisker", name, points}` with points in shares
 * of the width and values; `words` stands beside the title; `reading` a share at which a line stands.
 */
export function createChart({ title, onPick }) {
  const words = element("span", { class: "train-chart-words" });
  const drawing = svg("svg", {
    class: "train-chart-drawing",
    role: "img",
    "aria-label": title,
    preserveAspectRatio: "none",
  });
  const root = element(
    "figure",
    { class: "train-chart" },
    element("figcaption", {}, element("h3", {}, title), words),
    drawing,
  );
  const chart = { title, drawing, words, size: { width: 480, height: 230, em: 13 }, last: null };
  const observer = new ResizeObserver(() => {
    measure(chart);
    if (chart.last) drawChart(chart, chart.last);
  });
  observer.observe(drawing);
  followPointer(chart, onPick);
  return {
    element: root,
    draw(content) {
      chart.last = content;
      drawChart(chart, content);
    },
    dispose: () => observer.disconnect(),
  };
}

function measure(chart) {
  const box = chart.drawing.getBoundingClientRect();
  if (!box.width) return;
  const em = parseFloat(getComputedStyle(chart.drawing).fontSize) || 13;
  chart.size = { width: Math.max(box.width, NARROWEST), height: box.height, em };
}

/** Where the plot lies inside the drawing: room for the numbers at the left and below. */
function plotOf({ size: { width, height, em } }) {
  return { left: em * 3.6, right: width - em * 0.6, top: em * 0.7, bottom: height - em * 1.7 };
}

function drawChart(chart, { scale, xTicks, layers, words, reading, label, describe }) {
  const { size } = chart;
  const plot = plotOf(chart);
  const across = (share) => plot.left + share * (plot.right - plot.left);
  const down = (value) => plot.bottom - scale.share(value) * (plot.bottom - plot.top);
  chart.drawing.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`);
  chart.drawing.setAttribute("aria-label", describe);
  fill(chart.words, words);
  fill(
    chart.drawing,
    scale.ticks.map((tick) => [
      svg("line", { class: "train-grid", x1: plot.left, x2: plot.right, y1: down(tick), y2: down(tick) }),
      svg(
        "text",
        { class: "train-tick", x: plot.left - size.em * 0.5, y: down(tick) + size.em * 0.35, "text-anchor": "end" },
        label(tick),
      ),
    ]),
    xTicks.map(({ share, text, isEdge }) => [
      svg("line", {
        class: isEdge ? "train-grid" : "train-epoch",
        x1: across(share),
        x2: across(share),
        y1: plot.top,
        y2: plot.bottom,
      }),
      svg(
        "text",
        {
          class: "train-tick",
          x: across(share),
          y: plot.bottom + size.em * 1.3,
          "text-anchor": share > 0.97 ? "end" : share < 0.03 ? "start" : "middle",
        },
        text,
      ),
    ]),
    layers.map((layer) => DRAW[layer.kind](layer, across, down)),
    Number.isFinite(reading)
      ? svg("line", { class: "train-reading", x1: across(reading), x2: across(reading), y1: plot.top, y2: plot.bottom })
      : null,
  );
}

const DRAW = {
  line: ({ name, points }, across, down) =>
    svg("path", { class: `train-line ${name}`, d: linePath(points.map(([x, y]) => [across(x), down(y)])) }),
  band({ name, points }, across, down) {
    const upper = points.map(([x, , greatest]) => [across(x), down(greatest)]);
    const lower = points.map(([x, least]) => [across(x), down(least)]).reverse();
    return points.length > 1
      ? svg("path", { class: `train-band ${name}`, d: `${linePath([...upper, ...lower])}Z` })
      : null;
  },
  dots: ({ name, points }, across, down) =>
    points.map(([x, y]) => svg("circle", { class: `train-dot ${name}`, cx: across(x), cy: down(y), r: 3.5 })),
  whisker: ({ name, points: [[x, low, value, high]] }, across, down) =>
    svg(
      "g",
      { class: `train-whisker ${name}` },
      svg("line", { x1: across(x), x2: across(x), y1: down(low), y2: down(high) }),
      svg("path", { d: `M${across(x) - 5} ${down(value)}l5 -5 5 5 -5 5z` }),
    ),
};

function followPointer(chart, onPick) {
  const pick = (event) => {
    const box = chart.drawing.getBoundingClientRect();
    const plot = plotOf(chart);
    const x = ((event.clientX - box.left) / box.width) * chart.size.width;
    onPick(Math.min(1, Math.max(0, (x - plot.left) / (plot.right - plot.left))));
  };
  chart.drawing.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    chart.drawing.setPointerCapture(event.pointerId);
    pick(event);
  });
  chart.drawing.addEventListener("pointermove", (event) => {
    if (chart.drawing.hasPointerCapture(event.pointerId)) pick(event);
  });
}
