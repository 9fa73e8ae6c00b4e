// The numbers of one layer as fields. Each change is written into the network's text at once; Python checks the text.

import { element } from "convlens/interface/dom.js";
import { div, PLAIN_TEXT } from "convlens/interface/parts.js";
import { KINDS, writeLayer } from "convlens/views/train/network_text.js";

/** @import { LayerWords } from "convlens/views/train/network_text.js" */

/** `onChange` receives the layer's new text. @param {LayerWords} layer @param {(text: string) => void} onChange */
export function layerFields(layer, onChange) {
  const kind = KINDS[layer.word];
  const changed = { word: layer.word, numbers: [...layer.numbers], options: { ...layer.options } };
  const numbers = kind.numbers.map((number, place) =>
    field(number.label, changed.numbers[place], number.default, (text) => {
      changed.numbers[place] = text;
      onChange(writeLayer(changed));
    }),
  );
  const options = kind.options.map((option) =>
    field(option.word, changed.options[option.word], option.default, (text) => {
      changed.options[option.word] = text;
      onChange(writeLayer(changed));
    }),
  );
  return div("train-numbers", element("h4", {}, kind.title), numbers, options);
}

/**
 * @param {string} name @param {string | undefined} value
 * @param {string | null} usual @param {(text: string) => void} onText
 */
function field(name, value, usual, onText) {
  const input = element("input", {
    ...{ ...PLAIN_TEXT, size: "6", maxlength: "20" },
    placeholder: usual ?? "",
    onInput: () => onText(input.value.trim().replace(/,/g, ".")),
  });
  input.value = value ?? "";
  return element("label", {}, name, input);
}
