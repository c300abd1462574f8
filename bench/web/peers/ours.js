/** Our worker as it is shipped, driven by the messages of js/index.js. `core` says which build. */

/** Who is there: `locals` have a call in this worker, `self` is the one of them that opens. */
const PAIR = { locals: ["alice", "bob"], self: "bob", senders: ["alice"] };

export async function startPipe({ root, core, replies, secret }, { locals, self: own, senders } = PAIR) {
  // Named after its core: where two builds share a process, each has a worker module of its own.
  await import(new URL(`dist/worker.js?${new URL(core).pathname}`, root));
  const { onmessage, onrtctransform } = self;
  const ask = makeAsk(onmessage, replies);
  globalThis.navigator ??= {}; // in Node 20
  const device = { device: false, name: "", postQuantum: false, legacy: false };
  await ask("start", { wasm: core, vault: core, lock: `bench ${core}`, ...device });
  const calls = new Map(locals.map((as, call) => [as, call]));
  for (const [as, call] of calls) {
    const known = as === own ? [...new Set([as, ...senders])] : [as];
    await ask("join", { call, callId: "bench", as, exchange: false });
    await ask("keys", { call, senders: known, keys: known.map(secret) });
  }
  let slot = 0;
  return {
    connect(direction, { readable, writable, row }, { sender = "alice", track }) {
      const call = calls.get(direction === "seal" ? sender : own);
      const kind = row.codec === "opus" ? "audio" : "video";
      const options = { call, slot: ++slot, again: false, direction, kind, sender, track };
      onrtctransform({ transformer: { readable, writable, options } });
    },
  };
}

/** Requests and replies as in js/link.js. */
function makeAsk(handle, replies) {
  let count = 0;
  return async (type, fields) => {
    const id = ++count;
    const reply = replies((message) => message.type === "reply" && message.id === id);
    handle({ data: { ...fields, type, id } });
    const { value, error } = await reply;
    if (error) throw new Error(`${type}: ${error}`);
    return value;
  };
}
