// The numbers of one layer as fields: what is typed is written into the network's text at once, and Python judges it there.

import { element } from "convlens/interface/dom.js";
import { LAYER_KINDS, writeLayer } from "convlens/views/train/network_text.js";

const OPTION_DEFAULTS = { pad: "0", stride: "1", dilation: "1" };

/** Fields for a layer that was taken apart by `readLayer`; `onChange(text)` gets its new text. */
export function layerFields(layer, onChange) {
  const kind = LAYER_KINDS[layer.word];
  const changed = { word: layer.word, numbers: [...layer.numbers], options: { ...layer.options } };
  const tell = () => onChange(writeLayer(changed));
  const numbers = kind.numbers.map(({ name, empty }, place) =>
    field(name, changed.numbers[place] ?? "", empty ?? "", (text) => {
      changed.numbers[place] = text;
      tell();
    }),
  );
  const options = kind.options.map((name) => {
    const usual = name === "stride" && layer.word.endsWith("pool") ? "the window" : OPTION_DEFAULTS[name];
    return field(name, changed.options[name] ?? "", usual, (text) => {
      changed.options[name] = text;
      tell();
    });
  });
  return element("div", { class: "train-numbers" }, element("h4", {}, kind.title), [...numbers, ...options]);
}

function field(name, value, placeholder, onText) {
  const input = element("input", {
    type: "text",
    inputmode: "text",
    autocomplete: "off",
    spellcheck: "false",
    size: "6",
    maxlength: "20",
    placeholder,
  });
  input.value = value;
  input.addEventListener("input", () => onText(input.value.trim().replace(/,/g, ".")));
  return element("label", {}, name, input);
}
