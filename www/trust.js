/**
 * Who was compared with whom: a number for each pair of devices, marked by hand and remembered by
 * this browser for this device.
 */
import { $, grouped, make, write } from "./dom.js";
import { tell } from "./timeline.js";

const MARKS = {
  none: { text: "Not compared", ask: "Compare", tone: "wait" },
  same: { text: "Compared: the same", ask: "Look again", tone: "good" },
  other: { text: "The numbers differ", ask: "Look again", tone: "bad" },
};

/** Events: "marked" (`detail`: a device). */
export class Trust extends EventTarget {
  #side;
  #memory;
  /** Who is here. @type {Map<string, { name: string, number: string, item: HTMLElement }>} */
  #people = new Map();
  #open = "";

  /** @param {import("./side.js").Side} side @param {string} way how members get their keys */
  constructor(side, way) {
    super();
    this.#side = side;
    this.#memory = new Memory(side.id);
    $("trust").replaceChildren();
    // A number for two devices says nothing of keys that come from a passphrase.
    $("trust").hidden = way === "passphrase";
    $("trust-words").hidden = way !== "passphrase";
    $("my-id").textContent = grouped(side.id);
    $("compare-same").onclick = () => this.#mark("same");
    $("compare-other").onclick = () => this.#mark("other");
    $("compare-later").onclick = () => $("compare").close();
  }

  /** @param {import("./person.js").Person} person */
  async add(person) {
    const { id, name } = person;
    this.drop(id);
    const button = make("button", { type: "button" });
    const item = make(
      "li",
      {},
      make("b", { textContent: name }),
      make("code", { textContent: grouped(id) }),
      make("span", { className: "mark" }),
      button,
    );
    item.dataset.device = id;
    button.onclick = () => this.compare(id);
    this.#people.set(id, { name, item, number: "" });
    $("trust").append(item);
    this.#show(id);
    const number = await this.#side.safetyNumber(person);
    const known = this.#people.get(id);
    if (known) known.number = number;
    if (known) this.#show(id);
  }

  drop(id) {
    this.#people.get(id)?.item.remove();
    this.#people.delete(id);
    $("trust-empty").hidden = this.#people.size > 0;
    if (this.#open === id) $("compare").close();
  }

  /** @param {string} id @returns {"none" | "same" | "other"} */
  markOf(id) {
    const { number = "" } = this.#people.get(id) ?? {};
    return this.#memory.markOf(id, number);
  }

  /** Opens the dialog that shows the number for this device and ours. @param {string} id */
  compare(id) {
    const { name, number } = this.#people.get(id);
    this.#open = id;
    write($("compare-title"), `Compare a number with ${name}`);
    write(
      $("compare-how"),
      `${name} opens the same dialog for you. One of you reads the number aloud. The other follows on the own screen.`,
    );
    const groups = number.split(" ").map((digits) => make("span", { textContent: digits }));
    $("compare-number").replaceChildren(...groups.flatMap((group) => [group, " "]));
    $("compare").showModal();
  }

  #mark(mark) {
    const { name, number } = this.#people.get(this.#open);
    this.#memory.set(this.#open, number, mark);
    $("compare").close();
    this.#show(this.#open);
    const words = { same: "the numbers are the same", other: "the numbers differ" };
    const tone = mark === "same" ? "good" : "bad";
    tell(`You compared with ${name}: ${words[mark]}.`, tone);
    this.dispatchEvent(new CustomEvent("marked", { detail: this.#open }));
  }

  #show(id) {
    const { item, name } = this.#people.get(id);
    const { text, ask, tone } = MARKS[this.markOf(id)];
    $("trust-empty").hidden = true;
    item.dataset.tone = tone;
    write(item.querySelector(".mark"), text);
    const button = item.querySelector("button");
    write(button, ask);
    button.setAttribute("aria-label", `${ask} with ${name}`);
  }
}

/** What was marked, in this browser. */
class Memory {
  #key;
  #marks;

  constructor(device) {
    this.#key = `sealframe-demo/marks/${device}`;
    this.#marks = JSON.parse(localStorage.getItem(this.#key) ?? "{}");
  }

  /** A mark counts for the number that it was made for, and for no other. */
  markOf(id, number) {
    const known = this.#marks[id];
    return known && known.number === number ? known.mark : "none";
  }

  set(id, number, mark) {
    this.#marks[id] = { number, mark };
    localStorage.setItem(this.#key, JSON.stringify(this.#marks));
  }
}
