// The form for a training: data, network, recipe, epochs, seed, and the button.

import { element } from "convlens/interface/dom.js";
import { FACTS } from "convlens/layers/facts.js";
import { NetworkEditor, sentences } from "convlens/views/train/network_editor.js";
import { div, optionList, PLAIN_TEXT } from "convlens/interface/parts.js";

/** @import { Api } from "convlens/interface/api.js" */
/** @import { Refusal } from "convlens/views/train/network_editor.js" */
/** @typedef {{ data: string, recipe: string, network?: string, epochs?: number, seed?: number }} Request */
/** @typedef {{ name: string, title: string, here: boolean }} Dataset */
/** @typedef {"data" | "recipe" | "epochs" | "seed" | "general"} Where */

const OWN = "\u0000own"; // can't be the name of a dataset
const OWN_WORDS = "Path of a folder with one folder per class, a CSV file, an .npz file, IDX files or a zip file";
const CHOSEN_NETWORK = "choose a network for these images";
const KEPT = "convlens-train";
const RECIPES = [
  { name: "fast", says: "two epochs, about a second on MNIST", epochs: "2" },
  { name: "tutorial", says: "the tutorial’s settings: Adam 0.001, ten epochs", epochs: "10" },
  { name: "best", says: "about a minute, trains on augmented images", epochs: "automatic" },
];

/** The form. */
export class Setup {
  kept = remembered();
  problems = { data: problem("data"), recipe: problem("recipe"), epochs: problem("epochs"), seed: problem("seed") };
  general = problem("general");
  path = element("input", {
    ...{ ...PLAIN_TEXT, id: "train-path" },
    placeholder: "photos/ or letters.npz",
    "aria-describedby": "train-data-problem",
  });
  own = div("train-own", label("train-path", OWN_WORDS), this.path);
  choice = element("select", { id: "train-data" });
  recipes = RECIPES.map(({ name }) => element("input", { type: "radio", name: "train-recipe", value: name }));
  chosenNetwork = element("input", { type: "checkbox", checked: this.kept.isNetworkMine !== true });
  chosenNetworkPart = element("label", { class: "train-check" }, this.chosenNetwork, CHOSEN_NETWORK);
  epochs = numberField("train-epochs", 1, this.kept.epochs);
  seed = numberField("train-seed", 0, this.kept.seed);
  button = element("button", { type: "submit", class: "primary train-start" }, "Train");
  root = element("form", { class: "train-setup", novalidate: true, "aria-label": "Training settings" });

  /**
   * @param {object} options
   * @param {Api} options.api
   * @param {Dataset[]} options.datasets
   * @param {(request: Request) => Promise<void>} options.onTrain an error is shown beside the field that caused it
   */
  constructor({ api, datasets, onTrain }) {
    this.onTrain = onTrain;
    this.editor = new NetworkEditor({
      api,
      data: () => this.data,
      onDataRefused: (message, isNote) => this.say("data", message, isNote),
      onSubmit: () => this.root.requestSubmit(),
      onText: () => this.remember(),
    });
    const press = div("train-press", this.button, this.general);
    const choices = div("train-choices", this.dataPart(datasets), this.editor, this.recipePart(), press);
    this.root.append(choices, this.editor.table);
    this.root.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.editor.setValue(this.kept.network ?? FACTS.presets.tutorial);
    this.root.addEventListener("input", () => this.remember());
  }

  /** @param {Dataset[]} datasets */
  dataPart(datasets) {
    const { choice, path, kept } = this;
    /** @type {(dataset: Dataset) => [string, string]} */
    const offer = ({ name, title, here }) => [name, here ? title : `${title} (downloaded first)`];
    choice.append(...optionList(...datasets.map(offer), [OWN, "Your own images …"]));
    if (datasets.some(({ name }) => name === kept.data)) choice.value = kept.data;
    else if (kept.data || !datasets.length) {
      choice.value = OWN;
      path.value = kept.data ?? "";
    }
    const recheck = () => {
      if (this.data) this.editor.changed(0);
    };
    const show = () => (this.own.hidden = choice.value !== OWN);
    choice.addEventListener("change", () => {
      show();
      this.say("data", "");
      if (choice.value === OWN) path.focus();
      recheck();
    });
    path.addEventListener("change", recheck);
    show();
    return div("train-data", label("train-data", "Data"), choice, this.own, this.problems.data);
  }

