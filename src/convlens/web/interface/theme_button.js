/** The button that changes between light and dark, and the browser's memory of what was chosen. */

import { currentTheme, setTheme } from "convlens/interface/colours.js";

/** @import { Theme } from "convlens/interface/colours.js" */

const KEY = "convlens-theme";

/** @type {(button: HTMLElement) => void} Sets the theme that was chosen before, and lets the button change it. */
export function furnishThemeButton(button) {
  const show = (/** @type {Theme | null} */ theme) => {
    setTheme(theme);
    const other = otherTheme();
    button.textContent = other === "dark" ? "Dark" : "Light";
    button.setAttribute("aria-label", `Change to the ${other} theme`);
  };
  show(remembered());
  button.addEventListener("click", () => {
    const theme = otherTheme();
    remember(theme);
    show(theme);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(remembered()));
}

/** @returns {Theme} */
function otherTheme() {
  return currentTheme() === "dark" ? "light" : "dark";
}

// A page from disk, and a browser that keeps nothing, may refuse to remember: the theme is then the system's.
function remembered() {
  try {
    const theme = localStorage.getItem(KEY);
    return theme === "dark" || theme === "light" ? theme : null;
  } catch {
    return null;
  }
}

/** @param {Theme} theme */
function remember(theme) {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    /* shown now, forgotten later */
  }
}
