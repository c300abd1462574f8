/** Eight ways to break the call: what each does, what should happen, and how to see whether it did. */
import { count } from "./dom.js";

/**
 * @typedef {object} Now what is known at one moment
 * @property {number} opened frames opened here, of all
 * @property {number} refused frames refused here, of all
 * @property {number} theirRefused frames of ours that the others refused, by their own reports
 * @property {number} theirPlain frames of ours that reached others unsealed, by their own reports
 * @property {Record<string, { pictures: number, picturesRefused: number, theirRefused: number }>} of
 *   the same for each other member
 * @property {string} key the id of the key that we seal with, as seen on the wire
 * @property {number} lost frames taken away here on purpose
 * @property {number} restarts how often the worker was replaced
 * @property {number} openedSince frames opened here since it was last replaced
 * @property {number} heardSince frames of ours that the others opened since then, by their reports
 */

/** This many frames are enough to see what becomes of all. */
const ENOUGH = 5;

/**
 * `undo` is missing if there is nothing to undo. `outcome` gets what is known now and what was known
 * when it began, and returns what is seen and whether it is what should happen: undefined as long as
 * it is too early to tell.
 * @type {Record<string, object>}
 */
export const EXPERIMENTS = {
  rotate: {
    name: "Change your key",
    words: "Not with a passphrase: the key stays what the words make of it.",
    about: "You seal with a new random key from now on.",
    expect: "The others get the key first, so they lose no frame.",
    outcome: (now, before) => ({
      text:
        now.key === before.key
          ? `Key ${before.key}: the new one is on its way.`
          : `Key ${before.key} became ${now.key}. The others refused ${since(now, before, "theirRefused")} frames.`,
      holds: now.key === before.key ? undefined : now.theirRefused === before.theirRefused,
    }),
  },
  remove: {
    name: "Remove a member",
    words:
      "Not with a passphrase: a member cannot be made to forget it. Make a new room with new words.",
    undo: "Let them in again",
    about:
      "The chosen member leaves everybody’s list. Their connection stays, as on a hostile server.",
    expect: "All take new keys that they never get. They can open nothing more.",
    outcome: (now, before, { id, name }) => {
      const refused = of(now, id).theirRefused - of(before, id).theirRefused;
      return {
        text: `${name} could not open ${count(refused)} of your frames.`,
        holds: refused >= ENOUGH || undefined,
      };
    },
  },
  wrong: {
    name: "Use a wrong key",
    undo: "Use the right key",
    about: "You seal and open with keys that nobody gave out.",
    expect: "Nothing opens on either side, and nothing is shown.",
    outcome: (now, before) => {
      const opened = now.opened - before.opened;
      const enough =
        now.refused - before.refused >= ENOUGH && now.theirRefused - before.theirRefused >= ENOUGH;
      return {
        text: `Refused: ${since(now, before, "refused")} frames here, ${since(now, before, "theirRefused")} at the others. Opened here: ${opened}.`,
        holds: opened > 0 ? false : enough || undefined,
      };
    },
  },
  flip: {
    name: "Flip one bit",
    undo: "Stop flipping",
    about: "One bit of every frame that arrives here is changed.",
    expect: "Every such frame is refused. None is shown.",
    outcome: (now, before) => refusesAll(now, before),
  },
  lose: {
    name: "Lose 20 %",
    undo: "Stop losing",
    about: "Every fifth frame that arrives here, at random, is thrown away.",
    expect: "All others still open: none needs the one before. The picture may stutter.",
    outcome: (now, before) => {
      const [lost, opened, refused] = ["lost", "opened", "refused"].map(
        (field) => now[field] - before[field],
      );
      return {
        text: `Thrown away: ${count(lost)}. Opened: ${count(opened)}. Refused: ${count(refused)}.`,
        holds: refused > 0 ? false : (lost >= ENOUGH && opened >= ENOUGH) || undefined,
      };
    },
  },
  replay: {
    name: "Replay a recording",
    about: "Frames of the chosen member are recorded and delivered here a second time.",
    expect: "Each number counts once, so none of them opens again.",
    outcome: (_, __, { replayed }) => ({
      text: replayed
        ? `Delivered again: ${replayed.given}. Opened again: ${replayed.opened}.`
        : "Recording.",
      holds: replayed && (replayed.given >= ENOUGH ? replayed.opened === 0 : false),
    }),
  },
  kill: {
    name: "Kill the worker",
    about: "The program that seals and opens your frames dies.",
    expect: "Nothing leaves unsealed. A new one takes over by itself.",
    outcome: (now, before) => {
      const plain = now.theirPlain - before.theirPlain;
      const restarts = now.restarts - before.restarts;
      const [opened, heard] = restarts > 0 ? [now.openedSince, now.heardSince] : [0, 0];
      const back = opened >= ENOUGH && heard >= ENOUGH;
      return {
        text: `Replaced: ${restarts ? "yes" : "not yet"}. Since then opened: ${count(opened)} here, ${count(heard)} of yours at the others. Unsealed: ${plain}.`,
        holds: plain > 0 ? false : back || undefined,
      };
    },
  },
  swap: {
    name: "Swap two senders",
    undo: "Swap them back",
    about: "The pictures of two members trade places on their way to you, as a server could do it.",
    expect: "Nobody can be shown as somebody else: neither picture opens.",
    needs: 2,
    outcome: (now, before, { swapped }) => {
      const sum = (at, field) => swapped.reduce((all, id) => all + of(at, id)[field], 0);
      const [opened, refused] = ["pictures", "picturesRefused"].map(
        (field) => sum(now, field) - sum(before, field),
      );
      return {
        text: `Pictures of the two: ${count(refused)} refused, ${count(opened)} shown.`,
        holds: opened > 0 ? false : refused >= ENOUGH || undefined,
      };
    },
  },
};

function refusesAll(now, before) {
  const opened = now.opened - before.opened;
  const refused = now.refused - before.refused;
  return {
    text: `Refused: ${count(refused)}. Shown: ${count(opened)}.`,
    holds: opened > 0 ? false : refused >= ENOUGH || undefined,
  };
}

const NOBODY = { pictures: 0, picturesRefused: 0, theirRefused: 0 };

function of(now, id) {
  return now.of[id] ?? NOBODY;
}

function since(now, before, field) {
  return count(now[field] - before[field]);
}
