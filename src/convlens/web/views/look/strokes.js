/**
 * The drawing: strokes on a square, stored as points so that each can be undone.
 *
 * The drawing is kept at two resolutions: a fine one for display, and a coarse one for the network, since preparing a
 * picture takes time for every pixel and must keep up with the pen.
 */

/** @typedef {[x: number, y: number]} Point as shares of the drawing's side, from 0 to 1 */
/** @typedef {{ context: CanvasRenderingContext2D, size: number }} Paper */

const DOT = 0.01; // pixels: the length of a dot, since browsers draw no line of length zero

export class Strokes {
  /** @type {Point[][]} */
  #strokes = [];

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {[number, number]} sizes of the fine and the coarse drawing, in pixels
   * @param {number} width the brush's share of the side
   * @param {boolean} dark whether to draw in black on white
   */
  constructor(canvas, [fine, coarse], width, dark = false) {
    this.ink = dark ? "#000" : "#fff";
    this.ground = dark ? "#fff" : "#000";
    this.width = width;
    this.fine = paperOf(canvas, fine);
    this.coarse = paperOf(document.createElement("canvas"), coarse, { willReadFrequently: true });
    this.redraw();
  }

  get empty() {
    return this.#strokes.length === 0;
  }

  /** @type {(point: Point) => void} */
  begin(point) {
    this.#strokes.push([point]);
    this.#draw([point]);
  }

  /** @type {(points: Point[]) => void} Continues the last stroke. */
  extend(points) {
    const stroke = this.#strokes.at(-1);
    if (!stroke || points.length === 0) return;
    const from = stroke[stroke.length - 1];
    stroke.push(...points);
    this.#draw([from, ...points]);
  }

  undo() {
    this.#strokes.pop();
    this.redraw();
  }

  clear() {
    this.#strokes = [];
    this.redraw();
  }

  redraw() {
    for (const { context, size } of [this.fine, this.coarse]) {
      context.fillStyle = this.ground;
      context.fillRect(0, 0, size, size);
    }
    for (const stroke of this.#strokes) this.#draw(stroke);
  }

  /** The coarse drawing as RGBA bytes. */
  picture() {
    const { context, size } = this.coarse;
    return { width: size, height: size, data: context.getImageData(0, 0, size, size).data };
  }

  /** @type {(points: Point[]) => void} */
  #draw(points) {
    for (const { context, size } of [this.fine, this.coarse]) {
      context.strokeStyle = this.ink;
      context.lineWidth = this.width * size;
      context.lineCap = context.lineJoin = "round";
      context.beginPath();
      context.moveTo(points[0][0] * size, points[0][1] * size);
      for (const [x, y] of points.length > 1 ? points.slice(1) : points) context.lineTo(x * size + DOT, y * size);
      context.stroke();
    }
  }
}

/** @type {(canvas: HTMLCanvasElement, size: number, settings?: CanvasRenderingContext2DSettings) => Paper} */
function paperOf(canvas, size, settings) {
  [canvas.width, canvas.height] = [size, size];
  const context = canvas.getContext("2d", settings);
  if (!context) throw new Error("this browser can't draw on a canvas.");
  return { context, size };
}
