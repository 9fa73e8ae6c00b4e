// Runs a module on a file of images (bytes), and writes class names, threshold, and the answer and probabilities of each
// image, as the program of the C export does. node run_wasm.mjs MODULE IMAGES ANSWERS

import { readFileSync, writeFileSync } from "node:fs";

const [modulePath, imagesPath, answersPath] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(modulePath));
const [section] = WebAssembly.Module.customSections(module, "convlens");
const facts = JSON.parse(new TextDecoder().decode(section));
const { memory, image, results, predict } = new WebAssembly.Instance(module).exports;
const classes = facts.class_names.length;
const pixels = facts.preprocessing.image_shape.reduce((product, size) => product * size);
const place = new Uint8Array(memory.buffer, image(), pixels);
const probabilities = new Uint8Array(memory.buffer, results(), 4 * classes);

const head = Buffer.alloc(12);
head.writeInt32LE(classes, 0);
head.writeDoubleLE(facts.calibration.threshold ?? -1, 4);
const parts = [head, ...facts.class_names.map((name) => Buffer.from(`${name}\0`))];
const images = readFileSync(imagesPath);
for (let start = 0; start < images.length; start += pixels) {
  place.set(images.subarray(start, start + pixels));
  const answer = Buffer.alloc(4);
  answer.writeInt32LE(predict(), 0);
  parts.push(answer, Buffer.from(probabilities));
}
writeFileSync(answersPath, Buffer.concat(parts));
