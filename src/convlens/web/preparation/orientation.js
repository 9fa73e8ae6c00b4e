// Photos as phones save them: the pixels as the sensor lay, and a number from 1 to 8 that says how to turn them.

// Where the pixel at (row, column) of the turned picture was, from the numbers of rows and columns of the given one.
const TURNS = {
  2: { note: "mirrored", from: (row, column, rows, columns) => [row, columns - 1 - column] },
  3: { note: "turned by 180°", from: (row, column, rows, columns) => [rows - 1 - row, columns - 1 - column] },
  4: { note: "mirrored upside down", from: (row, column, rows) => [rows - 1 - row, column] },
  5: { note: "mirrored and turned by 90°", from: (row, column) => [column, row], swaps: true },
  6: { note: "turned by 90° clockwise", from: (row, column, rows) => [rows - 1 - column, row], swaps: true },
  7: {
    note: "mirrored and turned by 90°",
    from: (row, column, rows, columns) => [rows - 1 - column, columns - 1 - row],
    swaps: true,
  },
  8: {
    note: "turned by 90° anticlockwise",
    from: (row, column, rows, columns) => [column, columns - 1 - row],
    swaps: true,
  },
};

/** The note on it, or none, as a list. */
export function describeTurn(orientation) {
  return TURNS[orientation] ? [`${TURNS[orientation].note}, as its EXIF data says`] : [];
}

/** {width, height, data} upright; as it is where the orientation is 1, missing or nonsense. */
export function turnUpright(picture, orientation) {
  const turn = TURNS[orientation];
  if (!turn) return picture;
  const { width, height } = picture;
  const [turnedWidth, turnedHeight] = turn.swaps ? [height, width] : [width, height];
  const pixels = new Uint32Array(picture.data.buffer, picture.data.byteOffset, width * height);
  const turned = new Uint32Array(width * height);
  const placeOf = (row, column) => {
    const [fromRow, fromColumn] = turn.from(row, column, height, width);
    return fromRow * width + fromColumn;
  };
  const first = placeOf(0, 0); // and one step down or right is as far everywhere
  const [down, right] = [placeOf(1, 0) - first, placeOf(0, 1) - first];
  for (let row = 0; row < turnedHeight; row++) {
    let from = first + row * down;
    for (let to = row * turnedWidth; to < (row + 1) * turnedWidth; to++, from += right) turned[to] = pixels[from];
  }
  return { width: turnedWidth, height: turnedHeight, data: new Uint8ClampedArray(turned.buffer) };
}
