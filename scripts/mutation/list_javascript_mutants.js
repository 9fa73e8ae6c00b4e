// Prints the mutants of one module of the page as JSON, as Stryker's instrumenter finds them; texts are left out.
//
//     node list_javascript_mutants.js FILE
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";

const file = path.resolve(process.argv[2]);
const require = createRequire(path.join(process.cwd(), "package.json"));
const { Instrumenter } = await import(pathToFileURL(require.resolve("@stryker-mutator/instrumenter")).href);
const silence = () => {};
const logger = { isDebugEnabled: () => false, debug: silence, info: silence, warn: silence, error: silence };
const options = { excludedMutations: ["StringLiteral", "Regex"], ignorers: [], plugins: [] };
const content = await readFile(file, "utf8");
const { mutants } = await new Instrumenter(logger).instrument([{ name: file, mutate: true, content }], options);
const kept = mutants.filter((mutant) => mutant.status !== "Ignored");
console.log(
  JSON.stringify(kept.map(({ location, replacement, mutatorName }) => ({ ...location, replacement, mutatorName }))),
);
