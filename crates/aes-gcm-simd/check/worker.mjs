// In a browser: compares the engine with WebCrypto, then measures it against the aes-gcm crate.
import { measure } from "./measure.mjs";

const MESSAGES = 300;

self.onmessage = async ({ data: paths }) => {
  const instances = {};
  for (const [name, path] of Object.entries(paths))
    instances[name] = (await WebAssembly.instantiateStreaming(fetch(path))).instance;
  for (const { exports } of [instances.simd, instances.relaxed]) {
    const base = exports.allocate(65536);
    for (let i = 0; i < MESSAGES; i++) await compare(exports, base, i);
  }
  postMessage(measure(instances));
};

async function compare({ memory, new_cipher, drop_cipher, seal }, base, length) {
  const [key, nonce, aad, text] = [32, 12, length % 60, 7 * length].map(random);
  const bytes = new Uint8Array(memory.buffer);
  bytes.set(key, base);
  const cipher = new_cipher(base);
  const places = { nonce: base + 64, aad: base + 128, data: base + 1024 + (length % 17) };
  const view = new Uint8Array(memory.buffer);
  view.set(nonce, places.nonce);
  view.set(aad, places.aad);
  view.set(text, places.data);
  seal(cipher, places.nonce, places.aad, aad.length, places.data, text.length);
  const sealed = view.slice(places.data, places.data + text.length + 16);
  drop_cipher(cipher);
  const expected = await webcrypto(key, nonce, aad, text);
  if (sealed.some((byte, i) => byte !== expected[i]))
    throw new Error(`${text.length} bytes are sealed otherwise than by WebCrypto`);
}

async function webcrypto(key, iv, additionalData, text) {
  const imported = await crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt"]);
  const parameters = { name: "AES-GCM", iv, additionalData };
  return new Uint8Array(await crypto.subtle.encrypt(parameters, imported, text));
}

function random(length) {
  return crypto.getRandomValues(new Uint8Array(length));
}
