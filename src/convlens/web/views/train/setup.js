// What is trained: data, network, recipe, epochs and seed, and the button.

import { element, fill } from "convlens/interface/dom.js";
import { createNetworkEditor, PRESETS } from "convlens/views/train/network_editor.js";

const OWN = "\u0000own"; // no name of a dataset
const KEPT = "convlens-train";
const RECIPES = [
  { name: "fast", says: "two epochs: about a second on MNIST", epochs: "2" },
  { name: "tutorial", says: "the tutorial's own numbers: Adam 0.001, ten epochs", epochs: "10" },
  { name: "best", says: "about a minute: learns from shifted, bent, noisy copies", epochs: "as many as fit" },
];

/** The form. `onTrain(request)` sends it and returns a promise; its refusal is shown beside what caused it. */
export function createSetup({ api, datasets, onTrain }) {
  const form = { kept: remembered(), problems: {} };
  furnishData(form, datasets, () => form.editor.recheck());
  form.editor = createNetworkEditor({
    api,
    data: () => dataOf(form),
    onDataRefused: (message, isNote) => sayProblem(form, "data", message, isNote),
    onSubmit: () => form.root.requestSubmit(),
    onText: () => remember(form),
  });
  furnishRecipe(form);
  form.button = element("button", { type: "submit", class: "primary train-start" }, "Train");
  form.root = element(
    "form",
    { class: "train-setup", novalidate: true, "aria-label": "What to train" },
    element(
      "div",
      { class: "train-choices" },
      form.dataPart,
      form.editor.element,
      form.recipePart,
      element("div", { class: "train-press" }, form.button, problemOf(form, "general")),
    ),
    form.editor.tableElement,
  );
  form.root.addEventListener("submit", (event) => {
    event.preventDefault();
    submit(form, onTrain);
  });
  form.root.addEventListener("input", () => remember(form));
  form.editor.setValue(form.kept.network ?? PRESETS.tutorial);
  return {
    element: form.root,
    /** What the button is called: another training queues behind the one that runs. */
    setBusy: (isBusy) => (form.button.textContent = isBusy ? "Train next" : "Train"),
    dispose: () => form.editor.dispose(),
  };
}

function furnishData(form, datasets, onChange) {
  const choice = element("select", { id: "train-data" });
  fill(
    choice,
    datasets.map(({ name, title, here }) =>
      element("option", { value: name }, here ? title : `${title} (fetched first)`),
    ),
    element("option", { value: OWN }, "Images of your own …"),
  );
  const path = element("input", {
    id: "train-path",
    type: "text",
    spellcheck: "false",
    autocomplete: "off",
    placeholder: "photos/ or letters.npz",
    "aria-describedby": "train-data-problem",
  });
  const own = element(
    "div",
    { class: "train-own" },
    element(
      "label",
      { for: "train-path" },
      "Path of a folder with a folder for each class, a CSV, an .npz, IDX files or a zip",
    ),
    path,
  );
  const kept = form.kept.data;
  if (datasets.some(({ name }) => name === kept)) choice.value = kept;
  else if (kept || !datasets.length) {
    choice.value = OWN;
    path.value = kept ?? "";
  }
  const show = () => (own.hidden = choice.value !== OWN);
  choice.addEventListener("change", () => {
    show();
    sayProblem(form, "data", "");
    if (choice.value === OWN) path.focus();
    if (dataOf(form)) onChange();
  });
  path.addEventListener("change", () => dataOf(form) && onChange());
  show();
  Object.assign(form, { choice, path });
  form.dataPart = element(
    "div",
    { class: "train-data" },
    element("label", { for: "train-data" }, "Data"),
    choice,
    own,
    problemOf(form, "data"),
  );
}

