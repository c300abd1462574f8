/**
 * @snazzah/davey in wasm: AES-128-GCM with a tag of 8 bytes. It brings no transform of its own, so it
 * gets the cheapest one there is.
 */
import { pump } from "../pump.js";
import { makeSessions, mediaOf } from "./dave.js";

export async function startPipe(house) {
  return pipeOf(await startDavey(house));
}

export async function startCipher(house) {
  return cipherOf(await startDavey(house));
}

async function startDavey({ built }) {
  globalThis.Buffer ??= BufferLike;
  const { DAVESession } = await import(new URL("davey.js", built));
  return makeSessions(DAVESession, (bytes) => Buffer.from(bytes));
}

/** Also for davey in Node. */
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

/** A frame's data is an ArrayBuffer. No copy where the result already has one of its own. */
function toArrayBuffer({ buffer, byteOffset, byteLength }) {
  const whole = byteOffset === 0 && byteLength === buffer.byteLength && buffer instanceof ArrayBuffer;
  return whole ? buffer : new Uint8Array(buffer, byteOffset, byteLength).slice().buffer;
}

/** As much of Node's Buffer as davey's glue asks for. */
class BufferLike extends Uint8Array {
  static from(bytes, offset, length) {
    return new BufferLike(bytes, offset, length);
  }
}
