// `node harness/node-tests.mjs COUNT FILE…`: runs test files in this order, COUNT at a time.
// `node --test` would run them in the order of their names.
import { run } from "node:test";
import { spec } from "node:test/reporters";

const [count, ...files] = process.argv.slice(2);
const tests = run({ files, concurrency: Number(count) });
tests.on("test:fail", () => (process.exitCode = 1));
tests.compose(new spec()).pipe(process.stdout);
