/** The page: who is here, what is shown, what the buttons do. */
import { Tap } from "/harness/page/tap.js";
import { Chart } from "./chart.js";
import { refused, showCounters } from "./counters.js";
import { $ } from "./dom.js";
import { Experiments } from "./experiments.js";
import { Observer } from "./observer.js";
import { invite, roomName, showId, status, tell, theirPicture, toggle } from "./page.js";
import { Source } from "./picture.js";
import { Side } from "./side.js";
import { Room } from "./signaling.js";
import { reason, sentence } from "./words.js";

/** Milliseconds between two looks at the counters. */
const SECOND = 1000;

const tap = new Tap(undefined, { show: "yes" });
const observer = new Observer(tap);
const chart = new Chart();
tap.addEventListener("times", ({ detail }) => chart.add(detail));
const name = roomName();
invite();

/** What the counters said last, and what the other side reports of our frames. */
const counted = { opened: 0, pictures: 0, refused: 0, theirRefused: 0, reported: 0 };
/** Whether somebody is here, and whether a picture of theirs was ever shown. */
let present = false;
let shown = false;

try {
  if (!isSecureContext) throw new Error("insecure");
  begin(await Side.start(name, tap));
} catch (error) {
  cannotStart(error);
}

/** @param {Side} side */
function begin(side) {
  const room = new Room(name, side.hello);
  const source = new Source(side.id, tap, (track) => side.replace(track));
  const experiments = new Experiments($("experiments"), {
    now: async () => (await count(side), { ...counted, key: observer.ownKey }),
    run: (id, on) => run(side, id, on).catch(failed),
  });
  showId($("my-id"), side.id);
  tell("Your device is ready. Its private keys cannot leave this browser.");
  status("wait", "Waiting for the other side");
  theirPicture("none", "Nobody else is here yet.");
  followRoom(room, side, source, experiments);
  followSide(side, room);
  setInterval(() => look(side, room, experiments), SECOND);
  toggle($("sound"), (on) => ($("their-picture").muted = !on));
}

function followRoom(room, side, source, experiments) {
  room.addEventListener("peer", ({ detail }) => {
    present = true;
    theirPicture("none", "They are here. Connecting.");
    $("other").hidden = true;
    observer.forget();
    showId($("their-id"), detail.id);
    tell("Somebody came. Your key goes to their device, sealed for it.");
    experiments.enable(true);
    side.meet(detail, { tracks: source.tracks, first: room.first }).catch(failed);
  });
  room.addEventListener("left", () => {
    present = shown = false;
    $("other").hidden = false;
    side.leave().catch(failed);
    side.flip(false);
    showId($("their-id"), "");
    tell("The other side left.");
    status("wait", "Waiting for the other side");
    theirPicture("none", "The other side left.");
    experiments.enable(false);
  });
  room.addEventListener("signal", ({ detail }) => side.signal(detail.signal));
  room.addEventListener("key", ({ detail }) => side.receive(detail.text));
  room.addEventListener("report", ({ detail }) => (counted.theirRefused = detail.refused));
  room.addEventListener("full", () => status("bad", "Two others are in this room already"));
  room.addEventListener("lost", () => tell("The server is gone: no more signaling.", "bad"));
}

function followSide(side, room) {
  side.addEventListener("send", ({ detail }) => room.send(detail));
  side.addEventListener("picture", ({ detail }) => ($("their-picture").srcObject = detail));
  side.addEventListener("state", ({ detail }) => {
    tell(sentence(detail), detail.state === "sealed" ? "good" : "bad");
  });
  side.addEventListener("error", ({ detail }) =>
    tell(`A key message was refused: ${reason(detail.code)}.`, "bad"),
  );
  side.addEventListener("restarted", () =>
    tell("The core was started again and makes new keys.", "bad"),
  );
  side.addEventListener("connection", ({ detail }) => {
    if (detail === "failed") tell("The browsers found no way to each other, or lost it.", "bad");
  });
  observer.addEventListener("key", ({ detail }) =>
    tell(`The other side seals with key ${detail} now.`),
  );
}

/** @param {Side} side @param {string} id which experiment @param {boolean} on */
async function run(side, id, on) {
  if (id === "rotate") return side.rotate();
  if (id === "remove") return on ? side.removeMember() : side.addMember();
  if (id === "wrong") return on ? side.useWrongKey() : side.useRightKey();
  side.flip(on);
}

function failed(error) {
  tell(`That did not work: ${reason(error.code ?? error.name)}.`, "bad");
}

/** Once a second: counters, and whether the picture still moves. */
async function look(side, room, experiments) {
  const before = { ...counted };
  const streams = await count(side);
  showCounters(streams);
  room.send({ type: "report", refused: counted.refused });
  experiments.show({ ...counted, key: observer.ownKey });
  const picture = streams.find(({ direction, kind }) => direction === "open" && kind === "video");
  if (present) judge(before, picture?.code);
}

/** Says in one line how the call goes. @param {typeof counted} before a second ago @param {string} [code] */
function judge(before, code) {
  const moves = counted.pictures > before.pictures;
  const refuses = counted.refused > before.refused;
  const unheard = counted.theirRefused > counted.reported;
  counted.reported = counted.theirRefused;
  shown ||= moves;
  if (moves) theirPicture("live");
  else if (shown)
    theirPicture("held", refuses ? `No frame is genuine: ${reason(code)}.` : "No frame arrives.");
  if (!shown) status("wait", "Connecting");
  else if (!moves)
    status("bad", refuses ? "Their frames do not open here" : "Nothing comes from them");
  else if (unheard) status("bad", "Your frames do not open there");
  else status("good", "Every frame sealed, both ways");
}

/** Brings `counted` up to date. */
async function count(side) {
  const streams = await side.stats().catch(() => []);
  const incoming = streams.filter(({ direction }) => direction === "open");
  counted.opened = incoming.reduce((sum, { frames }) => sum + frames, 0);
  counted.pictures = incoming.find(({ kind }) => kind === "video")?.frames ?? 0;
  counted.refused = refused(incoming);
  return streams;
}

/** @param {Error & { code?: string }} error */
function cannotStart(error) {
  const why = {
    insecure: "Browsers give keys and cameras to pages from https or localhost only.",
    "too many tabs": "Too many tabs of this demo are open.",
    "unsupported-browser": "This browser has no encoded transform.",
  };
  const text =
    why[error.message] ?? why[error.code] ?? `It did not start (${error.code ?? error.name}).`;
  status("bad", "Cannot start");
  theirPicture("none", text);
  $("other").hidden = true;
  tell(text, "bad");
}
