/** The page: starts this tab's device, shows the form, and lets people in and out of the room. */
import { followControls } from "./controls.js";
import { freeDevice, nameOf } from "./device.js";
import { $ } from "./dom.js";
import { Entrance } from "./entrance.js";
import { followLink, halt, roomOfLink, status } from "./page.js";
import { Side } from "./side.js";
import { Source } from "./source.js";
import { tell } from "./timeline.js";
import { Visit } from "./visit.js";
import { Wire } from "./wire.js";
import { because } from "./words.js";

const HALTS = {
  insecure: "Browsers give keys and cameras to pages from https or localhost only.",
  "too many tabs": "Too many tabs of this demo are open.",
  "unsupported-browser": "This browser lacks what sealing needs. Chrome, Edge and Firefox have it.",
};

const wire = new Wire();
const room = roomOfLink();
followLink();

try {
  if (!isSecureContext) throw new Error("insecure");
  const device = await freeDevice();
  begin(await Side.start(wire.tap, { name: device }), device);
} catch (error) {
  const why = HALTS[error.message] ?? HALTS[error.code];
  halt(why ?? `It did not start (${error.code ?? error.name}).`);
}

/** @param {Side} side @param {string} device its name in this browser */
function begin(side, device) {
  const source = new Source(side.id, wire);
  const entrance = new Entrance(room, nameOf(side.id));
  /** @type {Visit | undefined} */
  let visit;
  let isOlder = false;

  async function out(problem) {
    await visit?.leave().catch(failed);
    visit = undefined;
    $("call").hidden = true;
    status("wait", "Outside of the room");
    entrance.open(problem);
  }

  /** A device without ML-KEM is another device: what it has was decided when it was made. */
  async function change(older) {
    if (older === isOlder) return;
    await side.end();
    const name = older ? `${device}-older` : device;
    side = await Side.start(wire.tap, { name, postQuantum: !older });
    isOlder = older;
  }

  async function enter({ name, way, passphrase, older }) {
    status("wait", way === "passphrase" ? "Making keys of the passphrase" : "Coming in");
    source.sign(name);
    // A refused camera is no problem: a picture is made here. It can be allowed later.
    if (!source.hasCamera) source.useCamera().catch(() => {});
    await change(older);
    visit = await Visit.enter({
      side,
      wire,
      source,
      room: room.name,
      way,
      passphrase,
      name,
      failed,
    });
    visit.addEventListener("full", () => out("Six others are in this room already."));
    $("call").hidden = false;
  }

  entrance.addEventListener("join", ({ detail }) =>
    enter(detail).catch((error) => out(`You could not get in: ${because(error)}.`)),
  );
  followControls(source, {
    failed,
    leave: () => {
      tell("You left.");
      out();
    },
  });
  status("wait", "Outside of the room");
  entrance.begin();
}

function failed(error) {
  tell(`That did not work: ${because(error)}.`, "bad");
}
