// RTP header extensions, in descriptions and in packets: scenarios for extensions.test.mjs.
import { camera } from "/harness/page/media.js";
import { Sealframe } from "/dist/index.js";
import { devices, key, media, near, sleep, until } from "./pair.js";

const MEDIA = ["sound", "picture", "layers"];
/** A connection with a transceiver of each kind. */
const PACKETS = 50;
/** Milliseconds in which a stop would come. */
const GRACE = 3_000;

globalThis.scenarios = {
  /** What this browser offers, by kind of media: `{ uri, way }`. */
  async offers() {
    const pc = new RTCPeerConnection({ encodedInsertableStreams: true });
    for (const track of media) pc.addTrack(track.clone(), new MediaStream());
    const sendEncodings = [{ rid: "a" }, { rid: "b", scaleResolutionDownBy: 2 }];
    pc.addTransceiver(camera(), { direction: "sendonly", sendEncodings });
    const { sdp } = await pc.createOffer();
    pc.close();
    return Object.fromEntries(sections(sdp).map((section, i) => [MEDIA[i], extensions(section)]));
  },

  /** Other extensions that this browser says it knows. */
  known() {
    const pc = new RTCPeerConnection();
    const transceivers = ["audio", "video"].map((kind) => pc.addTransceiver(kind));
    const all = transceivers.flatMap((one) => one.getHeaderExtensionsToNegotiate?.() ?? []);
    pc.close();
    return all.map(({ uri }) => uri);
  },

  /** The `uris` that this browser accepts if each is offered alone. */
  async agrees(uris) {
    const agreed = [];
    for (const uri of uris) {
      const [server, pc] = [
        new RTCPeerConnection(),
        new RTCPeerConnection({ encodedInsertableStreams: true }),
      ];
      for (const kind of ["audio", "video"]) server.addTransceiver(kind);
      for (const track of media) pc.addTrack(track.clone(), new MediaStream());
      const { sdp } = await server.createOffer();
      await pc.setRemoteDescription({ type: "offer", sdp: withOnly(sdp, uri) });
      const answer = await pc.createAnswer();
      if (
        sections(answer.sdp)
          .flatMap(extensions)
          .some((one) => one.uri === uri)
      )
        agreed.push(uri);
      [server, pc].forEach((one) => one.close());
    }
    return agreed;
  },

  /**
   * A sealed sender that sends some packets via these ports. `offers` names the offering end,
   * `quietly` applies the recipe of the docs, and `added` is an extension that the far end adds.
   * @returns extensions by number
   */
  async wire({ address, ports, offers, quietly, added }) {
    const call = await near.join("extensions", { as: "near", keys: { near: key(1) } });
    const ends = {
      near: new RTCPeerConnection(call.configuration({ bundlePolicy: "max-bundle" })),
      far: new RTCPeerConnection({ bundlePolicy: "max-bundle" }),
    };
    for (const track of media)
      call.seal(ends.near.addTrack(track.clone(), new MediaStream()), { track: track.kind });
    const [first, second] = offers === "near" ? ["near", "far"] : ["far", "near"];
    if (offers === "far") for (const { kind } of media) ends.far.addTransceiver(kind);
    const pass = async (from, to) => {
      await ends[from].setLocalDescription();
      const description = through(ends[from].localDescription, address, ports[from]);
      if (from === "far" && added) description.sdp = withAlso(description.sdp, added);
      await ends[to].setRemoteDescription(
        quietly && to === "near" ? globalThis.quiet(description) : description,
      );
    };
    await pass(first, second);
    await pass(second, first);
    while (!(await sent(ends.near)).every((count) => count > PACKETS)) await sleep(100);
    const all = [
      ends.near.remoteDescription,
      ends.near.localDescription,
      ends.far.localDescription,
    ].flatMap(({ sdp }) => sections(sdp).flatMap(extensions));
    Object.values(ends).forEach((pc) => pc.close());
    await call.close();
    return Object.fromEntries(all.map(({ id, uri }) => [id, uri]));
  },

  /** A sealed sender whose server offers `uri`. Then it negotiates without, and is sealed again. */
  async sampled(uri) {
    const call = await near.join("sampled", { as: "near", keys: { near: key(1) } });
    const stops = heardStops(call);
    const pc = new RTCPeerConnection(call.configuration());
    const server = new RTCPeerConnection();
    join(pc, server);
    const [, sender] = media.map((track) => pc.addTrack(track.clone(), new MediaStream()));
    for (const one of pc.getSenders()) call.seal(one, { track: one.track.kind });
    for (const { kind } of media) server.addTransceiver(kind);
    await negotiate(server, pc, (sdp) => withAlso(sdp, uri));
    await until(async () => (await sent(pc))[0] > PACKETS);
    await until(() => stops.length > 0, GRACE);
    await sleep(600); // reports of states have half a second between them
    const { streams } = await call.stats();
    const result = {
      stops: [...stops],
      states: Object.fromEntries(
        streams.map(({ kind, state, code }) => [kind, `${state} ${code}`]),
      ),
      track: sender.track,
      refused: await sender.replaceTrack(camera()).catch(({ code }) => code),
    };
    await negotiate(server, pc, (sdp) => sdp);
    call.seal(sender, { track: "video" });
    await sender.replaceTrack(camera());
    const parameters = sender.getParameters();
    for (const encoding of parameters.encodings) encoding.active = true;
    await sender.setParameters(parameters);
    const [, before] = await sent(pc);
    await until(async () => (await sent(pc))[1] > before + PACKETS);
    const { state, code } = (await call.stats()).streams.findLast(({ kind }) => kind === "video");
    Object.assign(result, { again: { state, code }, more: stops.slice(result.stops.length) });
    [pc, server].forEach((one) => one.close());
    await call.close();
    return result;
  },

  /** A sealed sender whose server offers `uri` in a second negotiation. Then a device joins. */
  async sampledLater(uri) {
    const { near, pair, bundles, end } = await devices();
    const third = await Sealframe.start({ name: "third" });
    const stops = heardStops(near);
    await until(async () => (await sent(pair.a))[1] > PACKETS);
    await negotiate(pair.b, pair.a, (sdp) => withAlso(sdp, uri));
    await sleep(GRACE);
    const before = [...stops];
    await near.setMembers([bundles[1], third.bundle]);
    await until(() => stops.length > 0);
    await end();
    await third.logOut();
    return { before, stops };
  },
};

