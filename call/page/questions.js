// What Node asks a member's page.
import { fromBase64, toBase64 } from "/harness/page/base64.js";
import { now } from "./clock.js";

/** Where the times of the last pictures and tones survive a reload. */
const KEPT = "media before the reload";

export class Questions {
  #before = JSON.parse(sessionStorage.getItem(KEPT) ?? "{}");

  /** @param {import("./member.js").Member} member */
  constructor(member) {
    this.member = member;
    addEventListener("pagehide", () => {
      const last = [...member.peers].map(
        ([
          name,
          {
            timeline: { video, audio },
          },
        ]) => [name, { video: video.slice(-1), audio: audio.slice(-1) }],
      );
      sessionStorage.setItem(KEPT, JSON.stringify(Object.fromEntries(last)));
    });
  }

  now() {
    return now();
  }

  errors() {
    return this.member.errors;
  }

  signaled() {
    return this.member.signaled;
  }

  /** Whether it sees and hears these members. @param {string[]} names */
  sees(names) {
    return names.every((name) => this.#peer(name)?.isSeen());
  }

  /** When pictures and tones of a member came, with the last ones before a reload. */
  times(name) {
    const before = this.#before[name] ?? { video: [], audio: [] };
    const { video, audio } = this.#peer(name)?.timeline ?? { video: [], audio: [] };
    return { video: [...before.video, ...video], audio: [...before.audio, ...audio] };
  }

  /** See `MediaTimeline.recovered`. */
  recovered(name, since, enough) {
    return this.#peer(name)?.timeline.recovered(since, enough);
  }

  /** The counters of the call's streams. */
  async streams() {
    return (await this.member.call.stats()).streams;
  }

  /** The code of the present epoch. */
  async epochCode() {
    return (await this.member.call.stats()).epoch?.code;
  }

  census() {
    return this.member.tap.ask("census");
  }

  /** The counts of a tap in a long call. */
  tally() {
    return this.member.tap.ask("tally");
  }

  /** Forgets when pictures and tones came, and which events there were. @returns the events */
  forget() {
    for (const { timeline } of this.member.peers.values()) timeline.forget();
    return this.member.events.splice(0);
  }

  /**
   * This member, and what it has of another. `limit` is how long media may take to come, in
   * milliseconds.
   */
  async report(name, limit) {
    const peer = this.#peer(name);
    const { call, events, errors } = this.member;
    const stats = await call.stats();
    const ours = ({ direction, sender }) => direction === "seal" || sender === peer?.device;
    await peer?.framesDecoded();
    return {
      stats: { ...stats, streams: stats.streams.filter(ours) },
      framesDecoded: peer?.total ?? 0,
      pictureSeen: (await peer?.comes("video", limit)) ?? false,
      audioHeard: (await peer?.comes("audio", limit)) ?? false,
      census: await this.census(),
      events,
      errors,
    };
  }

  /** How many frames of a member's video the worker let pass, and when the last one did. */
  async passed(name) {
    return (await this.member.tap.ask("passed"))[`${this.#device(name)} video`];
  }

  /** When after `since` the member's first frame came, and when the first opened one left. */
  first(name, since) {
    return this.member.tap.ask("first", { sender: this.#device(name), since });
  }

  /** When each frame of the member was opened after `since`, by kind. */
  opened(name, since) {
    return this.member.tap.ask("opened", { sender: this.#device(name), since });
  }

  /** Takes sealed frames of the member's video from the tap, as a server has them. */
  async sealed(name) {
    const frames = await this.member.tap.ask("frames", { count: 1e6 });
    const device = this.#device(name);
    return frames
      .filter(({ kind, sender }) => kind === "video" && sender === device)
      .map(({ wire }) => toBase64(wire));
  }

  /** Replays such frames to the worker, as a server can. @returns how many were given and opened */
  replay(name, wires) {
    const sender = this.#device(name);
    return this.member.tap.ask("replay", { sender, wires: wires.map(fromBase64) });
  }

  /** Withholds the member's next frames of video from the worker. @returns them */
  async withhold(name, count) {
    const sender = this.#device(name);
    return (await this.member.tap.ask("withhold", { sender, count })).map(toBase64);
  }

  /** Takes up to `count` frames that the tap kept, of all members. */
  async frames(count) {
    const frames = await this.member.tap.ask("frames", { count });
    return frames.map(({ wire, ...frame }) => ({ ...frame, wire: toBase64(wire) }));
  }

  /** Asks the SFU for a simulcast layer of the member. @returns the size of the picture */
  layer(name, substream, limit) {
    return this.member.path.layer(this.#peer(name), substream, limit);
  }

  /**
   * Takes a member off the roster. Its connections stay, as those of a server would.
   * @returns when
   */
  async remove(name) {
    this.#peer(name).removed = true;
    const at = now();
    await this.member.stateRoster();
    return at;
  }

  rotate() {
    return this.member.call.rotate();
  }

  hangUp() {
    return this.member.hangUp();
  }

  leave() {
    return this.member.leave();
  }

  stop() {
    return this.member.stop();
  }

  #peer(name) {
    return this.member.peers.get(name);
  }

  #device(name) {
    return this.#peer(name).device;
  }
}
