/**
 * What js/worker/stream.ts does with a frame, without streams and counters, as a whole ("crossing")
 * and in parts. Differences between them show how the time of a pipe divides.
 */
const SENDER = "alice";
const MIME = { opus: "audio/opus", vp8: "video/VP8", h264: "video/H264" };

/** @param {{ root: string, core: string, part: "crossing" | "copy-in" | "copy-out" }} context */
export async function startCipher({ root, core, part, secret }) {
  const { default: init, Call, codec_number } = await import(new URL("dist/core.js", root));
  const { relaxSwizzles } = await import(`${root}target/js/worker/relaxed-simd.js`);
  ({ replaceBuffer } = await import(`${root}target/js/worker/buffers.js`));
  const module = new Uint8Array(await (await fetch(core)).arrayBuffer());
  const { memory } = await init({ module_or_path: relaxSwizzles(module) });
  const make = { crossing, "copy-in": copyIn, "copy-out": copyOut }[part];
  return ({ codec, bytes }) => {
    const [alice, bob] = [SENDER, "bob"].map(
      (own) => new Call("bench", own, undefined, undefined, 1, Date.now()),
    );
    for (const call of [alice, bob]) call.set_keys([SENDER], [secret(SENDER)], 0);
    const kind = codec === "opus" ? 1 : 2;
    const streams = {
      seal: alice.seal_stream(kind, "t"),
      open: bob.open_stream(kind, SENDER, "t"),
    };
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
    return replaceBuffer(data, heap(memory).subarray(call.start(), call.start() + length));
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
  const copy = (data) =>
    replaceBuffer(data, heap(memory).subarray(call.start(), call.start() + bytes));
  return { seal: copy, open: copy, takes: true };
}

/**
 * The function of the product.
 * @type {typeof import("../../../target/js/worker/buffers.js").replaceBuffer}
 */
let replaceBuffer;
let view = new Uint8Array();

function heap({ buffer }) {
  if (view.buffer !== buffer) view = new Uint8Array(buffer);
  return view;
}
