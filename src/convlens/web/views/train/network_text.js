// The text of a network as a row of layers, and changes of single layers in it.
//
// Python reads networks; nothing here decides whether one is right. The chips only need to know where each layer stands
// and which numbers it has, and a change of one chip must leave every other letter that somebody typed as it is. So the
// text stays the one truth, and every function takes a text and gives a text.

/** What each layer may be given: numbers in order, then options by name. `default` is written when a layer is added. */
export const LAYER_KINDS = {
  conv: {
    title: "convolution",
    numbers: [
      { name: "kernels", kind: "count" },
      { name: "kernel size", kind: "size" },
    ],
    options: ["pad", "stride", "dilation"],
    default: "conv 16 3x3 pad 1",
  },
  relu: { title: "ReLU", numbers: [], options: [], default: "relu" },
  maxpool: {
    title: "max pooling",
    numbers: [{ name: "window", kind: "size" }],
    options: ["pad", "stride"],
    default: "maxpool 2",
  },
  batchnorm: { title: "batch normalisation", numbers: [], options: [], default: "batchnorm" },
  dropout: {
    title: "dropout",
    numbers: [{ name: "probability", kind: "fraction" }],
    options: [],
    default: "dropout 0.2",
  },
  dense: {
    title: "dense",
    numbers: [{ name: "outputs", kind: "count", empty: "one a class" }],
    options: [],
    default: "dense 64",
  },
  avgpool: {
    title: "average pooling",
    numbers: [{ name: "window", kind: "size" }],
    options: ["pad", "stride"],
    default: "avgpool 2",
  },
  globalavgpool: { title: "global average pooling", numbers: [], options: [], default: "globalavgpool" },
  leaky_relu: {
    title: "leaky ReLU",
    numbers: [{ name: "slope", kind: "fraction" }],
    options: [],
    default: "leaky_relu 0.1",
  },
  tanh: { title: "tanh", numbers: [], options: [], default: "tanh" },
  sigmoid: { title: "sigmoid", numbers: [], options: [], default: "sigmoid" },
  flatten: { title: "flatten", numbers: [], options: [], default: "flatten" },
};

/** The layers of a text: `[{text, start, end}]`, places in UTF-16 units, blanks around a layer left out. */
export function splitLayers(text) {
  const layers = [];
  let start = 0;
  for (const piece of text.split(",")) {
    const trimmed = piece.trim();
    if (trimmed) {
      const first = start + piece.indexOf(trimmed);
      layers.push({ text: trimmed, start: first, end: first + trimmed.length });
    }
    start += piece.length + 1;
  }
  return layers;
}

/**
 * One layer taken apart: `{word, numbers: [text], options: {name: text}}`; null where it is not of the usual form, so
 * that a chip then offers no fields and its text has to be mended by hand.
 */
export function readLayer(text) {
  const tokens = text
    .toLowerCase()
    .replace(/\s*[x×]\s*(?=\d)/g, "x")
    .split(/\s+/)
    .filter(Boolean);
  const word = tokens.shift() ?? "";
  const kind = Object.hasOwn(LAYER_KINDS, word) ? LAYER_KINDS[word] : null;
  if (!kind) return null;
  const numbers = [];
  const options = {};
  for (let place = 0; place < tokens.length; place += 1) {
    if (/^[\d.]/.test(tokens[place]) && numbers.length < kind.numbers.length) numbers.push(tokens[place]);
    else if (kind.options.includes(tokens[place]) && /^[\d.]/.test(tokens[place + 1] ?? "")) {
      options[tokens[place]] = tokens[(place += 1)];
    } else return null;
  }
  return { word, numbers, options };
}

/** The text of a layer that was taken apart; numbers and options that are empty are left out. */
export function writeLayer({ word, numbers, options }) {
  const named = LAYER_KINDS[word].options.filter((name) => options[name]).map((name) => `${name} ${options[name]}`);
  return [word, ...numbers.filter(Boolean), ...named].join(" ");
}

/** The text with layer `index` replaced. */
export function replaceLayer(text, index, layer) {
  const { start, end } = splitLayers(text)[index];
  return text.slice(0, start) + layer + text.slice(end);
}

/** The text with a layer more: it becomes layer `index`. */
export function insertLayer(text, index, layer) {
  const layers = splitLayers(text);
  if (!layers.length) return layer;
  if (index < layers.length) return `${text.slice(0, layers[index].start)}${layer}, ${text.slice(layers[index].start)}`;
  return `${text.slice(0, layers.at(-1).end)}, ${layer}`;
}

/** The text without layer `index`, and without one of the commas beside it. */
export function removeLayer(text, index) {
  const layers = splitLayers(text);
  if (layers.length === 1) return "";
  if (index + 1 < layers.length) return text.slice(0, layers[index].start) + text.slice(layers[index + 1].start);
  return text.slice(0, layers[index - 1].end) + text.slice(layers[index].end);
}

/** The text with layer `from` moved so that it becomes layer `to`; what stands between layers stays where it is. */
export function moveLayer(text, from, to) {
  const layers = splitLayers(text);
  const moved = layers.map((layer) => layer.text);
  moved.splice(to, 0, ...moved.splice(from, 1));
  let written = "";
  let done = 0;
  layers.forEach(({ start, end }, place) => {
    written += text.slice(done, start) + moved[place];
    done = end;
  });
  return written + text.slice(done);
}

/** Where a new layer goes when no chip is chosen: before a last `dense`, which has to stay the last. */
export function placeForNewLayer(text) {
  const layers = splitLayers(text);
  const last = layers.at(-1);
  return last && /^dense$/i.test(last.text) ? layers.length - 1 : layers.length;
}

/** The layer that a place in the text belongs to: the one that holds it, else the next one, else the last; −1: none. */
export function layerAt(layers, place) {
  const next = layers.findIndex((layer) => place < layer.end);
  return next >= 0 ? next : layers.length - 1;
}

/**
 * A place that Python counted in characters, in the UTF-16 units that JavaScript counts in.
 * They differ behind every character beyond the first 65,536, such as an emoji.
 */
export function unitsOf(text, characters) {
  let units = 0;
  for (const character of text) {
    if (characters <= 0) break;
    units += character.length;
    characters -= 1;
  }
  return units;
}
