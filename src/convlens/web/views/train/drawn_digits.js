// Ten digits to watch during training, if there is neither a drawing nor a test image: strokes of a round pen.

const SIDE = 28;
const PEN = 2.5; // pixels: strokes as thick as MNIST's

// Points x,y in a square of 20 × 20, y down; a stroke is smooth through all of its points.
const STROKES = [
  ["10,0 5,3 3,10 5,17 10,20 15,17 17,10 15,3 10,0"],
  ["12,0 11,7 9.5,14 8.5,20"],
  ["3,5 7,0.5 12.5,1 14,5.5 10,11 5,16 2,19.5", "2,19.5 8,18.5 16.5,19"],
  ["4,2.5 9,0 14,2.5 13,7 8.5,9.5", "8.5,9.5 14,11.5 15,16 10.5,20 4,18"],
  ["6,0 4.5,6 3.5,11", "3.5,11 9,11.5 16,10.5", "14.5,2 13,11 12,20"],
  ["15,0.5 10,0.5 6,1", "6,1 5,5 4.5,9", "4.5,9 9,7.5 14,10 14,16 9,20 3,18"],
  ["13,0 8,4 4.5,11 5,17.5 9.5,20 14,17.5 14,13 9.5,11 5,14"],
  ["3,1.5 9,1 16,1", "16,1 12.5,8 10,14 8.5,20"],
  ["14,3 9.5,0 5.5,3 8,8 13,12 13.5,17.5 9,20 5,17 7,12 12.5,8 14,3"],
  ["14,4.5 10,0.5 5.5,3 5.5,8 10,9.5 14,6 14.5,4", "14.5,4 13.5,12 12.5,20"],
];

/** A digit in the format of `prepare`: {width, height, data}, white on black, opaque. @param {number} digit */
export function drawDigit(digit) {
  const canvas = Object.assign(document.createElement("canvas"), { width: SIDE, height: SIDE });
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser can't draw on a canvas.");
  context.fillRect(0, 0, SIDE, SIDE);
  context.translate((SIDE - 20) / 2, (SIDE - 20) / 2);
  Object.assign(context, { strokeStyle: "#fff", lineWidth: PEN, lineCap: "round", lineJoin: "round" });
  for (const stroke of STROKES[digit]) context.stroke(smoothCurve(stroke));
  const { data } = context.getImageData(0, 0, SIDE, SIDE);
  return { width: SIDE, height: SIDE, data };
}

/** A Catmull-Rom spline: a smooth curve that goes through all its points. @param {string} stroke */
function smoothCurve(stroke) {
  const points = stroke.split(" ").map((point) => point.split(",").map(Number));
  const curve = new Path2D();
  curve.moveTo(points[0][0], points[0][1]);
  for (let place = 1; place < points.length; place += 1) {
    const [start, end] = [points[place - 1], points[place]];
    const [before, after] = [points[place - 2] ?? start, points[place + 1] ?? end];
    // At each point, the curve is parallel to the line between the two points beside it.
    const first = start.map((value, axis) => value + (end[axis] - before[axis]) / 6);
    const second = end.map((value, axis) => value - (after[axis] - start[axis]) / 6);
    curve.bezierCurveTo(first[0], first[1], second[0], second[1], end[0], end[1]);
  }
  return curve;
}
