// Preloaded into Node by mutation/node_lines.py: before each reply of tests/web/evaluate.js, V8's coverage since the
// last one is written as a line of JSON to the file in MUTATION_NODE_LINES, with the context that FILE.context holds.

import { appendFileSync, readFileSync } from "node:fs";
import { Session } from "node:inspector";

const file = process.env.MUTATION_NODE_LINES;
if (file && process.argv[1]?.endsWith("evaluate.js")) {
  const session = new Session();
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (...parts) => {
    session.post("Profiler.takePreciseCoverage", (_error, { result }) => {
      const scripts = result.filter(({ url }) => url.startsWith("file:") && url.includes("/src/convlens/web/"));
      const context = readFileSync(`${file}.context`, "utf-8");
      if (scripts.length) appendFileSync(file, `${JSON.stringify({ context, scripts })}\n`);
    });
    return write(...parts);
  };
}
