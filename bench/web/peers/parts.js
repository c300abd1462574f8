/**
 * What js/stream.js does with a frame, without streams and counters, as a whole ("crossing") and in
 * parts: how the time of a pipe is divided is found by taking away.
 */
const SENDER = "alice";
const MIME = { opus: "audio/opus", vp8: "video/VP8", h264: "video/H264" };

/** @param {{ root: string, core: string, part: "crossing" | "copy-in" | "copy-out" }} house */
export async function startCipher({ root, core, part, secret }) {
  const { default: init, Call, codec_number } = await import(new URL("dist/core.js", root));
  const { relaxed } = await import(`${root}js/relaxed.js`);
  ({ refill } = await import(`${root}js/refill.js`));
  const module = new Uint8Array(await (await fetch(core)).arrayBuffer());
  const { memory } = await init({ module_or_path: relaxed(module) });
  const make = { crossing, "copy-in": copyIn, "copy-out": copyOut }[part];
  return ({ codec, bytes }) => {
    const [alice, bob] = [SENDER, "bob"].map(
      (own) => new Call("bench", own, undefined, undefined, 1, Date.now()),
    );
    for (const call of [alice, bob]) call.set_keys([SENDER], [secret(SENDER)]);
    const kind = codec === "opus" ? 1 : 2;
    const streams = { seal: alice.seal_stream(kind, "t"), open: bob.open_stream(kind, SENDER, "t") };
    return make({
      calls: { seal: alice, open: bob },
      memory,
      streams,
      codec: codec_number(MIME[codec]),
      bytes,
    });
  };
}

function crossing({ calls, memory, streams, codec }) {
  const work = (verb, call) => (data) => {
    const size = data.byteLength;
    const at = call.scratch(size);
    heap(memory).set(new Uint8Array(data), at);
    const length = call[verb](streams[verb], codec, size);
    if (length <= 0) throw new Error(`${verb}: error ${-length}`);
    return refill(data, heap(memory).subarray(call.start(), call.start() + length));
  };
  return { seal: work("seal", calls.seal), open: work("open", calls.open), takes: true };
}

function copyIn({ calls: { seal: call }, memory }) {
  const copy = (data) => {
    const at = call.scratch(data.byteLength);
    heap(memory).set(new Uint8Array(data), at);
    return data;
  };
  return { seal: copy, open: copy };
}

function copyOut({ calls: { seal: call }, memory, bytes }) {
  call.scratch(bytes);
  const copy = (data) => refill(data, heap(memory).subarray(call.start(), call.start() + bytes));
  return { seal: copy, open: copy, takes: true };
}

/** The product's own. @type {typeof import("../../../js/refill.js").refill} */
let refill;
let view = new Uint8Array();

function heap({ buffer }) {
  if (view.buffer !== buffer) view = new Uint8Array(buffer);
  return view;
}
