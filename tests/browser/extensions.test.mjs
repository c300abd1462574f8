// RTP header extensions: docs/threat-model.md lists what browsers negotiate, and its recipe
// switches them off.
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { describe, test } from "node:test";
import { eachBrowser, TOGETHER, usePage } from "./common.mjs";

const DOCUMENT = readFileSync(new URL("../../docs/threat-model.md", import.meta.url), "utf8");
/** The list of the document by URI, with the entry of each browser. */
const LISTED = Object.fromEntries(
  [...DOCUMENT.matchAll(/^\| `([^`]+:[^`]+)` \| ([^|]+) \| ([^|]+) \|/gm)].map(
    ([, uri, chromium, firefox]) => [uri, { chromium, firefox }],
  ),
);
/** The recipe of the document: KEPT and quiet(). */
const [, RECIPE] = /^```js\n(.*?)^signaling\./ms.exec(DOCUMENT);

const EXPERIMENTS = "http://www.webrtc.org/experiments/rtp-hdrext/";
const LIMIT = { timeout: 180_000 };
/** This extension carries samples of the picture in plaintext. */
const SAMPLES = `${EXPERIMENTS}corruption-detection`;
const LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level";
/**
 * Extensions that no browser names and the document does not list, but that browsers might accept.
 */
const OTHERS = [
  ...["inband-cn", "video-frame-tracking-id", "transport-wide-cc-02"].map(
    (name) => EXPERIMENTS + name,
  ),
  "urn:ietf:params:rtp-hdrext:framemarking",
];

/** An address of this machine. Firefox does not send from its other addresses to 127.0.0.1. */
const ADDRESS =
  Object.values(networkInterfaces())
    .flat()
    .find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";

describe("header extensions", TOGETHER, () => {
  eachBrowser((name) => {
    const { run, lines, evaluate } = usePage(name, "extensions.html");

    test("docs/threat-model.md lists each extension that a browser offers or accepts", async () => {
      const offers = await run("offers");
      const all = [...new Set([...Object.keys(LISTED), ...OTHERS, ...(await run("known"))])];
      const offered = Object.values(offers)
        .flat()
        .map(({ uri }) => uri);
      const agreed = await run(
        "agrees",
        all.filter((uri) => !offered.includes(uri)),
      );
      const found = Object.fromEntries(
        [...offered, ...agreed].map((uri) => [uri, place(offers, uri)]),
      );
      const listed = Object.entries(LISTED).map(([uri, browsers]) => [uri, browsers[name]]);
      assert.deepEqual(found, Object.fromEntries(listed.filter(([, where]) => where !== "–")));
    });

    for (const offers of ["near", "far"]) {
      // Firefox refuses an answer with extensions that it did not offer.
      const [who, added] =
        offers === "near"
          ? ["we offer"]
          : ["the server offers, also samples of the picture", SAMPLES];

      test(`${who}: packets reveal the loudness of the sound`, LIMIT, async () => {
        const seen = await onTheWire({ offers, quietly: false });
        assert.ok(seen.includes(LEVEL), `${seen}`);
      });

      test(
        `${who}: with the recipe of the docs, packets reveal only stream names and feedback for the rate`,
        LIMIT,
        async () => {
          await evaluate(`{ ${RECIPE}; globalThis.quiet = quiet }`);
          const kept = new RegExp(/KEPT = \/(.*)\/;/.exec(RECIPE)[1]);
          const seen = await onTheWire({ offers, quietly: true, added });
          assert.ok(seen.length > 0, "the test sees extensions");
          assert.deepEqual(
            seen.filter((uri) => !kept.test(uri)),
            [],
          );
        },
      );
    }

    test(
      "a sender that would show samples of the picture is stopped with header-extension",
      LIMIT,
      async () => {
        const { stops, states, track, refused, again, more } = await run("sampled", SAMPLES);
        assert.deepEqual(again, { state: "sealed", code: "" });
        if (name === "firefox") return assert.deepEqual([stops, more], [[], []]); // it accepts none
        assert.deepEqual(stops, [{ kind: "video", code: "header-extension", real: true }]);
        assert.deepEqual(states, { audio: "sealed ", video: "failing header-extension" });
        assert.deepEqual([track, refused], [null, "header-extension"]);
        assert.deepEqual(more, [], "without that extension it stays sealed");
      },
    );

    const late = { ...LIMIT, skip: name === "firefox" && "it accepts none" };
    test(
      "samples that a later negotiation adds stop the sender at the next key frame",
      late,
      async () => {
        assert.deepEqual(await run("sampledLater", SAMPLES), {
          before: [],
          stops: [{ kind: "video", code: "header-extension", real: true }],
        });
      },
    );

    test("nothing is written to the console", () => assert.deepEqual(lines(), []));

    async function onTheWire(options) {
      const relay = await startRelay();
      try {
        const names = await run("wire", { address: ADDRESS, ports: relay.ports, ...options });
        return [...relay.ids].map((id) => names[id] ?? `number ${id}`);
      } finally {
        relay.close();
      }
    }
  });
});

/** The entry in the words of the document. */
function place(offers, uri) {
  const at = Object.keys(offers).filter((kind) => offers[kind].some((one) => one.uri === uri));
  if (at.length === 0) return "if offered";
  const taken = offers[at[0]].find((one) => one.uri === uri).way === "recvonly";
  const said = at.filter((kind) => kind !== "layers" || !at.includes("picture"));
  return said.join(", ") + (taken ? (said[0] === "sound" ? ", from mixers" : ", from others") : "");
}

/**
 * A relay between two connections, as a server or TURN server is. It has a port `near` and a port
 * `far`. `ids` collects the extensions in packets of the near connection.
 */
async function startRelay() {
  const sockets = { near: createSocket("udp4"), far: createSocket("udp4") };
  const addresses = {};
  const ids = new Set();
  for (const [name, other] of [
    ["near", "far"],
    ["far", "near"],
  ]) {
    sockets[name].on("message", (packet, { address, port }) => {
      // A browser also sends from its other addresses. One address is enough.
      addresses[other] ??= { address, port };
      if (addresses[other].port !== port || addresses[other].address !== address) return;
      if (other === "near") extensionsOf(packet).forEach((id) => ids.add(id));
      if (addresses[name])
        sockets[other].send(packet, addresses[name].port, addresses[name].address);
    });
    sockets[name].bind(0);
    await once(sockets[name], "listening");
  }
  const ports = { near: sockets.near.address().port, far: sockets.far.address().port };
  return { ports, ids, close: () => Object.values(sockets).forEach((socket) => socket.close()) };
}

/** The numbers of the header extensions of an RTP packet (RFC 3550 §5.3.1, RFC 8285 §4.2, §4.3). */
function extensionsOf(packet) {
  const [first, second] = packet;
  const isRtp = first >> 6 === 2 && (second < 192 || second > 223); // RFC 5761 §4
  if (!isRtp || !(first & 0x10)) return [];
  const start = 12 + 4 * (first & 0x0f);
  const profile = packet.readUInt16BE(start);
  const end = start + 4 + 4 * packet.readUInt16BE(start + 2);
  const short = profile === 0xbede;
  assert.ok(short || profile >> 4 === 0x100, `profile ${profile}`);
  const found = [];
  for (let at = start + 4; at < end; ) {
    if (packet[at] === 0) at++;
    else {
      found.push(short ? packet[at] >> 4 : packet[at]);
      at += short ? 2 + (packet[at] & 0x0f) : 2 + packet[at + 1];
    }
  }
  return found;
}
