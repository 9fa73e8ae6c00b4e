// One chart: axes with round numbers, lines, bands and marks. It is an SVG of at most a few hundred points, so its text
// scales with the text of the page and its colours follow the theme.

import { element, fill, svg } from "convlens/interface/dom.js";
import { linePath } from "convlens/views/train/chart_scale.js";

/** @import { Scale } from "convlens/views/train/chart_scale.js" */

/**
 * In points, x is a share of the width, and the others are values: [x, y] for lines and dots, [x, least, greatest] for
 * a band, [x, low, value, high] for a whisker.
 * @typedef {{ kind: "line" | "band" | "dots" | "whisker", name: string, points: number[][] }} Layer
 */

/**
 * @typedef {object} Content
 * @property {Scale} scale
 * @property {{ share: number, text: string, isEdge: boolean }[]} xTicks
 * @property {Layer[]} layers
 * @property {string} words the text beside the title
 * @property {string} describe the text for screen readers
 * @property {number | null} reading the position of the vertical line, as a share of the width
 * @property {(tick: number) => string} label
 */

/** @typedef {(share: number) => number} Axis */

const NARROWEST = 240;

export class Chart {
  words = element("span", { class: "train-chart-words" });
  drawing = svg("svg", { class: "train-chart-drawing", role: "img", preserveAspectRatio: "none" });
  size = { width: 480, height: 230, em: 13 };
  /** @type {Content | null} */
  content = null;

  /**
   * @param {{ title: string, onPick: (share: number) => void }} options `onPick` gets the position along the width
   */
  constructor({ title, onPick }) {
    this.onPick = onPick;
    const caption = element("figcaption", {}, element("h3", {}, title), this.words);
    this.root = element("figure", { class: "train-chart" }, caption, this.drawing);
    this.drawing.setAttribute("aria-label", title);
    this.observer = new ResizeObserver(() => this.measure());
    this.observer.observe(this.drawing);
    this.followPointer();
  }

  measure() {
    const { width, height } = this.drawing.getBoundingClientRect();
    if (width) {
      const em = parseFloat(getComputedStyle(this.drawing).fontSize) || 13;
      this.size = { width: Math.max(width, NARROWEST), height, em };
    }
    if (this.content) this.draw(this.content);
  }

  /** The plot's position in the drawing, with space for the numbers at the left and below. */
  get plot() {
    const { width, height, em } = this.size;
    return { left: em * 3.6, right: width - em * 0.6, top: em * 0.7, bottom: height - em * 1.7 };
  }

  /** @param {Content} content */
  draw(content) {
    this.content = content;
    const { scale, xTicks, layers, words, reading, describe } = content;
    const { left, right, top, bottom } = this.plot;
    /** @type {Axis} */
    const across = (share) => left + share * (right - left);
    /** @type {Axis} */
    const down = (value) => bottom - scale.share(value) * (bottom - top);
    this.drawing.setAttribute("viewBox", `0 0 ${this.size.width} ${this.size.height}`);
    this.drawing.setAttribute("aria-label", describe);
    fill(this.words, words);
    fill(
      this.drawing,
      scale.ticks.map((tick) => this.horizontalTick(content.label(tick), down(tick))),
      xTicks.map((tick) => this.verticalTick(tick, across(tick.share))),
      layers.map((layer) => DRAW[layer.kind](layer, across, down)),
      reading !== null && this.verticalLine("train-reading", across(reading)),
    );
  }

  /** @type {(words: string, y: number) => (SVGLineElement | SVGTextElement)[]} */
  horizontalTick(words, y) {
    const { left, right } = this.plot;
    const { em } = this.size;
    return [
      svg("line", { class: "train-grid", x1: left, x2: right, y1: y, y2: y }),
      svg("text", { class: "train-tick", x: left - em * 0.5, y: y + em * 0.35, "text-anchor": "end" }, words),
    ];
  }

  /** @param {{ share: number, text: string, isEdge: boolean }} tick @param {number} x */
  verticalTick({ share, text, isEdge }, x) {
    const anchor = share > 0.97 ? "end" : share < 0.03 ? "start" : "middle";
    const y = this.plot.bottom + this.size.em * 1.3;
    return [
      this.verticalLine(isEdge ? "train-grid" : "train-epoch", x),
      svg("text", { class: "train-tick", x, y, "text-anchor": anchor }, text),
    ];
  }

  /** @type {(name: string, x: number) => SVGLineElement} */
  verticalLine(name, x) {
    return svg("line", { class: name, x1: x, x2: x, y1: this.plot.top, y2: this.plot.bottom });
  }

  followPointer() {
    /** @param {PointerEvent} event */
    const pick = (event) => {
      const box = this.drawing.getBoundingClientRect();
      const { left, right } = this.plot;
      const x = ((event.clientX - box.left) / box.width) * this.size.width;
      this.onPick(Math.min(1, Math.max(0, (x - left) / (right - left))));
    };
    this.drawing.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.drawing.setPointerCapture(event.pointerId);
      pick(event);
    });
    this.drawing.addEventListener("pointermove", (event) => {
      if (this.drawing.hasPointerCapture(event.pointerId)) pick(event);
    });
  }

  dispose() {
    this.observer.disconnect();
  }
}

/** @type {Record<Layer["kind"], (layer: Layer, across: Axis, down: Axis) => any>} */
const DRAW = {
  line: ({ name, points }, across, down) =>
    svg("path", { class: `train-line ${name}`, d: linePath(points.map(([x, y]) => [across(x), down(y)])) }),
  band({ name, points }, across, down) {
    const upper = points.map(([x, , greatest]) => [across(x), down(greatest)]);
    const lower = points.map(([x, least]) => [across(x), down(least)]).reverse();
    return points.length > 1 && svg("path", { class: `train-band ${name}`, d: `${linePath([...upper, ...lower])}Z` });
  },
  dots: ({ name, points }, across, down) =>
    points.map(([x, y]) => svg("circle", { class: `train-dot ${name}`, cx: across(x), cy: down(y), r: 3.5 })),
  whisker({ name, points: [[x, low, value, high]] }, across, down) {
    const path = `M${across(x)} ${down(low)}V${down(high)}M${across(x) - 5} ${down(value)}l5 -5 5 5 -5 5z`;
    return svg("path", { class: `train-whisker ${name}`, d: path });
  },
};
