/**
 * What was drawn: strokes on a square of paper, kept as points so that any of them can be taken back.
 *
 * The drawing is kept twice: at a fine resolution for display, and at a coarse one for the network, because preparing
 * a picture takes time for every pixel and must keep up with the pen.
 */

/** @typedef {[x: number, y: number]} Point in shares of the paper's side, from 0 to 1 */
/** @typedef {{ context: CanvasRenderingContext2D, size: number }} Paper */

export class Strokes {
  /** @type {Point[][]} */
  #strokes = [];

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {[number, number]} sizes of the fine and of the coarse paper, in pixels
   * @param {number} width the brush's share of the side
   * @param {boolean} dark dark ink on light paper
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

  /** @type {(points: Point[]) => void} Goes on with the last stroke, and draws what is new. */
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

  /** The coarse paper as RGBA bytes. */
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
      // A line to where one is draws the round end alone: a dot.
      for (const [x, y] of points.length > 1 ? points.slice(1) : points) context.lineTo(x * size, y * size);
      context.stroke();
    }
  }
}

/** @type {(canvas: HTMLCanvasElement, size: number, settings?: CanvasRenderingContext2DSettings) => Paper} */
function paperOf(canvas, size, settings) {
  [canvas.width, canvas.height] = [size, size];
  const context = canvas.getContext("2d", settings);
  if (!context) throw new Error("this browser gives no canvas to draw on.");
  return { context, size };
}
