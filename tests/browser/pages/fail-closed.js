// Protected senders, wired rightly or wrongly: scenarios for fail-closed.test.mjs.
import { Sealframe } from "/dist/index.js";
import { midway, simple } from "./course.js";
import {
  ask,
  connect,
  finish,
  FIREFOX,
  key,
  keyed,
  media,
  near,
  negotiate,
  sleep,
  tap,
  until,
  workers,
} from "./pair.js";

globalThis.scenarios = {
  plaintext: async () => simple({ wire: "never", flag: false, flows: true }),
  "plaintext with the flag": async () => simple({ wire: "never", flag: true }),
  sealed: async () => simple({ wire: "same-task", flows: true }),
  "sealed without the flag": async () => simple({ wire: "same-task", flag: false, flows: true }),
  "sealed a task too late": async () => simple({ wire: "next-task", flag: false, flows: FIREFOX }),
  "sealed a task too late with the flag": async () => simple({ wire: "next-task", flows: true }),
  "sealed once connected with the flag": async () => simple({ wire: "connected", flows: !FIREFOX }),

  "no key yet": async () =>
    simple({ wire: "same-task", drops: true, call: await near.join("matrix", { as: "near" }) }),

  "sealed too late, while sending": () =>
    midway(
      async (pair) => {
        pair.wire();
        return { tracks: pair.senders.map(({ track }) => track !== null) };
      },
      { flag: false, wire: "never" },
    ),

  "bad option, exception swallowed": async () => {
    const call = await keyed();
    return simple({
      wire: "same-task",
      flag: false,
      call,
      seal: (sender) => call.seal(sender, { track: 5 }),
    });
  },

  "call closed before": async () => {
    const call = await keyed();
    await call.close();
    return simple({ wire: "same-task", flag: false, call });
  },

  /** Another worker takes over, and the application does not set keys again. */
  "worker terminated": async () => {
    const own = await Sealframe.start({ device: false });
    const worker = workers.at(-1);
    const call = await keyed(own);
    const result = await midway(async () => (worker.terminate(), {}), { call });
    await own.close();
    return result;
  },

  "transform removed": () =>
    midway(
      async (pair) => {
        const attempts = pair.senders.map((sender) => {
          try {
            sender.transform = null;
          } catch (error) {
            return error.code;
          }
        });
        return {
          attempts,
          held: pair.senders.every(({ transform }) => transform instanceof RTCRtpScriptTransform),
        };
      },
      { flows: true },
    ),

  /** Tones by a DTMF sender that the page got before seal(), and by one that it gets later. */
  tones: async () => {
    let held;
    const call = await keyed();
    const seal = (sender) => ((held ??= sender.dtmf), call.seal(sender));
    return midway(
      async (pair) => {
        const attempts = [held, pair.senders[0].dtmf].map((dtmf) => {
          try {
            dtmf.insertDTMF("123");
          } catch (error) {
            return error.code;
          }
        });
        return { attempts };
      },
      { call, seal, flows: true },
    );
  },

  "track replaced": () =>
    midway(
      async (pair) => {
        for (const sender of pair.senders)
          await sender.replaceTrack(media.find(({ kind }) => kind === sender.track.kind).clone());
        return {};
      },
      { flows: true },
    ),

  "directions and codecs change": () =>
    midway(
      async (pair) => {
        await change(pair);
        return { meanwhile: await ask("census") };
      },
      { flows: true },
    ),

  "directions and codecs change after the call": () =>
    midway(async (pair, call) => {
      await call.close();
      await sleep(400); // frames are still on their way
      tap.tell("reset");
      await change(pair);
      return { meanwhile: await ask("census") };
    }),

  "call closed in mid-call": () => midway(async (_pair, call) => (await call.close(), {})),

  "another call wants the sender": () =>
    midway(
      async (pair) => {
        const other = await keyed();
        const errors = pair.senders.map((sender) => {
          try {
            other.seal(sender);
          } catch (error) {
            return error.code;
          }
        });
        await other.close();
        return { errors };
      },
      { flows: true },
    ),

  "next call takes the sender": () =>
    midway(
      async (pair, call) => {
        await call.close();
        const next = await keyed();
        pair.senders.forEach((sender) => next.seal(sender));
        return {};
      },
      { flows: true },
    ),

  /** Five workers of a call die within ten seconds, and the page does not close the call. */
  "next call after a worker that failed": async () => {
    const own = await Sealframe.start({ device: false });
    const call = await keyed(own);
    const codes = [];
    for (const type of ["restarted", "error"])
      call.addEventListener(type, ({ code }) => codes.push(code));
    const result = await midway(
      async (pair) => {
        for (let i = 1; !codes.includes("worker-failed") && i < 9; i++) {
          workers.at(-1).terminate();
          workers.at(-1).onerror(new Event("error"));
          await until(() => codes.length >= i);
        }
        const failed = codes.at(-1);
        const next = await keyed();
        pair.senders.forEach((sender) => next.seal(sender));
        return { failed, next };
      },
      { call, leave: true, flows: true },
    );
    await result.next.close();
    await own.close();
    return { ...result, next: undefined };
  },

  "new keys in mid-call": () =>
    midway(
      async (_pair, call) => {
        for (let i = 0; i < 5; i++) {
          await call.setKeys({ near: key(10 + i), far: key(2) });
          await sleep(60);
        }
        return {};
      },
      { flows: true },
    ),

  "unknown codec": async () => {
    const own = await Sealframe.start({
      workerUrl: "/harness/page/tap-worker.js?tap=unused&mime=video/unheard-of",
      device: false,
    });
    const result = await simple({ wire: "same-task", drops: true, call: await keyed(own) });
    await own.close();
    return result;
  },

  "frames that throw": async () => {
    const own = await Sealframe.start({
      workerUrl: "/harness/page/tap-worker.js?tap=unused&mime=throw",
      device: false,
    });
    const result = await simple({ wire: "same-task", drops: true, call: await keyed(own) });
    await own.close();
    return result;
  },

  /** Frames that report no codec, on both sides. */
  "codec of the application": async () => {
    const workerUrl = "/harness/page/tap-worker.js?tap=unused&mime=";
    const own = [
      await Sealframe.start({ workerUrl, device: false }),
      await Sealframe.start({ workerUrl, device: false }),
    ];
    const [call, other] = [
      await keyed(own[0]),
      await own[1].join("matrix", { as: "far", keys: { near: key(1), far: key(2) } }),
    ];
    const codec = (target) => ({
      codec: target.track.kind === "audio" ? "audio/opus" : "video/VP8",
    });
    const seal = (sender) => call.seal(sender, codec(sender));
    const watch = {
      open: (receiver, options) => other.open(receiver, { ...options, ...codec(receiver) }),
    };
    const pair = await connect({ wire: "same-task", call, seal, watch });
    await until(() => pair.video?.ok() && pair.audio?.ok());
    const result = { picture: pair.video.ok(), tone: pair.audio.ok(), errors: pair.errors };
    await finish(pair, call);
    result.without = await simple({ wire: "same-task", drops: true, call: await keyed(own[0]) });
    for (const one of own) await one.close();
    return result;
  },
};

/** Negotiates every direction, which gives senders other SSRCs, then changes codecs without that. */
async function change(pair) {
  for (const direction of ["inactive", "sendonly", "recvonly", "sendrecv"]) {
    for (const transceiver of pair.a.getTransceivers()) transceiver.direction = direction;
    await negotiate(pair);
    await sleep(200);
  }
  const [audio, video] = pair.senders;
  await encode(audio, "audio/G722");
  await encode(video, "video/VP9");
  await sleep(400);
  await encode(audio, "audio/opus");
  await encode(video, "video/VP8");
}

/** Tries again, because Chromium refuses a change during a request for a key frame. */
async function encode(sender, mime, tries = 5) {
  const parameters = sender.getParameters();
  parameters.encodings[0].codec = parameters.codecs.find(({ mimeType }) => mimeType === mime);
  await sender
    .setParameters(parameters)
    .catch((error) => (tries > 0 ? encode(sender, mime, tries - 1) : Promise.reject(error)));
}

globalThis.ready = true;
