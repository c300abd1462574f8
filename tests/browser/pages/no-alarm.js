// Calls that do not leak, whatever they go through: scenarios for no-alarm.test.mjs.
import { camera, LAYERS, WIDE } from "/harness/page/media.js";
import { Sealframe } from "/dist/index.js";
import { alarms, encodings } from "./alarms.js";
import { ask, connect, finish, key, keyed, negotiate, sleep, tap, workers } from "./pair.js";

globalThis.scenarios = {
  /** Everything that can happen in a call without a leak. */
  async calm(seconds) {
    const own = await Sealframe.start({ device: false });
    const worker = workers.at(-1);
    const call = await keyed(own);
    const heard = alarms(call);
    tap.tell("reset");
    const pair = await connect({ wire: "same-task", call });
    const [audio, video] = pair.senders;
    const tracks = pair.senders.map(({ track }) => track);
    const layers = pair.a.addTransceiver(camera(WIDE), {
      sendEncodings: LAYERS.map(({ rid, scaleResolutionDownBy }) => ({
        rid,
        scaleResolutionDownBy,
      })),
    });
    call.seal(layers.sender, { track: "layers" });
    await negotiate(pair);
    const keys = (near) => call.setKeys({ ...(near && { near: key(near) }), far: key(2) });
    const doings = {
      muted: () => pair.senders.forEach(({ track }) => track && (track.enabled = false)),
      unmuted: () => pair.senders.forEach(({ track }) => track && (track.enabled = true)),
      "no track": () => Promise.all(pair.senders.map((sender) => sender.replaceTrack(null))),
      "tracks again": () =>
        Promise.all(pair.senders.map((sender, i) => sender.replaceTrack(tracks[i]))),
      "one frame a second": () => video.replaceTrack(slides()),
      "camera again": () => video.replaceTrack(tracks[1]),
      rekey: () => keys(7),
      "rekey often": async () => {
        for (let i = 10; i < 16; i++) await keys(i);
      },
      "no key": () => keys(),
      "a key again": () => keys(20),
      inactive: () => encodings(video, false),
      active: () => encodings(video, true),
      "offered again": () => negotiate(pair),
      "no layers": () => layers.sender.replaceTrack(null),
      "page busy": () => {
        for (const end = performance.now() + 1500; performance.now() < end; );
      },
      "page busy, then muted": () => (doings["page busy"](), doings.muted()),
      "unmuted again": () => doings.unmuted(),
      "another worker": () => {
        const again = new Promise((done) =>
          call.addEventListener("restarted", done, { once: true }),
        );
        worker.terminate();
        return again;
      },
      "its key": () => keys(21),
    };
    const done = [];
    for (const [what, act] of Object.entries(doings)) {
      await act();
      await sleep((seconds * 1000) / Object.keys(doings).length);
      done.push([
        what,
        audio.track?.readyState,
        heard.filter(({ type }) => type === "leak-stopped").length,
      ]);
    }
    const census = await ask("census");
    const result = {
      done,
      census,
      alarms: heard.filter(({ type }) => type === "leak-stopped"),
      streams: (await call.stats()).streams,
    };
    layers.sender.track?.stop();
    await finish(pair, call);
    await own.close();
    return result;
  },

  /** Begins calls, each with a few seconds of sound and pictures. */
  async starts(count) {
    const result = { alarms: 0, plaintext: 0, sealed: [] };
    for (let i = 0; i < count; i++) {
      const call = await keyed();
      const heard = alarms(call);
      tap.tell("reset");
      const pair = await connect({ wire: "same-task", call });
      await sleep(2500);
      const { plaintext, sealed } = await ask("census");
      result.alarms += heard.filter(({ type }) => type === "leak-stopped").length;
      result.plaintext += plaintext;
      result.sealed.push(sealed);
      await finish(pair, call);
    }
    return result;
  },

  /** Milliseconds that the watchdog takes to look at one sender. */
  async cost() {
    const call = await keyed();
    const pair = await connect({ wire: "same-task", call });
    const times = [];
    for (let i = 0; i < 20; i++) {
      await sleep(100);
      const start = performance.now();
      await pair.senders[1].getStats();
      times.push(performance.now() - start);
    }
    await finish(pair, call);
    return times.sort((a, b) => a - b)[10];
  },
};

/** A screen that shows another slide every second. */
function slides() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
  const context = canvas.getContext("2d");
  const track = canvas.captureStream().getVideoTracks()[0];
  let n = 0;
  const timer = setInterval(() => {
    context.fillStyle = `hsl(${n++ * 50} 80% 50%)`;
    context.fillRect(0, 0, 640, 360);
    if (n > 20) clearInterval(timer);
  }, 1000);
  return track;
}

globalThis.ready = true;
