// Key messages take turns with frames. The tests run in a thread, because the module's message
// channel keeps a process alive.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";

const TURNS = new URL("../../target/js/worker/turns.js", import.meta.url).href;

/** Runs the body of an async function that can use `inTurn`, and returns its result. */
async function inThread(body) {
  const code = `import(${JSON.stringify(TURNS)}).then(async ({ inTurn }) => { ${body} })
    .then((value) => require("node:worker_threads").parentPort.postMessage(value));`;
  const thread = new Worker(code, { eval: true });
  try {
    return await new Promise((done, failed) => thread.once("message", done).once("error", failed));
  } finally {
    await thread.terminate();
  }
}

const FRAMES = `
  const { port1, port2 } = new MessageChannel();
  const log = [];
  port1.onmessage = ({ data }) => log.push(data);
`;

test("a waiting key message lets frames that arrived earlier go first", async () => {
  const log = await inThread(`${FRAMES}
    const served = [inTurn(() => log.push("first"), () => {})];
    log.push("in between");
    port2.postMessage("frame");
    served.push(inTurn(() => log.push("second"), () => {}), inTurn(() => log.push("third"), () => {}));
    await Promise.all(served);
    return log;`);
  assert.deepEqual(log.slice(0, 2), ["first", "in between"]);
  assert.ok(log.indexOf("frame") < log.indexOf("third"), log.join());
  assert.ok(log.indexOf("second") < log.indexOf("third"), "in their order");
});

test("a flood of key messages drops some, and every promise settles", async () => {
  const [served, dropped] = await inThread(`
    let [served, dropped] = [0, 0];
    const all = Array.from({ length: 5000 }, () => inTurn(() => served++, () => dropped++));
    await Promise.all(all);
    return [served, dropped];`);
  assert.deepEqual([served, dropped], [1025, 5000 - 1025]);
});

test("a key message that throws rejects, and the next one is served", async () => {
  const found = await inThread(`
    const thrown = inTurn(() => { throw new Error("no") }, () => {}).catch(({ message }) => message);
    let next = "";
    await inTurn(() => (next = "next"), () => {});
    return [await thrown, next];`);
  assert.deepEqual(found, ["no", "next"]);
});
