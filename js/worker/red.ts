/** The primary block of a RED payload (RFC 2198 §3). */

/** The bit of a block's header that says that another header follows. */
const FOLLOWS = 0x80;
/** Bytes of the header of a redundant block. */
const HEADER_LEN = 4;
/** At most this many redundant blocks are skipped. Browsers send one, and LiveKit two. */
const MAX_BLOCKS = 8;

export interface Block {
  /** The RTP payload type of its codec. */
  type: number;
  /** Its first byte. It ends with the payload. */
  start: number;
}

/** The primary block, which is the last one; undefined if the bytes are no RED payload. */
export function primaryBlock(payload: Uint8Array): Block | undefined {
  let [at, skipped] = [0, 0];
  for (let blocks = 0; byte(payload, at) & FOLLOWS; at += HEADER_LEN) {
    if (++blocks > MAX_BLOCKS) return undefined;
    skipped += ((byte(payload, at + 2) & 3) << 8) | byte(payload, at + 3);
  }
  const start = at + 1 + skipped;
  return start < payload.length ? { type: byte(payload, at), start } : undefined;
}

const byte = (payload: Uint8Array, at: number) => payload[at] ?? 0;