  recipePart() {
    const kept = this.recipes.find(({ value }) => value === this.kept.recipe) ?? this.recipes[0];
    kept.checked = true;
    this.seed.placeholder = "3";
    const options = RECIPES.map(({ name, says }, place) => {
      const words = [element("span", {}, name), element("span", { class: "soft" }, says)];
      return element("label", { class: "train-recipe" }, this.recipes[place], words);
    });
    const show = () => {
      this.epochs.placeholder = this.recipe.epochs;
      this.chosenNetworkPart.hidden = this.recipe.name !== "best";
    };
    show();
    const choices = [element("legend", {}, "Recipe"), options, this.chosenNetworkPart, this.problems.recipe];
    const recipes = element("fieldset", { class: "train-recipes", onChange: show }, choices);
    const epochs = div("", label("train-epochs", "Epochs"), this.epochs, this.problems.epochs);
    const seed = div("", label("train-seed", "Seed"), this.seed, this.problems.seed);
    return div("train-recipe-part", recipes, div("row train-counts", epochs, seed));
  }

  get recipe() {
    return RECIPES[this.recipes.findIndex(({ checked }) => checked)] ?? RECIPES[0];
  }

  get data() {
    return this.choice.value === OWN ? this.path.value.trim() : this.choice.value;
  }

  /** While a training runs, a new one must wait. @param {boolean} isBusy */
  setBusy(isBusy) {
    this.button.textContent = isBusy ? "Train next" : "Train";
  }

  async submit() {
    for (const where of /** @type {Where[]} */ ([...Object.keys(this.problems), "general"])) this.say(where, "");
    const { data, recipe, epochs, seed } = this;
    if (!data) {
      this.say("data", "No path is given. Type the path of a folder, or choose a known dataset.");
      this.path.focus();
      return;
    }
    /** @type {Request} */
    const request = { data, recipe: recipe.name };
    // Only the recipe `best` can choose the network.
    if (recipe.name !== "best" || !this.chosenNetwork.checked) request.network = this.editor.value;
    if (epochs.value !== "") request.epochs = Number(epochs.value);
    if (seed.value !== "") request.seed = Number(seed.value);
    this.button.disabled = true;
    try {
      await this.onTrain(request);
    } catch (error) {
      this.showRefusal(/** @type {Refusal} */ (error));
    }
    this.button.disabled = false;
  }

  /** @param {Refusal} refusal */
  showRefusal(refusal) {
    const { where = "general", hint } = refusal.body ?? {};
    if (where === "network") this.editor.showRefusal(refusal, this.editor.value);
    else this.say(where in this.problems ? /** @type {Where} */ (where) : "general", sentences(refusal.message, hint));
  }

  /**
   * Shows a message beside its field.
   * @param {Where} where
   * @param {string} message
   * @param {boolean} [isNote] whether it is a note instead of a mistake
   */
  say(where, message, isNote = false) {
    const line = where === "general" ? this.general : this.problems[where];
    line.classList.toggle("note", isNote);
    if (line.textContent !== message) line.textContent = message;
    const field = { data: this.path, epochs: this.epochs, seed: this.seed, recipe: null, general: null }[where];
    if (message && !isNote) field?.setAttribute("aria-invalid", "true");
    else field?.removeAttribute("aria-invalid");
  }

  remember() {
    const kept = {
      data: this.data,
      network: this.editor.value,
      recipe: this.recipe.name,
      epochs: this.epochs.value,
      seed: this.seed.value,
      isNetworkMine: !this.chosenNetwork.checked,
    };
    try {
      sessionStorage.setItem(KEPT, JSON.stringify(kept));
    } catch {
      // After a reload, the form has its defaults again.
    }
  }

  dispose() {
    this.editor.check.cancel();
  }
}

/** @type {(id: string, words: string) => HTMLLabelElement} */
function label(id, words) {
  return element("label", { for: id }, words);
}

/** The line for mistakes of one field. @param {Where} where */
function problem(where) {
  return element("p", { class: "train-problem", id: `train-${where}-problem`, role: "alert" });
}

/** @param {string} id @param {number} min @param {string | undefined} kept */
function numberField(id, min, kept) {
  const attributes = { id, type: "number", inputmode: "numeric", min, step: "1", "aria-describedby": `${id}-problem` };
  return Object.assign(element("input", attributes), { value: kept ?? "" });
}

/** The form's values before a reload; empty if the browser stores nothing. */
function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "{}") ?? {};
  } catch {
    return {};
  }
}