/** Fills with each stop of a sender of this call. */
function heardStops(call) {
  const stops = [];
  call.addEventListener("leak-stopped", ({ kind, code, rtpSender }) =>
    stops.push({ kind, code, real: rtpSender instanceof RTCRtpSender }),
  );
  return stops;
}

function join(one, other) {
  one.onicecandidate = ({ candidate }) => other.addIceCandidate(candidate);
  other.onicecandidate = ({ candidate }) => one.addIceCandidate(candidate);
}

/** `change` is what happens to the offer on its way. */
async function negotiate(offerer, answerer, change) {
  await offerer.setLocalDescription();
  const { type, sdp } = offerer.localDescription;
  await answerer.setRemoteDescription({ type, sdp: change(sdp) });
  await answerer.setLocalDescription();
  await offerer.setRemoteDescription(withoutUnoffered(answerer.localDescription, sdp));
}

/** The offerer does not know of an extension that was added to its offer. */
function withoutUnoffered({ type, sdp }, offered) {
  const kept = (line) => !line.startsWith("a=extmap:") || offered.includes(line.split(" ")[1]);
  return { type, sdp: sdp.split("\r\n").filter(kept).join("\r\n") };
}

function sections(sdp) {
  return sdp.split(/^(?=m=)/m).slice(1);
}

/** RFC 8285 §5: `a=extmap:ID[/direction] URI`. */
function extensions(section) {
  const lines = [...section.matchAll(/^a=extmap:(\d+)(?:\/(\w+))? (\S+)/gm)];
  return lines.map(([, id, way = "sendrecv", uri]) => ({ id, way, uri }));
}

function withOnly(sdp, uri) {
  return sdp
    .replace(/a=extmap:.*\r\n/g, "")
    .replace(/a=mid:.*\r\n/g, (line) => `${line}a=extmap:1 ${uri}\r\n`);
}

/** A number that browsers do not use. */
function withAlso(sdp, uri) {
  return sdp.replace(/a=mid:.*\r\n/g, (line) => `${line}a=extmap:9 ${uri}\r\n`);
}

/** The description with one candidate, a port of the relay. */
function through({ type, sdp }, address, port) {
  const candidate = `a=candidate:1 1 udp 2130706431 ${address} ${port} typ host\r\n`;
  const bare = sdp.replace(/a=(candidate:.*|end-of-candidates)\r\n/g, "");
  return { type, sdp: bare.replace(/a=mid:.*\r\n/g, (line) => line + candidate) };
}

async function sent(pc) {
  const outbound = [...(await pc.getStats()).values()].filter(
    ({ type }) => type === "outbound-rtp",
  );
  return ["audio", "video"].map(
    (kind) => outbound.find((one) => one.kind === kind)?.packetsSent ?? 0,
  );
}

globalThis.ready = true;
