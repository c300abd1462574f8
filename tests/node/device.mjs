// Devices as a browser would be one, with Node's WebCrypto, and a wire between them.
import { Call, device_id } from "sealframe/core";
import "./core.mjs";

const { subtle } = globalThis.crypto;
const ECDH = { name: "ECDH", namedCurve: "P-256" };
const ECDSA = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** A device in a call. `outputs` gathers all that the core handed out, `shared` what ECDH gave. */
export async function join(callId = "room") {
  const agreement = await subtle.generateKey(ECDH, true, ["deriveBits"]);
  const signing = await subtle.generateKey(ECDSA, true, ["sign"]);
  const raw = async ({ publicKey }) => new Uint8Array(await subtle.exportKey("raw", publicKey));
  const bundle = Buffer.concat([Buffer.from([1]), await raw(agreement), await raw(signing)]);
  const id = device_id(bundle);
  const call = new Call(callId, id, bundle, undefined, 0);
  return { id, bundle, agreement, signing, call, outputs: [], shared: [] };
}

/** Everyone's roster is everyone; then until nobody has anything left to do. */
export async function meet(parties, now = 0) {
  const bundles = parties.map(({ bundle }) => bundle);
  for (const party of parties) party.call.set_members(bundles, now);
  await settle(parties, now);
}

/** Does what the cores ask for, and carries their messages, until they ask for nothing more. */
export async function settle(parties, now = 0, carry = (message) => message) {
  for (let busy = true; busy;) {
    busy = false;
    for (const party of parties) {
      for (let output; (output = party.call.poll()); busy = true) {
        party.outputs.push(output);
        await serve(party, output, now);
        if (output.type === "send") deliver(parties, party, output, now, carry);
      }
    }
  }
}

async function serve(
  { call, agreement, signing, shared },
  { type, ticket, bytes, public: peer },
  now,
) {
  if (type === "sign")
    call.signed(ticket, new Uint8Array(await subtle.sign(ECDSA, signing.privateKey, bytes)), now);
  if (type !== "agree") return;
  const publicKey = await subtle.importKey("raw", peer, ECDH, false, []);
  const bits = await subtle.deriveBits(
    { name: "ECDH", public: publicKey },
    agreement.privateKey,
    256,
  );
  shared.push(Buffer.from(bits));
  call.agreed(ticket, new Uint8Array(bits), now);
}

function deliver(parties, from, { to, bytes }, now, carry) {
  const message = carry(bytes);
  const receiver = parties.find(({ id }) => id === to);
  if (message && receiver) receiver.call.receive(message, from.id, now);
}
