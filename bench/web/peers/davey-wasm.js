/**
 * @snazzah/davey in wasm: AES-128-GCM with a tag of 8 bytes. It has no transform of its own, so it gets
 * the cheapest one (pump.js).
 */
import { pump } from "../pump.js";
import { makeSessions, mediaOf } from "./dave.js";

export async function startPipe(context) {
  return pipeOf(await startDavey(context));
}

export async function startCipher(context) {
  return cipherOf(await startDavey(context));
}

async function startDavey({ built }) {
  globalThis.Buffer ??= BufferLike;
  const { DAVESession } = await import(new URL("davey.js", built));
  return makeSessions(DAVESession, (bytes) => Buffer.from(bytes));
}

/** The native davey in Node uses this too. */
export function pipeOf(sessions) {
  return {
    connect(direction, pipe) {
      const work = cipherOf(sessions)(pipe.row)[direction];
      return void pump(pipe, (frame) => toArrayBuffer(work(frame.data)));
    },
  };
}

export function cipherOf({ alice, bob, aliceId }) {
  return ({ codec }) => {
    const [media, number] = mediaOf(codec);
    return {
      seal: (data) => alice.encrypt(media, number, Buffer.from(data)),
      open: (data) => bob.decrypt(aliceId, media, Buffer.from(data)),
    };
  };
}

/** The result as an ArrayBuffer. It is copied only if it is part of a larger buffer. */
function toArrayBuffer({ buffer, byteOffset, byteLength }) {
  const whole =
    byteOffset === 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
  return whole ? buffer : new Uint8Array(buffer, byteOffset, byteLength).slice().buffer;
}

/** The part of Node's Buffer that davey's glue code needs. */
class BufferLike extends Uint8Array {
  static from(bytes, offset, length) {
    return new BufferLike(bytes, offset, length);
  }
}
