/**
 * Two members of one DAVE call. davey encrypts nothing before an MLS group exists, and the group
 * needs a voice gateway. This has the part of a gateway that it needs (RFC 9420 §6, the external
 * sender's proposal).
 */
const CHANNEL = 927_310_423_890_473_011n;
const ALICE = 158_049_329_150_427_136n;
const BOB = 158_533_742_254_751_744n;

/** DAVE's numbers: media type, codec. */
const MEDIA = { opus: [0, 1], vp8: [1, 2], h264: [1, 4] };

export function mediaOf(codec) {
  return MEDIA[codec];
}

export async function makeSessions(Session, toBuffer) {
  const gateway = await makeGateway();
  const [alice, bob] = [ALICE, BOB].map((id) => new Session(1, String(id), String(CHANNEL)));
  for (const session of [alice, bob]) session.setExternalSender(toBuffer(gateway.sender));
  const proposal = await gateway.propose(new Uint8Array(bob.getSerializedKeyPackage()));
  const ids = [String(ALICE), String(BOB)];
  const { commit, welcome } = alice.processProposals(0, toBuffer(proposal), ids);
  alice.processCommit(commit);
  bob.processWelcome(welcome);
  return { alice, bob, aliceId: String(ALICE) };
}

async function makeGateway() {
  const curve = { name: "ECDSA", namedCurve: "P-256" };
  const { publicKey, privateKey } = await crypto.subtle.generateKey(curve, true, [
    "sign",
    "verify",
  ]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
  // ExternalSender: signature_key<V> ‖ credential { u16 basic = 1, identity<V> }
  const sender = join(vector(point), u16(1), vector(u64(0n)));
  return { sender, propose: (keyPackage) => propose(privateKey, keyPackage) };
}

/** The gateway's signed proposal to add the owner of the key package, in a vector of one. */
async function propose(privateKey, keyPackage) {
  const header = join(u16(1), u16(1)); // mls10, mls_public_message
  // FramedContent: group_id, epoch 0, sender external(2) index 0, no data, proposal(2): add(1)
  const group = vector(u64(CHANNEL));
  const content = join(group, u64(0n), [2], u32(0), vector([]), [2], u16(1), keyPackage);
  const label = vector(new TextEncoder().encode("MLS 1.0 FramedContentTBS"));
  const signed = join(label, vector(join(header, content)));
  const raw = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, privateKey, signed);
  return vector(join(header, content, vector(toDer(new Uint8Array(raw)))));
}

/** Converts a signature r ‖ s of WebCrypto to the DER that MLS needs. */
function toDer(raw) {
  const body = join(integer(raw.subarray(0, 32)), integer(raw.subarray(32)));
  return join([0x30, body.length], body);
}

function integer(bytes) {
  const first = bytes.findIndex((byte) => byte !== 0);
  const value = bytes.subarray(first);
  const sign = value[0] >= 0x80 ? [0] : [];
  return join([0x02, value.length + sign.length], sign, value);
}

/** RFC 9420 §2.1.2: a length of 1, 2 or 4 bytes in front. */
function vector(bytes) {
  const { length } = bytes;
  if (length < 0x40) return join([length], bytes);
  if (length < 0x4000) return join(u16(0x4000 | length), bytes);
  return join(u32(0x8000_0000 + length), bytes);
}

function u16(value) {
  return [value >> 8, value & 0xff];
}

function u32(value) {
  return [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

function u64(value) {
  return [...u32(Number(value >> 32n)), ...u32(Number(value & 0xffff_ffffn))];
}

function join(...parts) {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}
