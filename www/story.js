/** Turns what happens in the room and in the call into lines of the timeline. */
import { tell } from "./timeline.js";
import { because, reason, sentence } from "./words.js";

const LINKS = {
  connected: ["connected.", ""],
  disconnected: ["the connection is interrupted.", "bad"],
  failed: ["the connection is lost. Trying another way.", "bad"],
};

/**
 * @param {{ side: import("./side.js").Side, room: import("./room.js").Room, wire: import("./wire.js").Wire, nameOf(id: string): string | undefined, signal: AbortSignal }} parts
 */
export function follow(parts) {
  followRoom(parts);
  followSide(parts);
  followNetwork(parts);
}

function followRoom({ room, signal }) {
  const on = (type, act) => room.addEventListener(type, ({ detail }) => act(detail), { signal });
  on("entered", ({ others }) =>
    tell(others ? `You are in the room, with ${others} more.` : "You are in the room, the first."),
  );
  on("came", ({ person: { name }, again, first }) => {
    if (first)
      tell(
        `${name} ${again ? "came back" : "came"}. Your key goes to their device, sealed for it.`,
      );
    else tell(`${name} is here. Your key goes to their device, sealed for it.`);
  });
  on("left", ({ person }) => tell(`${person.name} left. You take a new key.`));
  on("removed", ({ person, by }) =>
    tell(`${by} removed ${person.name}. All others take new keys.`, "warn"),
  );
  on("restored", ({ person, by }) => tell(`${by} let ${person.name} in again.`));
  on("expelled", ({ by }) =>
    tell(`${by} removed you. The others take keys that you do not get.`, "bad"),
  );
  on("readmitted", ({ by }) => tell(`${by} let you in again.`, "good"));
  on("lost", () => tell("The server is gone. The call goes on without it. Trying again.", "bad"));
  on("failed", (error) => tell(`That did not work: ${because(error)}.`, "bad"));
  on("link", ({ person, state }) => {
    const [text, tone] = LINKS[state] ?? [];
    if (text) tell(`${person.name}: ${text}`, tone);
  });
}

function followSide({ side, wire, nameOf, signal }) {
  const on = (type, act) => side.addEventListener(type, ({ detail }) => act(detail), { signal });
  on("state", (change) => {
    const name = nameOf(change.sender);
    const tone = { sealed: "good", "waiting-for-key": "warn" }[change.state] ?? "bad";
    if (name) tell(sentence(change, name), tone);
  });
  on("error", ({ code, from }) => {
    const who = nameOf(from);
    tell(`A key message${who ? ` of ${who}` : ""} was refused: ${reason(code)}.`, "bad");
  });
  on("restarted", ({ code }) => tell(`Sealing starts again: ${reason(code)}.`, "bad"));
  on("leak-stopped", () => tell("Something left unsealed. That sender was stopped.", "bad"));
  wire.addEventListener(
    "key",
    ({ detail: { sender, key } }) => {
      const name = nameOf(sender);
      if (name) tell(`${name} ${name === "You" ? "seal" : "seals"} with a new key: ${key}.`);
    },
    { signal },
  );
}

function followNetwork({ signal }) {
  addEventListener("offline", () => tell("This device has no network.", "bad"), { signal });
  addEventListener("online", () => tell("The network is back.", "good"), { signal });
}
