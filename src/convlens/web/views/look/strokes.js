/**
 * What was drawn: strokes on a square of paper, kept as points so that any of them can be taken back.
 *
 * There are two papers of the same drawing: a fine one to look at, and a coarse one for the network, since preparing a picture takes
 * time by its pixels and has to be done before the pen has moved on. Points are shares of the side, from 0 to 1.
 */

export class Strokes {
  /** `sizes`: of the fine and of the coarse paper, in pixels; `width`: the brush's share of the side. `dark`: dark ink on light paper. */
  constructor(canvas, [fine, coarse], width, dark = false) {
    this.ink = dark ? "#000" : "#fff";
    this.paper = dark ? "#fff" : "#000";
    this.width = width;
    this.strokes = [];
    [canvas.width, canvas.height] = [fine, fine];
    const plain = Object.assign(document.createElement("canvas"), { width: coarse, height: coarse });
    this.papers = [
      [canvas.getContext("2d"), fine],
      [plain.getContext("2d", { willReadFrequently: true }), coarse],
    ];
    this.redraw();
  }

  get empty() {
    return this.strokes.length === 0;
  }

  begin(x, y) {
    this.strokes.push([[x, y]]);
    this.#draw([[x, y]]);
  }

  /** Goes on with the last stroke through points `[x, y]`, and draws what is new. */
  extend(points) {
    const stroke = this.strokes.at(-1);
    if (!stroke || points.length === 0) return;
    const from = stroke.at(-1);
    stroke.push(...points);
    this.#draw([from, ...points]);
  }

  undo() {
    this.strokes.pop();
    this.redraw();
  }

  clear() {
    this.strokes = [];
    this.redraw();
  }

  redraw() {
    for (const [context, size] of this.papers) {
      context.fillStyle = this.paper;
      context.fillRect(0, 0, size, size);
    }
    for (const stroke of this.strokes) this.#draw(stroke);
  }

  /** The coarse paper as RGBA bytes: `{ width, height, data }`. */
  picture() {
    const [context, size] = this.papers[1];
    return { width: size, height: size, data: context.getImageData(0, 0, size, size).data };
  }

  #draw(points) {
    for (const [context, size] of this.papers) {
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
