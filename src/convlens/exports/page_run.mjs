// Runs an exported page's modules, which lie in node_modules/convlens beside this file, on images and pictures, for the
// proof. Reads model.json, images and pictures.json; writes probabilities (float64) and pixels (bytes). It prints why
// the page's own check failed, or nothing.

import { readFileSync, writeFileSync } from "node:fs";

// The modules of the layers import their drawings, which query the theme.
Object.assign(globalThis, { matchMedia: () => ({ matches: false, addEventListener: () => {} }) });
const { activations, openModel, probabilities } = await import("convlens/engine/network.js");
const { checkModel } = await import("convlens/engine/check.js");
const { prepare } = await import("convlens/preparation/prepare.js");

const model = openModel(JSON.parse(readFileSync("model.json", "utf8")));
const { agrees, where } = checkModel(model);
if (!agrees) console.log(where);

const size = model.inputShape.reduce((product, side) => product * side);
const images = new Uint8Array(readFileSync("images"));
const answers = [];
for (let start = 0; start < images.length; start += size) {
  const outputs = activations(model, images.subarray(start, start + size));
  answers.push(...probabilities(model, outputs[outputs.length - 1].data));
}
writeFileSync("probabilities", new Float64Array(answers));

const pixels = JSON.parse(readFileSync("pictures.json", "utf8")).map(({ height, width, data }) => {
  const picture = { height, width, data: new Uint8ClampedArray(Buffer.from(data, "base64")), isGrey: false };
  return Buffer.from(prepare(model.preprocessing, picture).pixels);
});
writeFileSync("pixels", Buffer.concat(pixels));