function furnishRecipe(form) {
  const kept = RECIPES.some(({ name }) => name === form.kept.recipe) ? form.kept.recipe : "fast";
  form.recipes = RECIPES.map(({ name }) =>
    element("input", { type: "radio", name: "train-recipe", value: name, checked: name === kept }),
  );
  const options = RECIPES.map(({ name, says }, place) =>
    element(
      "label",
      { class: "train-recipe" },
      form.recipes[place],
      element("span", {}, name),
      element("span", { class: "soft" }, says),
    ),
  );
  form.ownNetwork = element("input", { type: "checkbox", checked: form.kept.isNetworkMine !== true });
  const network = element(
    "label",
    { class: "train-check" },
    form.ownNetwork,
    "with the network that it chooses for these images",
  );
  form.epochs = numberField("train-epochs", 1, form.kept.epochs);
  form.seed = numberField("train-seed", 0, form.kept.seed);
  form.seed.placeholder = "3";
  const show = () => {
    form.epochs.placeholder = RECIPES.find(({ name }) => name === recipeOf(form)).epochs;
    network.hidden = recipeOf(form) !== "best";
  };
  const choice = element(
    "fieldset",
    { class: "train-recipes", onChange: show },
    element("legend", {}, "Recipe"),
    options,
    network,
    problemOf(form, "recipe"),
  );
  form.recipePart = element(
    "div",
    { class: "train-recipe-part" },
    choice,
    element(
      "div",
      { class: "row train-counts" },
      element("div", {}, element("label", { for: "train-epochs" }, "Epochs"), form.epochs, problemOf(form, "epochs")),
      element("div", {}, element("label", { for: "train-seed" }, "Seed"), form.seed, problemOf(form, "seed")),
    ),
  );
  show();
}

function numberField(id, least, kept) {
  const input = element("input", {
    id,
    type: "number",
    inputmode: "numeric",
    min: least,
    step: "1",
    "aria-describedby": `${id}-problem`,
  });
  input.value = kept ?? "";
  return input;
}

function recipeOf(form) {
  return form.recipes.find((input) => input.checked)?.value ?? "fast";
}

function dataOf(form) {
  return form.choice.value === OWN ? form.path.value.trim() : form.choice.value;
}

async function submit(form, onTrain) {
  Object.keys(form.problems).forEach((where) => sayProblem(form, where, ""));
  const data = dataOf(form);
  if (!data) {
    sayProblem(form, "data", "No path is given. Type that of a folder, or choose a known dataset.");
    form.path.focus();
    return;
  }
  const request = { data, recipe: recipeOf(form) };
  if (!isNetworkChosen(form)) request.network = form.editor.value();
  if (form.epochs.value !== "") request.epochs = Number(form.epochs.value);
  if (form.seed.value !== "") request.seed = Number(form.seed.value);
  form.button.disabled = true;
  try {
    await onTrain(request);
  } catch (error) {
    const { where, hint } = error.body ?? {};
    if (where === "network") form.editor.refuse(error);
    else sayProblem(form, where in form.problems ? where : "general", [error.message, hint].filter(Boolean).join(" "));
  } finally {
    form.button.disabled = false;
  }
}

/** Whether the recipe chooses the network: only `best` can. */
function isNetworkChosen(form) {
  return recipeOf(form) === "best" && form.ownNetwork.checked;
}

/** The line for mistakes of one field. */
function problemOf(form, where) {
  form.problems[where] = element("p", { class: "train-problem", id: `train-${where}-problem`, role: "alert" });
  return form.problems[where];
}

function sayProblem(form, where, message, isNote = false) {
  form.problems[where]?.classList.toggle("note", isNote);
  if (form.problems[where] && form.problems[where].textContent !== message) form.problems[where].textContent = message;
  const field = { data: form.path, epochs: form.epochs, seed: form.seed }[where];
  if (message && !isNote) field?.setAttribute("aria-invalid", "true");
  else field?.removeAttribute("aria-invalid");
}

// What was typed outlives a reload; a browser that keeps nothing begins with the tutorial's network again.
function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT)) ?? {};
  } catch {
    return {};
  }
}

function remember(form) {
  if (!form.root) return;
  const kept = {
    data: dataOf(form),
    network: form.editor.value(),
    recipe: recipeOf(form),
    epochs: form.epochs.value,
    seed: form.seed.value,
    isNetworkMine: !form.ownNetwork.checked,
  };
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(kept));
  } catch {
    /* asked again after a reload */
  }
}
