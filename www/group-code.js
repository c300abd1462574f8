/** In a room with a group: the code of the group, and whether all were found to have it. */
import { $, make, write } from "./dom.js";
import { tell } from "./timeline.js";
import { listed } from "./words.js";

export class GroupCode {
  #nameOf;
  /** The group of now. @type {{ epoch: bigint | number, code: string, members: string[] } | undefined} */
  #now;
  /** The group in which all had the same code, and when that was found. */
  #compared = { code: "", members: [], time: "" };

  /** @param {import("./side.js").Side} side @param {(id: string) => string | undefined} nameOf @param {AbortSignal} signal */
  constructor(side, nameOf, signal) {
    this.#nameOf = nameOf;
    $("group").hidden = true;
    $("group-same").onclick = () => this.#mark();
    side.addEventListener("epoch", ({ detail }) => this.#change(detail), { signal });
  }

  #change({ epoch, code, members }) {
    this.#now = { epoch, code, members };
    tell(`New keys for all ${members.length} in the group (epoch ${epoch}). Its code has changed.`);
    this.#show();
  }

  #mark() {
    const time = new Date().toLocaleTimeString("en-GB", { timeStyle: "short" });
    this.#compared = { ...this.#now, time };
    tell("All have the same code: the group is who you think it is.", "good");
    this.#show();
  }

  #show() {
    const { code } = this.#now;
    $("group").hidden = false;
    const groups = code.split(" ").map((digits) => make("span", { textContent: digits }));
    $("group-code").replaceChildren(...groups.flatMap((group) => [group, " "]));
    const { text, tone } = this.#judge();
    $("group").dataset.tone = tone;
    write($("group-mark"), text);
    $("group-same").disabled = tone === "good";
  }

  /** A group changes by its own members only, so what was compared holds until somebody comes. */
  #judge() {
    const { time, code, members } = this.#compared;
    if (!time) return { text: "Not compared", tone: "wait" };
    if (code === this.#now.code) return { text: `Compared at ${time}: the same`, tone: "good" };
    const added = this.#now.members.filter((id) => !members.includes(id));
    if (added.length === 0)
      return { text: `Compared at ${time}. No device came since.`, tone: "good" };
    const names = listed(added.map((id) => this.#nameOf(id) ?? "an unknown device"));
    return { text: `Compared at ${time}. Since then came ${names}: compare again.`, tone: "wait" };
  }
}
