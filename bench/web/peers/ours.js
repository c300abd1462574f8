/** Our worker as shipped, driven by the messages of js/page/. `core` names the build. */

/** The members: `locals` have a call in this worker, and `self` is the local one that opens. */
const PAIR = { locals: ["alice", "bob"], self: "bob", senders: ["alice"] };

export async function startPipe(
  { root, core, replies, secret },
  { locals, self: own, senders } = PAIR,
) {
  // Named after its core, so that two builds in one process have separate worker modules.
  await import(new URL(`dist/worker.js?${new URL(core).pathname}`, root));
  const { onmessage, onrtctransform } = self;
  const ask = makeAsk(onmessage, replies);
  globalThis.navigator ??= {}; // in Node 20
  const device = { device: false, name: "", postQuantum: false, legacy: false };
  await ask("start", { wasm: core, argon2: core, mls: core, lock: `bench ${core}`, ...device });
  const calls = new Map(locals.map((as, call) => [as, call]));
  for (const [as, call] of calls) {
    const known = as === own ? [...new Set([as, ...senders])] : [as];
    await ask("join", { call, callId: "bench", as, exchange: false });
    await ask("keys", { call, senders: known, keys: known.map(secret) });
  }
  let attachmentId = 0;
  return {
    connect(direction, { readable, writable, row }, { sender = "alice", track }) {
      const call = calls.get(direction === "seal" ? sender : own);
      const kind = row.codec === "opus" ? "audio" : "video";
      const options = {
        call,
        attachmentId: ++attachmentId,
        again: false,
        direction,
        kind,
        sender,
        track,
      };
      onrtctransform({ transformer: { readable, writable, options } });
    },
  };
}

/** Requests and replies as in js/page/rpc.ts. */
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
