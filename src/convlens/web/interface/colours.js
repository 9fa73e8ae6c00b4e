/**
 * Colours of numbers: blue above zero, orange below, paper at zero; the same pair as everywhere in Convlens (Okabe and Ito's,
 * told apart by every kind of eye), in two sets for light and dark.
 */

const LIGHT = {
  zero: [255, 255, 255],
  plus: [
    [114, 184, 224],
    [0, 114, 178],
    [0, 44, 84],
  ],
  minus: [
    [243, 174, 120],
    [213, 94, 0],
    [98, 38, 0],
  ],
};
const DARK = {
  zero: [13, 16, 20],
  plus: [
    [10, 74, 116],
    [44, 146, 210],
    [190, 228, 252],
  ],
  minus: [
    [122, 56, 8],
    [226, 112, 24],
    [255, 220, 186],
  ],
};
const STEPS = 255;
const DARK_SYSTEM = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();
const tables = new Map();

/** "light" or "dark": what the person chose, else what the system has. */
export function currentTheme() {
  const chosen = document.documentElement.dataset.theme;
  return chosen || (DARK_SYSTEM.matches ? "dark" : "light");
}

/** Calls back when light becomes dark or the reverse; returns what ends that. */
export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Sets the theme, or leaves it to the system when there is none. */
export function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  listeners.forEach((listener) => listener(currentTheme()));
}

/**
 * Colours of −1 to 1 as 511 pixels, each a number as a canvas keeps it (RGBA, little-endian): entry 255 is zero.
 * A map is then painted by `pixels32[i] = table[255 + Math.round(255 * value / limit)]`.
 */
export function divergingTable(theme = currentTheme()) {
  if (!tables.has(theme)) {
    const table = new Uint32Array(2 * STEPS + 1);
    for (let step = -STEPS; step <= STEPS; step += 1) table[STEPS + step] = packed(mix(step / STEPS, theme));
    tables.set(theme, table);
  }
  return tables.get(theme);
}

/** Greys of 0 to 255 as pixels of a canvas: pictures look the same in both themes. */
export function greyTable() {
  if (!tables.has("grey"))
    tables.set(
      "grey",
      Uint32Array.from({ length: 256 }, (_, value) => packed([value, value, value])),
    );
  return tables.get("grey");
}

/** The colour of a share from −1 to 1 for CSS and SVG: "rgb(0 114 178)". */
export function divergingColour(share, theme = currentTheme()) {
  return `rgb(${mix(share, theme).map(Math.round).join(" ")})`;
}

/** Black or white, whichever reads better on `divergingColour(share)`: 4.58:1 at worst, which greyer inks would not reach. */
export function inkOn(share, theme = currentTheme()) {
  const [red, green, blue] = mix(share, theme).map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}

function mix(share, theme) {
  const { zero, plus, minus } = theme === "dark" ? DARK : LIGHT;
  const stops = [zero, ...(share < 0 ? minus : plus)];
  const place = Math.min(Math.abs(share) || 0, 1) * (stops.length - 1);
  const index = Math.min(Math.floor(place), stops.length - 2);
  return stops[index].map((part, channel) => part + (place - index) * (stops[index + 1][channel] - part));
}

function packed([red, green, blue]) {
  return ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;
}
