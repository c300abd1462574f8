/** AES-256-GCM in wasm and nothing around it: the `engine` example of crates/aes-gcm-simd. */

/** A frame's AAD: header, "sealframe/1", kind, codec, a label of a few letters, a window. */
const AAD = 32;
const TAG = 16;
/** In a call frames begin at any address. */
const STRIDE = 61;

export async function startCipher({ engine, root }) {
  const { relaxSwizzles } = await import(`${root}target/js/worker/relaxed-simd.js`);
  const module = new Uint8Array(await (await fetch(engine)).arrayBuffer());
  const { instance } = await WebAssembly.instantiate(relaxSwizzles(module));
  const core = instance.exports;
  const key = core.allocate(32);
  crypto.getRandomValues(new Uint8Array(core.memory.buffer, key, 32));
  const aad = core.allocate(AAD);
  const nonce = core.allocate(12);
  const cipher = core.new_cipher(key);
  return ({ bytes }) => {
    const work = (verb) => (at) => {
      if (core[verb](cipher, nonce, aad, AAD, at, bytes) !== 0) throw new Error(`${verb} failed`);
      return at;
    };
    return {
      seal: work("seal"),
      open: work("open"),
      frames: (count) => allocate(core, count, bytes),
    };
  };
}

/** Addresses in wasm memory for `count` frames with their tags. */
function allocate(core, count, bytes) {
  const start = core.allocate(count * (bytes + TAG + STRIDE));
  return Array.from({ length: count }, (_, index) => start + index * (bytes + TAG + STRIDE));
}
