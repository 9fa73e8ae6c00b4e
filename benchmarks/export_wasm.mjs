// Measures the processor time of a WebAssembly export in Node: seconds for one image, and for all images of a file.
//
//   node export_wasm.mjs MODULE IMAGES CALLS
import { readFileSync } from "node:fs";

const [modulePath, imagesPath, calls] = process.argv.slice(2);
const { instance } = await WebAssembly.instantiate(readFileSync(modulePath));
const { memory, image, predict } = instance.exports;
const module = new WebAssembly.Module(readFileSync(modulePath));
const [section] = WebAssembly.Module.customSections(module, "convlens");
const facts = JSON.parse(new TextDecoder().decode(section));
const size = facts.preprocessing.image_shape.reduce((product, side) => product * side);
const images = readFileSync(imagesPath);
const count = images.length / size;
const place = new Uint8Array(memory.buffer, image(), size);

function run(number) {
  const start = (number % count) * size;
  place.set(images.subarray(start, start + size));
  return predict();
}

function seconds(times) {
  const { user, system } = process.cpuUsage();
  for (let number = 0; number < times; number += 1) run(number);
  const { user: laterUser, system: laterSystem } = process.cpuUsage();
  return (laterUser + laterSystem - user - system) / 1e6;
}

seconds(Number(calls)); // meanwhile the module is compiled again, with optimizations
const one = seconds(Number(calls)) / Number(calls);
console.log(JSON.stringify({ one, many: seconds(count) }));
