// A media server may make RED (RFC 2198) of sealed Opus. The receiver opens its primary block.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { Core, startModule } from "../../target/js/worker/core.js";
import { primaryBlock } from "../../target/js/worker/red.js";
import { Stream } from "../../target/js/worker/stream.js";

/** Payload types that this receiver negotiated. */
const [OPUS, RED, PCMU] = [111, 63, 0];
const LIST = [
  [OPUS, "audio/opus"],
  [RED, "audio/red"],
  [PCMU, "audio/PCMU"],
];
const SOUND = Uint8Array.of(0xfc, 1, 2, 3, 4, 5);
const labels = { kind: "audio", sender: "alice", track: "" };

before(async () => {
  const url = import.meta.resolve("sealframe/core.wasm");
  await startModule(new Uint8Array(readFileSync(new URL(url))), url);
});

/** A sender and a receiver with one key. `heard` gets the receiver's news. */
function pair() {
  const call = (own) => {
    const core = new Core("room", own, undefined, undefined, 1, 0);
    core.set_keys(["alice"], [new Uint8Array(32).fill(7)], 0);
    return { core, closedCode: "call-closed", hasGroup: false };
  };
  const heard = [];
  const sealing = new Stream(1, { ...labels, direction: "seal" }, call("alice"), () => {});
  const opening = new Stream(2, { ...labels, direction: "open" }, call("bob"), (news) =>
    heard.push(news),
  );
  return { sealing, opening, heard };
}

/** Passes bytes through a stream. @returns what comes out */
function pass(stream, mimeType, bytes) {
  const frame = { data: bytes.slice().buffer, getMetadata: () => ({ mimeType }) };
  return stream.process(frame) ? new Uint8Array(frame.data) : undefined;
}

const sealed = ({ sealing }) => pass(sealing, "audio/opus", SOUND);

/** A RED payload with these earlier frames before the primary one. */
function red(primary, earlier = [], type = OPUS) {
  const headers = earlier.flatMap(({ length }) => [0x80 | OPUS, 0, length >> 8, length & 0xff]);
  return Uint8Array.from([...headers, type, ...earlier.flatMap((one) => [...one]), ...primary]);
}

/** Gives the receiver's list to a stream that asked for it. */
function answer({ opening, heard }) {
  assert.equal(heard.shift()?.type, "codecs");
  opening.types.take(...[0, 1].map((column) => LIST.map((row) => row[column])));
}

test("the primary block of RED that a server made opens, with and without earlier blocks", () => {
  const ends = pair();
  const first = sealed(ends);
  assert.equal(pass(ends.opening, "audio/red", red(first)), undefined, "the list is not known");
  answer(ends);
  const [second, third] = [sealed(ends), sealed(ends)];
  const expected = Uint8Array.from([OPUS, ...SOUND]);
  assert.deepEqual(pass(ends.opening, "audio/red", red(second, [first])), expected);
  assert.deepEqual(pass(ends.opening, "audio/red", red(third, [first, second])), expected);
  assert.deepEqual(pass(ends.opening, "audio/opus", sealed(ends)), SOUND, "plain Opus still opens");
  assert.equal(ends.opening.state.state, "sealed");
});

test("a server cannot have sealed Opus decoded as another codec", () => {
  const ends = pair();
  pass(ends.opening, "audio/red", red(sealed(ends)));
  answer(ends);
  for (const type of [PCMU, RED, 5])
    assert.equal(pass(ends.opening, "audio/red", red(sealed(ends), [], type)), undefined);
});

test("a replayed, changed or made-up block does not open, and later ones do", () => {
  const ends = pair();
  pass(ends.opening, "audio/red", red(sealed(ends)));
  answer(ends);
  const good = red(sealed(ends));
  assert.ok(pass(ends.opening, "audio/red", good));
  assert.equal(pass(ends.opening, "audio/red", good), undefined, "a replay");
  const changed = red(sealed(ends));
  changed[changed.length - 1] ^= 1;
  assert.equal(pass(ends.opening, "audio/red", changed), undefined);
  assert.equal(pass(ends.opening, "audio/red", red(SOUND)), undefined);
  assert.ok(pass(ends.opening, "audio/red", red(sealed(ends))));
});

test("RED that its sender sealed opens as a whole", () => {
  const ends = pair();
  const { sealing, opening } = ends;
  const whole = red(SOUND, [SOUND]);
  assert.deepEqual(pass(opening, "audio/red", pass(sealing, "audio/red", whole)), whole);
});

test("no bytes make the search for the primary block fail or leave them", () => {
  for (let n = 0; n < 20_000; n++) {
    const length = Math.floor(Math.random() * 60);
    const bytes = Uint8Array.from({ length }, () =>
      Math.random() < 0.3 ? 0xff : Math.random() * 256,
    );
    const block = primaryBlock(bytes);
    if (block) assert.ok(block.start > 0 && block.start < length && block.type < 128);
  }
  assert.equal(primaryBlock(new Uint8Array(60).fill(0xff)), undefined);
});
