// Images as bytes, rows from top to bottom, channels side by side. Functions return new planes, or the same plane if
// nothing changes, and never modify their arguments. Loops over pixels are `for` loops: `map` and `forEach` call a
// function for each of 100,000 pixels, and took most of the time.

/**
 * One, three or four channels. Unless a function's comment says otherwise, a plane is grey.
 * @typedef {{ height: number, width: number, channels: number, data: Uint8Array }} Plane
 */

/**
 * Rows from `top` to before `bottom`, columns from `left` to before `right`.
 * @typedef {{ top: number, bottom: number, left: number, right: number }} Box
 */

/** @typedef {[number, number]} Pair down and right, or height and width */

/** @type {(height: number, width: number, channels?: number, data?: Uint8Array) => Plane} */
export function makePlane(height, width, channels = 1, data = new Uint8Array(height * width * channels)) {
  return { height, width, channels, data };
}

/** @type {(one: Plane, other: Plane) => boolean} */
export function hasEqualPixels(one, other) {
  if (one.height !== other.height || one.width !== other.width) return false;
  for (let place = 0; place < one.data.length; place++) if (one.data[place] !== other.data[place]) return false;
  return true;
}

/** @type {(plane: Plane, change: (level: number) => number) => Plane} Calls `change` once for each level. */
export function mapLevels(plane, change) {
  const levels = Uint8Array.from({ length: 256 }, (_, level) => change(level));
  const data = new Uint8Array(plane.data.length);
  for (let place = 0; place < data.length; place++) data[place] = levels[plane.data[place]];
  return { ...plane, data };
}

/** @type {(plane: Plane) => Plane} */
export function invert(plane) {
  return mapLevels(plane, (level) => 255 - level);
}

/** Any number of channels; the same plane if the box is the whole plane. @type {(plane: Plane, box: Box) => Plane} */
export function crop(plane, { top, bottom, left, right }) {
  const { height, width, channels, data } = plane;
  if (bottom - top === height && right - left === width) return plane;
  const cropped = makePlane(bottom - top, right - left, channels);
  const rowLength = (right - left) * channels;
  for (let row = top; row < bottom; row++) {
    const start = (row * width + left) * channels;
    cropped.data.set(data.subarray(start, start + rowLength), (row - top) * rowLength);
  }
  return cropped;
}

/**
 * Pastes a plane into a frame of `background` (one level per channel), with its upper left corner at (top, left).
 * @type {(plane: Plane, top: number, left: number, height: number, width: number, background: number[]) => Plane}
 */
export function paste(plane, top, left, height, width, background) {
  const { channels } = plane;
  const frame = makePlane(height, width, channels);
  if (channels === 1) frame.data.fill(background[0]);
  else for (let place = 0; place < frame.data.length; place++) frame.data[place] = background[place % channels];
  const rowLength = plane.width * channels;
  for (let row = 0; row < plane.height; row++) {
    const pixels = plane.data.subarray(row * rowLength, (row + 1) * rowLength);
    frame.data.set(pixels, ((top + row) * width + left) * channels);
  }
  return frame;
}

/** Adds `rim` lines of black on each side. @type {(plane: Plane, rim: number) => Plane} */
export function pad(plane, rim) {
  return paste(plane, rim, rim, plane.height + 2 * rim, plane.width + 2 * rim, [0]);
}

/** @type {(plane: Plane) => Plane} */
export function transpose({ height, width, data }) {
  const turned = makePlane(width, height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) turned.data[column * height + row] = data[row * width + column];
  }
  return turned;
}

/** The darkest and the lightest level. @type {(data: ArrayLike<number>) => Pair} */
export function findExtremes(data) {
  let low = 255;
  let high = 0;
  for (let place = 0; place < data.length; place++) {
    const value = data[place];
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}

/** @type {(plane: Plane, least: number) => Box | null} Around all pixels ≥ `least`; null if there are none. */
export function findBox({ height, width, data }, least) {
  let [top, bottom, left, right] = [-1, 0, width, 0];
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (data[row * width + column] < least) continue;
      if (top < 0) top = row;
      bottom = row + 1;
      if (column < left) left = column;
      if (column >= right) right = column + 1;
    }
  }
  return top < 0 ? null : { top, bottom, left, right };
}
