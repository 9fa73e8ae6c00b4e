/**
 * The shell: header, three views behind real links, the theme, and the model that all views share.
 *
 * The page has two lives. Served, it asks the server for a model and has a third view that trains. From disk the model is in the
 * page itself, there is no server to ask, and the third view is absent.
 */

import { checkModel } from "convlens/engine/check.js";
import { openModel } from "convlens/engine/network.js";
import { openApi } from "convlens/interface/api.js";
import { currentTheme, setTheme } from "convlens/interface/colours.js";
import { element, fill } from "convlens/interface/dom.js";
import { showModelLine } from "convlens/interface/model_line.js";
import { createRunChooser } from "convlens/interface/run_chooser.js";

// Loaded when first shown, so that a view in need of repair takes no other with it.
const VIEWS = [
  { name: "look", title: "Look inside", load: () => import("convlens/views/look/view.js") },
  { name: "learn", title: "Learn", load: () => import("convlens/views/learn/view.js") },
  { name: "train", title: "Train live", load: () => import("convlens/views/train/view.js"), served: true },
];
const THEME = "convlens-theme";

const embedded = document.getElementById("convlens-model").textContent.trim();
const served = !embedded && location.protocol !== "file:";
const listeners = new Set();
const mounted = new Map();
let shown = null;

const context = {
  model: null,
  check: null,
  served,
  api: served ? openApi() : null,
  state: {},
  /** What the first view shows, for the others to use: {pixels: Uint8Array C·H·W, shape: [C, H, W]}, or null. */
  drawing: null,
  /** Makes a payload of page_model the model of all views; returns the opened model. */
  openModel(payload) {
    context.model = openModel(payload);
    context.check = checkModel(context.model);
    showModel();
    listeners.forEach((listener) => listener(context.model));
    return context.model;
  },
  /** There may be another run now. */
  refreshRuns: () => chooser?.refresh(),
  goTo(view) {
    location.hash = view;
  },
  /** Calls back with every model from now on; returns what ends that. */
  onModel(listener) {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
};

const chooser = served
  ? createRunChooser({
      api: context.api,
      onModel: (payload) => context.openModel(payload),
      onRefused(words) {
        showModel(); // without what was refused before
        document.getElementById("model-line").append(element("p", { class: "notice alarm", role: "alert" }, words));
      },
    })
  : null;

function showModel() {
  chooser?.show(context.model?.payload.name ?? null);
  showModelLine(document.getElementById("model-line"), context.model, chooser?.root);
}

/** Puts up the view that the address names; the first where it names none that is here. */
async function route() {
  const views = VIEWS.filter((view) => served || !view.served);
  const asked = location.hash.slice(1).split("/")[0];
  if (asked === "main") return;
  const view = views.find(({ name }) => name === asked) ?? views[0];
  if (shown === view.name) return;
  if (shown) mounted.get(shown)?.view?.hide();
  shown = view.name;
  fill(
    document.getElementById("tabs"),
    views.map(({ name, title }) =>
      element("li", {}, element("a", { href: `#${name}`, "aria-current": name === shown ? "page" : null }, title)),
    ),
  );
  for (const { root } of mounted.values()) root.hidden = true;
  if (!mounted.has(view.name)) mounted.set(view.name, mountView(view));
  const entry = mounted.get(view.name);
  entry.root.hidden = false;
  await entry.ready;
  if (shown === view.name) entry.view?.show();
}

function mountView({ name, title, load }) {
  const root = element("section", { id: `view-${name}`, class: "view", "aria-label": title });
  document.getElementById("views").append(root);
  const entry = { root, view: null, ready: null };
  entry.ready = load()
    .then((module) => {
      entry.view = module.mount(root, context);
      context.onModel((model) => entry.view.onModel(model));
      if (context.model) entry.view.onModel(context.model);
    })
    .catch((error) => {
      console.error(error);
      fill(
        root,
        element("p", { class: "notice alarm", role: "alert" }, `“${title}” could not be shown: ${error.message}`),
      );
    });
  return entry;
}

/** The model that is in the page, else the one that the server has. */
async function findModel() {
  if (embedded) return JSON.parse(embedded);
  if (!served)
    throw new Error(
      "There is no model in this page. `convlens export MODEL --to html` writes one with the model inside.",
    );
  context.state = await context.api.get("/api/state");
  chooser.offer(context.state.runs ?? []);
  return context.state.model === null ? null : context.api.get("/api/model");
}

function furnishTheme() {
  const button = document.getElementById("theme");
  const label = () => {
    button.textContent = currentTheme() === "dark" ? "Light" : "Dark";
    button.setAttribute("aria-label", `Change to the ${button.textContent.toLowerCase()} theme`);
  };
  setTheme(remembered());
  button.addEventListener("click", () => {
    const theme = currentTheme() === "dark" ? "light" : "dark";
    remember(theme);
    setTheme(theme);
    label();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    setTheme(remembered());
    label();
  });
  label();
}

// A page from disk, and a browser that keeps nothing, may refuse to remember: the theme is then the system's.
function remembered() {
  try {
    const theme = localStorage.getItem(THEME);
    return theme === "dark" || theme === "light" ? theme : null;
  } catch {
    return null;
  }
}

function remember(theme) {
  try {
    localStorage.setItem(THEME, theme);
  } catch {
    /* shown now, forgotten later */
  }
}

async function start() {
  furnishTheme();
  addEventListener("hashchange", route);
  const line = document.getElementById("model-line");
  try {
    const payload = await findModel();
    if (payload) context.openModel(payload);
    else {
      showModel();
      if (!location.hash) location.hash = "train";
    }
  } catch (error) {
    fill(line, element("p", { class: "notice alarm", role: "alert" }, error.message));
  }
  await route();
  document.documentElement.dataset.ready = "";
}

start();
