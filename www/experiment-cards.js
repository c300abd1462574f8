/** A card for each experiment: its button, what should happen, and what is seen. */
import { $, make, write } from "./dom.js";
import { EXPERIMENTS } from "./experiments.js";

const VERDICTS = {
  true: { text: "As it should be.", tone: "good" },
  false: { text: "This should not happen.", tone: "bad" },
  undefined: { text: "Watching.", tone: "wait" },
};

export class ExperimentCards {
  #cards;

  /**
   * @param {{ lab: import("./lab.js").Lab, target(): object, failed(error: Error): void, refusal(id: string): string, look(): Promise<void> }} use
   *   `refusal`: why an experiment cannot run, or ""; `look` brings what is known up to date
   */
  constructor(use) {
    this.#cards = Object.entries(EXPERIMENTS).map(([id, of]) => new Card(id, of, use));
    $("experiments").replaceChildren(...this.#cards.map((card) => card.element));
  }

  /** Brings the outcomes up to date. @param {import("./experiments.js").Now} now */
  show(now) {
    this.#cards.forEach((card) => card.show(now));
  }

  /** Brings up to date which experiments can run. */
  allow() {
    this.#cards.forEach((card) => card.allow());
  }
}

class Card {
  #id;
  #experiment;
  #use;
  /** What was known when the button was pressed. @type {import("./experiments.js").Now | undefined} */
  #before;
  #context;
  #on = false;
  #busy = false;

  constructor(id, experiment, use) {
    this.#id = id;
    this.#experiment = experiment;
    this.#use = use;
    const { name, about, expect } = experiment;
    this.button = make("button", { type: "button", id: `do-${id}`, textContent: name });
    this.button.setAttribute("aria-describedby", `about-${id} expect-${id}`);
    this.button.onclick = () => this.#press();
    this.outcome = make("output", { id: `outcome-${id}` });
    // Its numbers change every second. The verdict is announced once.
    this.outcome.setAttribute("aria-live", "off");
    this.outcome.htmlFor.add(`do-${id}`);
    this.verdict = make("p", { id: `verdict-${id}`, className: "verdict" });
    this.verdict.setAttribute("role", "status");
    this.refusal = make("p", { className: "refusal", hidden: true });
    this.element = make(
      "li",
      {},
      this.button,
      make("p", { id: `about-${id}`, textContent: about }),
      make("p", { id: `expect-${id}`, className: "expect", textContent: `Expected: ${expect}` }),
      this.refusal,
      this.outcome,
      this.verdict,
    );
  }

  allow() {
    const refusal = this.#on ? "" : this.#use.refusal(this.#id);
    this.button.disabled = refusal !== "";
    this.refusal.hidden = refusal === "";
    write(this.refusal, refusal);
  }

  show(now) {
    if (!this.#before) return;
    const { text, holds } = this.#experiment.outcome(now, this.#before, this.#context);
    write(this.outcome, text);
    this.#judge(holds);
    // It is over once it shows: later losses are not its own.
    if (!this.#experiment.undo && holds !== undefined) this.#before = undefined;
  }

  async #press() {
    // It is not disabled meanwhile: a button that is disabled loses the focus.
    if (this.#busy) return;
    const on = this.#experiment.undo ? !this.#on : true;
    const person = on ? this.#use.target() : this.#context.person;
    this.#busy = true;
    this.#before = undefined;
    this.#judge("over");
    try {
      await this.#use.look();
      const pressed = this.#use.lab.now;
      this.#turn(on && Boolean(this.#experiment.undo));
      // The same object: a replay adds to it when it is over.
      this.#context = Object.assign(await this.#use.lab.run(this.#id, on, person), { person });
      await this.#use.look();
      // A worker may be replaced, and a key may change, before the next look.
      const { key, restarts } = pressed;
      this.#before = on ? { ...this.#use.lab.now, key, restarts } : undefined;
      write(this.outcome, on ? "" : "Undone.");
      this.#judge(on ? undefined : "over");
    } catch (error) {
      this.#turn(false);
      this.#use.failed(error);
    }
    this.#busy = false;
    this.allow();
  }

  #judge(holds) {
    const { text, tone } = VERDICTS[holds] ?? { text: "", tone: "" };
    this.verdict.dataset.tone = tone;
    write(this.verdict, text);
  }

  /** The button then names what it will do next, so it carries no pressed state of its own. */
  #turn(on) {
    const { name, undo } = this.#experiment;
    this.#on = on;
    this.element.classList.toggle("on", on);
    write(this.button, on ? undo : name);
  }
}
