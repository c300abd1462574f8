/** Our worker as it is shipped, driven by the messages of js/index.js. `core` says which build. */

const OURS = "alice";

export async function startPipe({ root, core, replies, secret }) {
  await import(new URL("dist/worker.js", root));
  const handle = self.onmessage;
  let count = 0;
  const ask = async (type, fields) => {
    const id = ++count;
    const reply = replies((message) => message.type === "reply" && message.id === id);
    handle({ data: { ...fields, type, id } });
    const { value, error } = await reply;
    if (error) throw new Error(`${type}: ${error}`);
    return value;
  };
  await ask("start", { wasm: core, device: false, name: "" });
  // Two ends: one seals as Alice, the other opens what Alice sealed.
  const sealing = await join(ask, 1, OURS, [OURS], secret);
  const opening = await join(ask, 2, "bob", [OURS, "bob"], secret);
  const calls = { seal: sealing, open: opening };
  return {
    connect: (direction, pipe, labels) => connect(calls[direction], direction, pipe, labels),
    admit: (senders) => ask("keys", { call: opening, senders, keys: senders.map(secret) }),
    ask,
  };
}

async function join(ask, call, as, senders, secret) {
  await ask("join", { call, callId: "bench", as });
  await ask("keys", { call, senders, keys: senders.map(secret) });
  return call;
}

function connect(call, direction, { readable, writable, row }, { sender = OURS, track = row.codec } = {}) {
  const kind = row.codec === "opus" ? "audio" : "video";
  const options = { call, direction, kind, sender, track };
  self.onrtctransform({ transformer: { readable, writable, options } });
}
