// Pictures as bytes: {height, width, channels, data}, rows from top to bottom, channels side by side (1, 3 or 4).
// Functions give back new planes and leave the old ones alone. Loops over pixels are plain ones: `map` and `forEach`
// call a function for each of 100,000 pixels, and took most of the time.

export function makePlane(height, width, channels = 1, data = new Uint8Array(height * width * channels)) {
  return { height, width, channels, data };
}

export function isSameSize(one, other) {
  return one.height === other.height && one.width === other.width;
}

export function hasEqualPixels(one, other) {
  if (!isSameSize(one, other)) return false;
  for (let place = 0; place < one.data.length; place++) if (one.data[place] !== other.data[place]) return false;
  return true;
}

/** Every pixel through a function of its level, which is asked once for each of the 256. */
export function mapLevels(plane, change) {
  const levels = Uint8Array.from({ length: 256 }, (_, level) => change(level));
  const data = new Uint8Array(plane.data.length);
  for (let place = 0; place < data.length; place++) data[place] = levels[plane.data[place]];
  return { ...plane, data };
}

export function invert(plane) {
  return mapLevels(plane, (level) => 255 - level);
}

/** Rows from `top` up to `bottom`, columns from `left` up to `right`. */
export function crop(plane, { top, bottom, left, right }) {
  const { width, channels, data } = plane;
  const cropped = makePlane(bottom - top, right - left, channels);
  const rowLength = (right - left) * channels;
  for (let row = top; row < bottom; row++) {
    const start = (row * width + left) * channels;
    cropped.data.set(data.subarray(start, start + rowLength), (row - top) * rowLength);
  }
  return cropped;
}

/** A picture in a frame of `background` (one level a channel), its upper left corner at (top, left). */
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

/** Grey, with `rim` lines of background around it. */
export function pad(plane, rim, background = 0) {
  return paste(plane, rim, rim, plane.height + 2 * rim, plane.width + 2 * rim, [background]);
}

export function transpose({ height, width, data }) {
  const turned = makePlane(width, height);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) turned.data[column * height + row] = data[row * width + column];
  }
  return turned;
}

/** The darkest and the lightest level. */
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
