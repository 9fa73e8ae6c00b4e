// Evaluates functions for tests of modules that need no page: `node evaluate.js FOLDER`, with one request per line.
//
// A request is {"code": "a function, or an expression", "value": its argument}; the reply is {"result"} or {"error"}.
// `convlens/` in imports refers to FOLDER, as in the page's import map. As on the page, a test fails after a
// console.error, an uncaught error, or a request to any address except data: addresses.

import { registerHooks } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import vm from "node:vm";

const web = pathToFileURL(`${process.argv[2]}/`);
registerHooks({
  resolve: (name, context, next) =>
    next(name.startsWith("convlens/") ? new URL(name.slice(9), web).href : name, context),
  load: (url, context, next) => next(url, url.startsWith(web.href) ? { ...context, format: "module" } : context),
});

const text = (error) => (error instanceof Error ? error.message : String(error));
/** @type {string[]} */
const faults = [];
console.error = (...parts) => faults.push(`console: ${parts.join(" ")}`);
console.log = (...parts) => process.stderr.write(`${parts.join(" ")}\n`); // only replies go to stdout
process.on("uncaughtException", (error) => faults.push(`uncaught: ${text(error)}`));
process.on("unhandledRejection", (error) => faults.push(`uncaught: ${text(error)}`));
const { fetch } = globalThis;
globalThis.fetch = async (address, ...rest) => {
  if (!String(address).startsWith("data:")) faults.push(`a request to another machine: ${address}`);
  return fetch(address, ...rest);
};

// The modules of the layers import their drawings, which query the theme.
Object.assign(globalThis, { matchMedia: () => ({ matches: false, addEventListener: () => {} }) });

// Returns JSON with NaN, Infinity and -0, as Python reads them; undefined becomes null.
/** @param {unknown} value @returns {string} */
function write(value) {
  if (value === undefined || value === null) return "null";
  if (typeof value === "number") return Object.is(value, -0) ? "-0.0" : String(value);
  if (Array.isArray(value) || (ArrayBuffer.isView(value) && "length" in value))
    return `[${Array.from(value, write).join(",")}]`;
  if (typeof value !== "object") {
    const text = JSON.stringify(value);
    if (text === undefined) throw new TypeError(`a ${typeof value} cannot be handed to Python`);
    return text;
  }
  if ([Map, Set, ArrayBuffer, DataView, Date].some((kind) => value instanceof kind)) {
    throw new TypeError(`a ${value.constructor.name} cannot be handed to Python; make an array or an object of it`);
  }
  return `{${Object.entries(value).map(([key, one]) => `${JSON.stringify(key)}:${write(one)}`)}}`;
}

// Reads a request; if it contains NaN or Infinity, which JSON does not allow, it is read as JavaScript.
/** @param {string} line */
function read(line) {
  try {
    return JSON.parse(line);
  } catch {
    return vm.runInThisContext(`(${line})`);
  }
}

/** @param {string} line */
async function answer(line) {
  const { code, value } = read(line);
  try {
    const importModuleDynamically = vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
    const found = vm.runInThisContext(`(${code})`, { importModuleDynamically });
    const result = await (typeof found === "function" ? found(value) : found);
    await new Promise(setImmediate); // by now, an uncaught rejection has been reported
    if (faults.length > 0) throw new Error(faults.splice(0).join("\n"));
    return `{"result":${write(result)}}`;
  } catch (error) {
    faults.length = 0;
    return JSON.stringify({ error: error instanceof Error ? String(error.stack) : String(error) });
  }
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  process.stdout.write(`${await answer(line)}\n`);
}
