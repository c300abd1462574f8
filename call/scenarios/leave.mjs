// The last member is taken off all other rosters. Its connections stay, as a server's would.
import { sleep } from "../../harness/sleep.js";
import { until } from "../until.mjs";
import { HITCH, REMOVED } from "./goals.mjs";

/** Frames of a server that show that it still sends to the removed member. */
const ENOUGH = 20;

export const members = 3;

/** @param {import("../room.mjs").Room} room */
export async function run(room) {
  const all = await room.enter(...room.names);
  await room.steady();
  const gone = room.names.at(-1);
  const staying = room.names.slice(0, -1);
  const removal = await Removal.begin(
    room,
    all[gone],
    staying.map((name) => all[name]),
  );
  await removal.quiet(room.patience);
  const before = await removal.given();
  await room.talk();
  await until(async () => (await removal.given()) - before >= ENOUGH);
  const [opened, heard] = [await removal.lastOpened(), await removal.lastHeard()];
  const arrived = (await removal.given()) - before;
  const gapMs = await room.gapAmong(staying, removal.at);
  const limit = REMOVED * room.patience;
  return {
    ...{ receiver: all.b, gapMs, removedMs: Math.round(opened) },
    unmet: [
      opened > limit && `it opened pictures ${Math.round(opened)} ms after`,
      heard > limit && `its own pictures were opened ${Math.round(heard)} ms after`,
      arrived < ENOUGH && `only ${arrived} pictures reached it: nothing was shown`,
      gapMs > HITCH * room.patience && "those who stay waited",
    ],
  };
}

/** The removal of one member, and what passes between it and the others afterwards. */
class Removal {
  /** Milliseconds of the epoch at which the last roster was stated. */
  at = 0;

  constructor(gone, staying) {
    Object.assign(this, { gone, staying });
  }

  static async begin(room, gone, staying) {
    const removal = new Removal(gone, staying);
    const act = room.options.spare ? "now" : "remove";
    const times = await Promise.all(staying.map((member) => member.ask(act, gone.name)));
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

  /** When another member last showed a picture of it, in milliseconds since its removal. */
  async lastHeard() {
    const times = this.staying.map((member) => member.ask("times", this.gone.name));
    return Math.max(0, ...(await Promise.all(times)).flatMap(({ video }) => video)) - this.at;
  }
}
