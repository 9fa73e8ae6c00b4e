/** The button that switches between light and dark, and the storage of that choice in the browser. */

import { currentTheme, setTheme } from "convlens/interface/colours.js";

/** @import { Theme } from "convlens/interface/colours.js" */

const KEY = "convlens-theme";

/** @type {(button: HTMLElement) => void} Sets the theme that was chosen last, and lets the button switch it. */
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

// A browser may refuse to store anything, for example for a page from disk; then the theme is the system's.
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
    // The theme changes now, but the next visit starts with the system's.
  }
}
