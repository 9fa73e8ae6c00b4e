// Ten digits to watch while a network learns, where nobody drew one and no test image is at hand: strokes, a round pen.

const SIDE = 28;
const RADIUS = 1.25; // half of the pen's width in pixels: strokes as thick as MNIST's

// Through points in a square of 20 × 20, x to the right and y down; curves are smooth through all of them.
const STROKES = [
  [
    [
      [10, 0],
      [5, 3],
      [3, 10],
      [5, 17],
      [10, 20],
      [15, 17],
      [17, 10],
      [15, 3],
      [10, 0],
    ],
  ],
  [
    [
      [12, 0],
      [11, 7],
      [9.5, 14],
      [8.5, 20],
    ],
  ],
  [
    [
      [3, 5],
      [7, 0.5],
      [12.5, 1],
      [14, 5.5],
      [10, 11],
      [5, 16],
      [2, 19.5],
    ],
    [
      [2, 19.5],
      [8, 18.5],
      [16.5, 19],
    ],
  ],
  [
    [
      [4, 2.5],
      [9, 0],
      [14, 2.5],
      [13, 7],
      [8.5, 9.5],
    ],
    [
      [8.5, 9.5],
      [14, 11.5],
      [15, 16],
      [10.5, 20],
      [4, 18],
    ],
  ],
  [
    [
      [6, 0],
      [4.5, 6],
      [3.5, 11],
    ],
    [
      [3.5, 11],
      [9, 11.5],
      [16, 10.5],
    ],
    [
      [14.5, 2],
      [13, 11],
      [12, 20],
    ],
  ],
  [
    [
      [15, 0.5],
      [10, 0.5],
      [6, 1],
    ],
    [
      [6, 1],
      [5, 5],
      [4.5, 9],
    ],
    [
      [4.5, 9],
      [9, 7.5],
      [14, 10],
      [14, 16],
      [9, 20],
      [3, 18],
    ],
  ],
  [
    [
      [13, 0],
      [8, 4],
      [4.5, 11],
      [5, 17.5],
      [9.5, 20],
      [14, 17.5],
      [14, 13],
      [9.5, 11],
      [5, 14],
    ],
  ],
  [
    [
      [3, 1.5],
      [9, 1],
      [16, 1],
    ],
    [
      [16, 1],
      [12.5, 8],
      [10, 14],
      [8.5, 20],
    ],
  ],
  [
    [
      [14, 3],
      [9.5, 0],
      [5.5, 3],
      [8, 8],
      [13, 12],
      [13.5, 17.5],
      [9, 20],
      [5, 17],
      [7, 12],
      [12.5, 8],
      [14, 3],
    ],
  ],
  [
    [
      [14, 4.5],
      [10, 0.5],
      [5.5, 3],
      [5.5, 8],
      [10, 9.5],
      [14, 6],
      [14.5, 4],
    ],
    [
      [14.5, 4],
      [13.5, 12],
      [12.5, 20],
    ],
  ],
];

/** A digit as `prepare` takes it: {width, height, data}, white on black, opaque. */
export function drawDigit(digit) {
  const data = new Uint8ClampedArray(SIDE * SIDE * 4);
  const lines = STROKES[digit].map((points) => smoothCurve(points));
  for (let place = 0; place < SIDE * SIDE; place += 1) {
    const [x, y] = [(place % SIDE) + 0.5 - 4, Math.floor(place / SIDE) + 0.5 - 4];
    const nearest = Math.min(...lines.map((points) => distance(x, y, points)));
    data.fill(255 * Math.min(1, Math.max(0, RADIUS + 0.5 - nearest)), 4 * place, 4 * place + 3);
    data[4 * place + 3] = 255;
  }
  return { width: SIDE, height: SIDE, data };
}

/** A Catmull-Rom spline: a smooth curve that goes through all its points. */
function smoothCurve(points, pieces = 8) {
  const known = [points[0], ...points, points.at(-1)];
  const curve = [points[0]];
  for (let place = 1; place + 2 < known.length; place += 1) {
    const [before, start, end, after] = known.slice(place - 1, place + 3);
    for (let piece = 1; piece <= pieces; piece += 1) {
      const time = piece / pieces;
      curve.push(
        start.map((from, axis) => {
          const [b, e, a] = [before[axis], end[axis], after[axis]];
          return (
            from +
            ((e - b) / 2) * time +
            (b - 2.5 * from + 2 * e - a / 2) * time ** 2 +
            (1.5 * (from - e) + (a - b) / 2) * time ** 3
          );
        }),
      );
    }
  }
  return curve;
}

function distance(x, y, points) {
  let nearest = Infinity;
  for (let place = 1; place < points.length; place += 1) {
    const [[fromX, fromY], [toX, toY]] = [points[place - 1], points[place]];
    const [alongX, alongY] = [toX - fromX, toY - fromY];
    const length = alongX ** 2 + alongY ** 2;
    const share = length ? Math.min(1, Math.max(0, ((x - fromX) * alongX + (y - fromY) * alongY) / length)) : 0;
    nearest = Math.min(nearest, Math.hypot(x - fromX - share * alongX, y - fromY - share * alongY));
  }
  return nearest;
}
