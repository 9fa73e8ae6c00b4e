// The controls of a chapter: number fields, choices, and the line for mistakes.
//
// A mistake is marked in its field and explained in one line below; the drawing keeps the last valid numbers.

import { element, fill } from "convlens/interface/dom.js";
import { button, div, optionList } from "convlens/interface/parts.js";
import { readNumber, readWhole } from "convlens/views/learn/arithmetic/reading.js";
import { shortNumber } from "convlens/views/learn/arithmetic/sentences.js";

/** @typedef {Record<string, string>} Options value → label */

let count = 0;

/** Returns a new, unique id. @param {string} word */
export function newId(word) {
  count += 1;
  return `learn-${word}-${count}`;
}

/** @type {(label: string, control: HTMLElement) => HTMLDivElement} A control with its label above it. */
function labelled(label, control) {
  control.id = newId("field");
  return div("field", element("label", { for: control.id }, label), control);
}

/** @type {(input: HTMLElement, wrong: boolean) => void} */
export function markWrong(input, wrong) {
  if (wrong) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

/** The line of a chapter that says what is wrong: the first of its present mistakes. */
export class MistakeLine {
  constructor() {
    this.root = element("p", { class: "mistake", id: newId("mistake"), role: "alert" });
    /** @type {Map<unknown, string>} */
    this.known = new Map();
  }

  /** @param {unknown} key the part with the mistake @param {string | null} [text] none if the part is right */
  report(key, text) {
    if (text) this.known.set(key, text);
    else this.known.delete(key);
    const [first = ""] = this.known.values();
    const line = first.charAt(0).toUpperCase() + first.slice(1);
    if (this.root.textContent !== line) fill(this.root, line);
  }
}

/** The sum as text. Screen readers announce it after each step, but not during automatic play. */
export class SumLine {
  root = element("p", { class: "sum", "aria-live": "polite" });

  /** @param {string} text */
  say(text) {
    if (this.root.textContent !== text) fill(this.root, text);
  }

  /** @param {boolean} playing */
  quiet(playing) {
    this.root.setAttribute("aria-live", playing ? "off" : "polite");
  }
}

/**
 * @typedef {object} FieldOptions
 * @property {string} label
 * @property {string} [name] its name in messages; by default the label
 * @property {number} value
 * @property {MistakeLine} mistakes
 * @property {(value: number) => void} onChange called with every valid number
 */

/** An input field for a number. */
class Field {
  /**
   * @param {FieldOptions} options
   * @param {Record<string, string | number>} attributes
   * @param {(name: string, input: HTMLInputElement) => import("convlens/views/learn/arithmetic/reading.js").Reading}
   *   read
   */
  constructor({ label, name = label.toLowerCase(), value, mistakes, onChange }, attributes, read) {
    this.value = value;
    this.mistakes = mistakes;
    const onInput = () => {
      const { value, mistake } = read(name, this.input);
      this.report(mistake);
      if (value === undefined) return;
      this.value = value;
      onChange(value);
    };
    // A field that loses the focus with a mistake shows the last valid number again, so that no mistake stays.
    const onBlur = () => this.set(this.value);
    const told = { class: "whole", value, "aria-describedby": mistakes.root.id };
    this.input = element("input", { ...told, ...attributes, onInput, onBlur });
    this.root = labelled(label, this.input);
  }

  /** @param {string} [mistake] */
  report(mistake) {
    markWrong(this.input, Boolean(mistake));
    this.mistakes.report(this, mistake);
  }

  /** @param {number} value */
  set(value) {
    this.value = value;
    this.input.value = shortNumber(value);
    this.report();
  }
}

/** An input field for a whole number. @param {FieldOptions & { least: number, most: number }} options */
export function wholeField({ least, most, ...options }) {
  const attributes = { type: "number", inputmode: "numeric", min: least, max: most, step: 1 };
  return new Field(options, attributes, (name, input) => {
    const { min, max } = input;
    if (!input.validity.badInput) return readWhole(name, input.value, Number(min), Number(max));
    return { mistake: `the ${name} is not a number; give a whole number from ${min} to ${max}.` };
  });
}

/**
 * An input field for a decimal number; `refuse(value)` returns one line that says why it is invalid, or null.
 * @param {FieldOptions & { refuse?: (value: number) => string | null }} options
 */
export function numberField({ refuse = () => null, ...options }) {
  return new Field(options, { type: "text", inputmode: "decimal" }, (name, input) => {
    const found = readNumber(`the ${name}`, input.value);
    const mistake = found.value === undefined ? null : refuse(found.value);
    return mistake ? { mistake } : found;
  });
}

/** Options whose values are their labels, too. @param {string[]} names */
export function optionsOf(names) {
  return Object.fromEntries(names.map((name) => [name, name]));
}

/**
 * Radio buttons in a row.
 * @param {{ legend: string, options: Options, value: string, onChange: (value: string) => void }} settings
 */
export function choice({ legend, options, value, onChange }) {
  const name = newId("choice");
  const inputs = Object.keys(options).map((value) =>
    element("input", { type: "radio", name, value, onChange: () => onChange(value) }),
  );
  const labels = inputs.map((input) =>
    element("label", { class: "option" }, input, element("span", {}, options[input.value])),
  );
  /** @param {string} next */
  const set = (next) => inputs.forEach((input) => (input.checked = input.value === next));
  set(value);
  const row = div("options", labels);
  return { root: element("fieldset", { class: "choice" }, element("legend", {}, legend), row), set };
}

/**
 * A list to choose from. If the open model adds options, the two kinds of options get a group each.
 * @param {{ label: string, options: Options, value: string, group?: string, modelGroup?: string,
 *   onChange: (value: string) => void }} settings
 */
export function selection({ label, options, value, group, modelGroup, onChange }) {
  const list = element("select", { onChange: () => onChange(list.value) });
  /** @type {(ofModel: Options, chosen: string) => void} */
  const offer = (ofModel, chosen) => {
    const [here, added] = [options, ofModel].map((offered) => optionList(...Object.entries(offered)));
    const groups = [element("optgroup", { label: group }, here), element("optgroup", { label: modelGroup }, added)];
    fill(list, modelGroup && added.length ? groups : [here, added]);
    list.value = chosen;
  };
  offer({}, value);
  return { root: labelled(label, list), list, offer };
}

/** A checkbox with a label. @param {{ label: string, onChange: (on: boolean) => void }} settings */
export function checkbox({ label, onChange }) {
  const input = element("input", { type: "checkbox", onChange: () => onChange(input.checked) });
  return element("label", { class: "check" }, input, element("span", {}, label));
}

/** A row of buttons, one of which is pressed. @param {{ name: string, onChoose: (place: number) => void }} settings */
export function tabRow({ name, onChoose }) {
  const root = element("ul", { class: "tabs", role: "list", "aria-label": name });
  /** @param {number} chosen */
  const choose = (chosen) =>
    root.querySelectorAll("button").forEach((tab, place) => tab.setAttribute("aria-pressed", `${place === chosen}`));
  return {
    root,
    choose,
    /** @type {(labels: import("convlens/interface/dom.js").Children[], chosen: number) => void} */
    offer(labels, chosen) {
      const press = (/** @type {number} */ place) => (choose(place), onChoose(place));
      const tab = (/** @type {any} */ label, /** @type {number} */ place) =>
        element(
          "li",
          {},
          button(label, () => press(place)),
        );
      fill(root, labels.map(tab));
      choose(chosen);
    },
  };
}
