/**
 * Forged key messages for a page of a call (call/page/member.js). Only their signature is wrong.
 */
import { join, lattice, makeDevice, random, short, text } from "./devices.js";

const [VERSION, ANNOUNCEMENT, HYBRID] = [2, 3, 2];
/** The offset of the nonce in an announcement, and the length of its signature. */
const [NONCE, NONCE_END, SIGNATURE] = [91, 107, 64];
/** Milliseconds between two bursts. */
const STEP = 4;

/** @type {{ id: string, raw: Uint8Array, bundle: Uint8Array }[]} */
let devices = [];

/** Takes `count` absent devices onto the roster of the page. @param {number} count */
export async function gather(count) {
  devices = await Promise.all(Array.from({ length: count }, () => makeDevice(true)));
  await globalThis.member.crowd(devices.map(({ bundle }) => bundle));
}

/**
 * @param {{ member: string, perSecond: number, milliseconds: number, crowd: boolean }} plan
 *   `member`: the device that the messages claim to be from; with `crowd`, also each gathered one
 * @returns how many messages went to `receive()`, and in how many milliseconds
 */
export async function flood({ member, perSecond, milliseconds, crowd }) {
  const { call } = globalThis.member;
  const senders = [{ id: member, raw: toRaw(member) }, ...(crowd ? devices : [])];
  const forge = await Promise.all(senders.map(forger));
  const start = performance.now();
  let sent = 0;
  for (let past = 0; past < milliseconds; past = performance.now() - start) {
    for (const due = (past * perSecond) / 1000; sent < due; sent++) {
      const at = sent % senders.length;
      call.receive(forge[at](), senders[at].id).catch(() => {});
    }
    await new Promise((resolve) => setTimeout(resolve, STEP));
  }
  return { sent, took: performance.now() - start };
}

/** Makes announcements of one incarnation that its device never made. No two are the same. */
async function forger(/** @type {{ raw: Uint8Array }} */ { raw }) {
  const { sealframe, options } = globalThis.member;
  const name = await short(text(options.room));
  const point = new Uint8Array(65).fill(4, 0, 1);
  const [entry, keys] = [random(16), join(point, lattice())];
  const label = text("sealframe/2 incarnation");
  const incarnation = await short(label, name, raw, [HYBRID], entry, keys);
  const recipient = toRaw(sealframe.bundle.id);
  const front = [[VERSION, ANNOUNCEMENT, HYBRID], name, raw, recipient, incarnation];
  // Its parts: incarnation, counter, nonce, answers, question.
  const rest = [random(16), random(8), random(16), random(16), random(48)];
  const message = join(...front, ...rest, entry, keys, random(SIGNATURE));
  return () => {
    crypto.getRandomValues(message.subarray(NONCE, NONCE_END));
    crypto.getRandomValues(message.subarray(-SIGNATURE));
    return message.slice();
  };
}

/** A device id as bytes. @param {string} id */
function toRaw(id) {
  return Uint8Array.from(id.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}
