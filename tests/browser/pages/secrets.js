// Secrets that could leave the worker or stay in the page: scenarios for secrets.test.mjs.
import { camera, microphone, render } from "/harness/page/media.js";
import { sleep } from "/harness/sleep.js";
import { Sealframe } from "/dist/index.js";
import { reporter } from "/dist/report.js";
import { thrown } from "./thrown.js";
import { bytes, said, workers } from "./traffic.js";

globalThis.scenarios = {
  /**
   * Small views of one large buffer.
   * @returns what was sent of it, and what became of the buffer
   */
  async views() {
    const large = bytes(16 << 20);
    const view = (content) => {
      const at = large.subarray(4096, 4096 + content.length);
      at.set(content);
      return at;
    };
    const other = await Sealframe.start({ name: "views other" });
    const since = said.length;
    const sealframe = await Sealframe.start({ name: "views" });
    const posted = watch(workers.at(-1));
    const call = await sealframe.join("room");
    const keyed = await sealframe.join("keyed", {
      as: "me",
      keys: { me: view(bytes(32)), you: view(bytes(32)) },
    });
    const you = await sealframe.join("keyed", {
      as: "you",
      keys: { me: bytes(32), you: bytes(32) },
    });
    const stated = view(other.bundle.bytes);
    await call.setMembers([{ name: "other", devices: [stated] }]);
    stated.fill(0); // another worker must get the roster as it was set
    await call.receive(view(bytes(10)));
    await sealframe.safetyNumber(view(other.bundle.bytes));
    const sealed = await keyed.sealData(view(bytes(10)));
    const opened = await you.openData(view(sealed), "me");
    await keyed.setKeys({ me: view(bytes(32, 8)) });
    const restored = await thrown(() =>
      Sealframe.start({ name: "views third", restore: { file: view(bytes(200)), password: "x" } }),
    );
    const again = new Promise((done) => call.addEventListener("restarted", done, { once: true }));
    const before = said.length;
    workers.find((worker) => worker.onmessage && worker.watched).onerror(new Event("error"));
    await again;
    const roster = said.slice(before).find(({ data }) => data.type === "members");
    const buffers = said
      .slice(since)
      .flatMap(({ data }) => views(data))
      .map(({ byteLength, buffer }) => [byteLength, buffer.byteLength]);
    const result = {
      ...{
        count: buffers.length,
        around: buffers.filter(([own, all]) => own !== all),
        opened: [...opened],
        restored,
      },
      ...{
        kept: posted
          .filter(({ type }) => ["keys", "sealData", "openData"].includes(type))
          .map(({ type, left }) => [type, left()]),
      },
      ...{
        large: large.byteLength,
        roster: roster && [...roster.data.bundles[0]].join() === [...other.bundle.bytes].join(),
      },
    };
    await Promise.all([sealframe, other].map((one) => one.logOut()));
    return result;
  },

  /**
   * A whole call with a known key, new keys and refusals.
   * @returns where the key was found in what crossed
   */
  async secrets(secret) {
    const key = Uint8Array.from(secret);
    const sealframe = await Sealframe.start({ device: false });
    const options = (as) => ({ as, keys: { near: key.slice(), far: key.slice() } });
    const [near, far] = [
      await sealframe.join("secrets", options("near")),
      await sealframe.join("secrets", options("far")),
    ];
    const heard = [];
    const [, report] = [near, far].map((call) => reporter(call));
    for (const call of [near, far]) {
      for (const type of ["state", "error", "message", "restarted"])
        call.addEventListener(type, (event) => heard.push(fields(event)));
    }
    const [a, b] = [
      new RTCPeerConnection(near.configuration()),
      new RTCPeerConnection(far.configuration()),
    ];
    a.onicecandidate = ({ candidate }) => b.addIceCandidate(candidate);
    b.onicecandidate = ({ candidate }) => a.addIceCandidate(candidate);
    let screen;
    b.ontrack = ({ receiver, track }) => {
      far.open(receiver, { from: "near" });
      const shown = render(track, 500);
      if (track.kind === "video") screen = shown;
    };
    const tracks = [microphone(500), camera()];
    for (const track of tracks) near.seal(a.addTrack(track));
    await a.setLocalDescription();
    await b.setRemoteDescription(a.localDescription);
    await b.setLocalDescription();
    await a.setRemoteDescription(b.localDescription);
    for (let i = 0; i < 800 && !screen?.ok(); i++) await sleep(50);
    const picture = screen?.ok();
    const errors = [];
    const note = (error) => errors.push({ text: String(error), stack: error.stack, ...error });
    await far.setKeys({ near: key.slice(0, 15), far: key }).catch(note);
    await far.setKeys({ near: key.map((byte) => byte ^ 1), far: key.slice() }).catch(note);
    await far.receive(key).catch(note);
    await far.setMembers([key]).catch(note);
    await sleep(600);
    const stats = [await near.stats(), await far.stats()];
    const reported = await report();
    a.close();
    b.close();
    tracks.forEach((track) => track.stop());
    await sealframe.close();
    const places = { said: said.filter(keyless), heard, errors, stats, reported };
    const findings = search(key, places);
    return {
      picture,
      reported,
      findings,
      control: search(key, { said }).length > 0,
      count: said.length + heard.length,
    };
  },
};

/** Whether a message may not contain keys. Only those that carry keys from the application may. */
function keyless({ by, data }) {
  return !(by === "page" && ["keys", "members", "receive"].includes(data?.type));
}

/** Every array of bytes in a message. */
function views(value) {
  if (ArrayBuffer.isView(value)) return [value];
  return Object(value) === value ? Object.values(value).flatMap(views) : [];
}

/**
 * Records the messages to a worker. `left()` counts the bytes of a message that the page still has.
 */
function watch(worker) {
  const posted = [];
  const post = worker.postMessage;
  worker.watched = true;
  worker.postMessage = (data, transfer) => {
    post.call(worker, data, transfer);
    posted.push({
      type: data.type,
      left: () => views(data).reduce((sum, { byteLength }) => sum + byteLength, 0),
    });
  };
  return posted;
}

function fields(event) {
  return Object.fromEntries(Object.keys(event).map((name) => [name, event[name]]));
}

/** The places that contain the secret: raw, in hex, in base64, or as numbers. */
function search(secret, places) {
  const hex = Array.from(secret, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const base64 = [0, 1, 2].map((skip) =>
    btoa(String.fromCharCode(...secret.subarray(skip, skip + 24))),
  );
  const needles = [
    hex.slice(0, 32),
    ...base64,
    secret.subarray(0, 16).join(),
    String.fromCharCode(...secret.subarray(0, 16)),
  ];
  const found = [];
  for (const [place, things] of Object.entries(places)) {
    const text = flatten(things);
    needles.forEach((needle, i) =>
      text.toLowerCase().includes(needle.toLowerCase()) ? found.push(`${place}: needle ${i}`) : 0,
    );
  }
  return found;
}

function flatten(value) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer).join();
  if (value instanceof ArrayBuffer) return new Uint8Array(value).join();
  if (value !== null && typeof value === "object") {
    return Reflect.ownKeys(value)
      .map((name) => `${String(name)} ${flatten(value[name])}`)
      .join("\n");
  }
  return String(value);
}

globalThis.ready = true;
