// What a chapter is operated with: number fields, choices, and the one line that says what is wrong.
//
// A mistake is shown where it was made and in one line below; what is drawn keeps the last numbers that made sense.

import { element, fill } from "convlens/interface/dom.js";
import { readNumber, readWhole } from "convlens/views/learn/arithmetic/reading.js";
import { shortNumber } from "convlens/views/learn/arithmetic/sentences.js";

let count = 0;

/** An id that no other element of the page has. */
export function newId(word) {
  count += 1;
  return `learn-${word}-${count}`;
}

/** A control with its label above it. */
export function labelled(label, control) {
  control.id = newId("field");
  return element("div", { class: "field" }, element("label", { for: control.id }, label), control);
}

/** The line of a chapter: `report(key, text)` with null where that part is right; the first mistake is shown. */
export function mistakeLine() {
  const known = new Map();
  const line = element("p", { class: "mistake", id: newId("mistake"), role: "alert" });
  const report = (key, text) => {
    if (text) known.set(key, text);
    else known.delete(key);
    const [first] = known.values();
    if (line.textContent !== (first ?? "")) fill(line, first ? first[0].toUpperCase() + first.slice(1) : "");
  };
  return { element: line, id: line.id, report, any: () => known.size > 0 };
}

/** A whole number between two limits; `onChange` is called with every value that is one. */
export function wholeField({ label, name = label.toLowerCase(), value, least, most, mistakes, onChange }) {
  const input = element("input", {
    type: "number",
    inputmode: "numeric",
    class: "whole",
    value,
    min: least,
    max: most,
    step: 1,
    "aria-describedby": mistakes.id,
  });
  const field = { element: labelled(label, input), value, name, set, limit, mark };
  input.addEventListener("input", () => {
    const read = input.validity.badInput
      ? { mistake: `the ${name} is no number; give a whole number from ${input.min} to ${input.max}.` }
      : readWhole(name, input.value, Number(input.min), Number(input.max));
    mark(Boolean(read.mistake));
    mistakes.report(field, read.mistake ?? null);
    if (read.mistake) return;
    field.value = read.value;
    onChange(read.value);
  });
  // A field that is left with a mistake in it goes back to what is drawn: nobody should find it an hour later.
  input.addEventListener("blur", () => {
    if (input.value !== `${field.value}` || input.validity.badInput) set(field.value);
  });
  function mark(wrong) {
    if (wrong) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
  }
  function set(next) {
    field.value = next;
    input.value = next;
    mark(false);
    mistakes.report(field, null);
  }
  function limit(nextLeast, nextMost) {
    [input.min, input.max] = [nextLeast, nextMost];
  }
  return field;
}

/** A number with a point; `refuse(value)` is one line on why it is none that can be taken, or null. */
export function numberField({ label, name = label.toLowerCase(), value, mistakes, refuse = () => null, onChange }) {
  const input = element("input", {
    type: "text",
    inputmode: "decimal",
    class: "whole",
    value,
    "aria-describedby": mistakes.id,
  });
  const field = { element: labelled(label, input), value, set };
  const report = (mistake) => {
    if (mistake) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    mistakes.report(field, mistake);
  };
  input.addEventListener("input", () => {
    const read = readNumber(`the ${name}`, input.value);
    const mistake = read.mistake ?? refuse(read.value);
    report(mistake);
    if (mistake) return;
    field.value = read.value;
    onChange(read.value);
  });
  input.addEventListener("blur", () => set(field.value));
  function set(next) {
    field.value = next;
    input.value = shortNumber(next);
    report(null);
  }
  return field;
}

/** Radio buttons in a row: `options` are [value, label] pairs. */
export function choice({ legend, options, value, onChange }) {
  const name = newId("choice");
  const inputs = options.map(([option, label]) => {
    const input = element("input", {
      type: "radio",
      name,
      value: option,
      checked: option === value,
      onChange: () => onChange(option),
    });
    return { input, label: element("label", { class: "option" }, input, element("span", {}, label)) };
  });
  const root = element(
    "fieldset",
    { class: "choice" },
    element("legend", {}, legend),
    element(
      "div",
      { class: "options" },
      inputs.map(({ label }) => label),
    ),
  );
  const set = (next) => inputs.forEach(({ input }) => (input.checked = input.value === next));
  return { element: root, set };
}

/** A list to choose from: `options` are [value, label] pairs, or [heading, pairs] for a group. */
export function selection({ label, options, value, onChange }) {
  const list = element("select", { onChange: () => onChange(list.value) });
  const offer = (next, chosen) => {
    fill(
      list,
      next.map(([key, text]) =>
        Array.isArray(text)
          ? element(
              "optgroup",
              { label: key },
              text.map(([inner, words]) => element("option", { value: inner }, words)),
            )
          : element("option", { value: key }, text),
      ),
    );
    list.value = chosen;
  };
  offer(options, value);
  return {
    element: labelled(label, list),
    offer,
    set: (next) => (list.value = next),
    get value() {
      return list.value;
    },
  };
}

/** A switch with a name. */
export function checkbox({ label, value, onChange }) {
  const input = element("input", { type: "checkbox", checked: value, onChange: () => onChange(input.checked) });
  return { element: element("label", { class: "check" }, input, element("span", {}, label)), input };
}

export function button(label, onClick, attributes = {}) {
  return element("button", { type: "button", onClick, ...attributes }, label);
}

/** The sum in words. A screen reader hears it when somebody steps, and not while it plays. */
export function sumLine() {
  const line = element("p", { class: "sum", "aria-live": "polite" });
  return {
    element: line,
    say: (text) => line.textContent !== text && fill(line, text),
    quiet: (playing) => line.setAttribute("aria-live", playing ? "off" : "polite"),
  };
}
