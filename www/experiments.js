/** The buttons that try to break the call: what each does, in a sentence, and what came of it. */
import { $, count, make, write } from "./dom.js";

/**
 * @typedef {object} Now what is known at one moment
 * @property {number} opened frames opened here
 * @property {number} refused frames refused here
 * @property {number} theirRefused frames of ours that the other side refused, by its own report
 * @property {string} key the id of the key we seal with, as seen on the wire
 */

/** `undo` is missing where there is nothing to undo; `outcome` gets the counts since the button was pressed. */
const EXPERIMENTS = [
  {
    id: "rotate",
    name: "Rotate your key",
    about:
      "You seal with a new random key from the next frame on. The other side gets it first, so no picture is lost.",
    outcome: ({ theirRefused, before, key }) =>
      before === key
        ? `Key ${key}: the new one is on its way.`
        : `Key ${before} became ${key}. Frames refused over there since: ${theirRefused}.`,
  },
  {
    id: "remove",
    name: "Remove the other side",
    undo: "Add them again",
    about:
      "They leave your list of members: you take a new key that they never get, and yours no longer opens theirs.",
    outcome: ({ theirRefused }) => `Over there ${theirRefused} of your frames were refused since.`,
  },
  {
    id: "wrong",
    name: "Use a wrong key",
    undo: "Use the right key",
    about:
      "You seal and open with a key that nobody gave out. Nothing opens on either side, so nothing is shown.",
    outcome: ({ refused, theirRefused }) =>
      `Refused since: ${refused} frames here, ${theirRefused} over there.`,
  },
  {
    id: "flip",
    name: "Flip one bit",
    undo: "Stop flipping",
    about:
      "A single bit of every frame that arrives is changed before the core gets it. Every such frame is dropped.",
    outcome: ({ refused, opened }) =>
      `Since then ${refused} frames were refused and ${opened} shown.`,
  },
];

export class Experiments {
  #cards;

  /**
   * @param {HTMLElement} list
   * @param {{ now(): Promise<Now>, run(id: string, on: boolean): Promise<void> }} call
   */
  constructor(list, call) {
    this.#cards = EXPERIMENTS.map((experiment) => new Card(experiment, call));
    list.append(...this.#cards.map((card) => card.element));
    this.enable(false);
  }

  /** Experiments need somebody at the other side. @param {boolean} on */
  enable(on) {
    $("experiments-wait").hidden = on;
    this.#cards.forEach((card) => card.enable(on));
  }

  /** Brings the outcomes up to date. @param {Now} now */
  show(now) {
    this.#cards.forEach((card) => card.show(now));
  }
}

class Card {
  #experiment;
  #call;
  /** What was known when the button was pressed. @type {Now | undefined} */
  #before;
  #on = false;
  /** How often an outcome was shown that will not change any more. */
  #seen = 0;

  constructor(experiment, call) {
    this.#experiment = experiment;
    this.#call = call;
    const { id, name, about } = experiment;
    this.button = make("button", { type: "button", id: `do-${id}`, textContent: name });
    this.button.setAttribute("aria-describedby", `about-${id}`);
    this.button.onclick = () => this.#press();
    this.outcome = make("output", { id: `outcome-${id}` });
    // Its numbers change every second; what matters is announced by the status line.
    this.outcome.setAttribute("aria-live", "off");
    this.outcome.htmlFor.add(`do-${id}`);
    const sentence = make("p", { id: `about-${id}`, textContent: about });
    this.element = make("li", {}, this.button, sentence, this.outcome);
  }

  enable(on) {
    this.button.disabled = !on;
    if (!on) this.#turn(false);
    if (!on) this.#before = undefined;
    if (!on) write(this.outcome, "");
  }

  show(now) {
    if (!this.#before) return;
    write(this.outcome, this.#experiment.outcome(since(this.#before, now)));
    // What cannot be undone is over once it shows: later losses are not its own.
    if (!this.#experiment.undo && this.#before.key !== now.key && this.#seen++)
      this.#before = undefined;
  }

  async #press() {
    const { id, undo } = this.#experiment;
    const on = !this.#on;
    this.button.disabled = true;
    this.#seen = 0;
    const { key } = await this.#call.now();
    if (undo) this.#turn(on);
    await this.#call.run(id, on);
    this.#before = on ? { ...(await this.#call.now()), key } : undefined;
    if (!on) write(this.outcome, "Undone.");
    this.button.disabled = false;
  }

  /** The button then names what it will do next, so it carries no pressed state of its own. */
  #turn(on) {
    const { name, undo } = this.#experiment;
    this.#on = on;
    this.element.classList.toggle("on", on);
    write(this.button, on ? undo : name);
  }
}

/** @param {Now} before @param {Now} now */
function since(before, now) {
  const names = ["opened", "refused", "theirRefused"];
  const counts = names.map((name) => [name, count(now[name] - before[name])]);
  return { ...Object.fromEntries(counts), before: before.key, key: now.key };
}
