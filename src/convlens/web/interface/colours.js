/**
 * Colours of numbers: blue above zero, orange below, the background colour at zero. The pair is used everywhere in
 * Convlens (Okabe and Ito's, which colour-blind readers can tell apart), in one set for each theme, light and dark.
 */

/**
 * @typedef {"light" | "dark"} Theme
 * @typedef {number[]} Colour red, green and blue, 0 to 255
 * @typedef {(theme: Theme) => void} ThemeListener
 */

// From zero outwards.
const STOPS = {
  light: { plus: parse("ffffff 72b8e0 0072b2 002c54"), minus: parse("ffffff f3ae78 d55e00 622600") },
  dark: { plus: parse("0d1014 0a4a74 2c92d2 bee4fc"), minus: parse("0d1014 7a3808 e27018 ffdcba") },
};
const STEPS = 255;
const DARK_SYSTEM = matchMedia("(prefers-color-scheme: dark)");
/** @type {Set<ThemeListener>} */
const listeners = new Set();
/** @type {Map<string, Uint32Array>} */
const tables = new Map();

/** Returns "light" or "dark": the person's choice, otherwise the system's setting. */
export function currentTheme() {
  const chosen = /** @type {Theme | undefined} */ (document.documentElement.dataset.theme);
  return chosen || (DARK_SYSTEM.matches ? "dark" : "light");
}

/** Calls `listener` on each change of theme; returns the function that removes it. @param {ThemeListener} listener */
export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** @type {(theme: Theme | null) => void} Sets the theme; with null, the system decides. */
export function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  listeners.forEach((listener) => listener(currentTheme()));
}

/**
 * Returns the colours of −1 to 1 as 511 pixels in the canvas's format (RGBA, little-endian); entry 255 is zero.
 * So a map is painted by `pixels32[i] = table[255 + Math.round(255 * value / limit)]`.
 */
export function divergingTable(theme = currentTheme()) {
  return tableOf(theme, 2 * STEPS + 1, (place) => mix((place - STEPS) / STEPS, theme));
}

/** Returns the greys of 0 to 255 as pixels of a canvas. Images look the same in both themes. */
export function greyTable() {
  return tableOf("grey", 256, (value) => [value, value, value]);
}

/** The colour of a share from −1 to 1 for CSS and SVG: "rgb(0 114 178)". @param {number} share */
export function divergingColour(share, theme = currentTheme()) {
  return `rgb(${mix(share, theme).map(Math.round).join(" ")})`;
}

/** Black or white, whichever reads better on `divergingColour(share)`: 4.58:1 at worst. @param {number} share */
export function inkOn(share, theme = currentTheme()) {
  const [red, green, blue] = mix(share, theme).map((part) => {
    const value = part / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? "#000000" : "#ffffff";
}

// The table of that name, made when it is first used.
/** @type {(name: string, length: number, colourOf: (place: number) => Colour) => Uint32Array<ArrayBufferLike>} */
function tableOf(name, length, colourOf) {
  const table = tables.get(name) ?? Uint32Array.from({ length }, (_, place) => packed(colourOf(place)));
  tables.set(name, table);
  return table;
}

/** @type {(share: number, theme: Theme) => Colour} */
function mix(share, theme) {
  const stops = STOPS[theme][share < 0 ? "minus" : "plus"];
  const place = Math.min(Math.abs(share) || 0, 1) * (stops.length - 1);
  const index = Math.min(Math.floor(place), stops.length - 2);
  return stops[index].map((part, channel) => part + (place - index) * (stops[index + 1][channel] - part));
}

/** @param {string} colours each as six hexadecimal digits @returns {Colour[]} */
function parse(colours) {
  return colours.split(" ").map((hex) => [0, 2, 4].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)));
}

/** @param {Colour} colour */
function packed([red, green, blue]) {
  return ((255 << 24) | (Math.round(blue) << 16) | (Math.round(green) << 8) | Math.round(red)) >>> 0;
}
