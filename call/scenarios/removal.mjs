// The removal of one member by all others, and what passes between it and them afterwards.
import { sleep } from "../../harness/sleep.js";
import { REMOVED } from "./goals.mjs";

export class Removal {
  /** Milliseconds of the epoch at which the last roster was stated. */
  at = 0;

  constructor(gone, staying) {
    Object.assign(this, { gone, staying });
  }

  /** @param {import("../room.mjs").Room} room @param {string} gone @param {string[]} staying */
  static async begin(room, gone, staying) {
    const removal = new Removal(
      room.members[gone],
      staying.map((name) => room.members[name]),
    );
    const act = room.options.spare ? "now" : "remove";
    const times = await Promise.all(removal.staying.map((member) => member.ask(act, gone)));
    room.removed.add(gone);
    removal.at = Math.max(...times);
    return removal;
  }

  /** Waits until nothing was opened for a while. What was sealed before is still on its way. */
  async quiet(patience) {
    const now = () => Date.now() - this.at;
    const last = async () => Math.max(await this.lastOpened(), await this.lastHeard());
    do await sleep(500);
    while (now() < REMOVED * (patience + 1) && now() - (await last()) < REMOVED);
  }

  /** Frames of video that reached the removed member. */
  async given() {
    return (await this.gone.ask("census")).given["open video"];
  }

  /** When it last opened a picture, in milliseconds since its removal. */
  async lastOpened() {
    const passed = this.staying.map(({ name }) => this.gone.ask("passed", name));
    return Math.max(...(await Promise.all(passed)).map(({ last }) => last)) - this.at;
  }

  /** How many frames of those who stay it opened more than `limit` milliseconds after. */
  async openedAfter(limit) {
    const opened = this.staying.map(({ name }) => this.gone.ask("opened", name, this.at + limit));
    const times = (await Promise.all(opened)).flatMap((byKind) => Object.values(byKind).flat());
    return times.length;
  }

  /** When another member last showed a picture of it, in milliseconds since its removal. */
  async lastHeard() {
    const times = this.staying.map((member) => member.ask("times", this.gone.name));
    return Math.max(0, ...(await Promise.all(times)).flatMap(({ video }) => video)) - this.at;
  }
}
