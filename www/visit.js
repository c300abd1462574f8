/** One stay in the room: from joining to leaving. It connects what happens with what is shown. */
import { Charts } from "./chart.js";
import { showCounters } from "./counters.js";
import { $, make } from "./dom.js";
import { ExperimentCards } from "./experiment-cards.js";
import { EXPERIMENTS } from "./experiments.js";
import { GroupCode } from "./group-code.js";
import { Lab } from "./lab.js";
import { Ledger, stateOf } from "./ledger.js";
import { status } from "./page.js";
import { Room } from "./room.js";
import { ServerPanel } from "./server-panel.js";
import { Stage } from "./stage.js";
import { total } from "./sums.js";
import { followSpeaker } from "./speaker.js";
import { follow } from "./story.js";
import { Trust } from "./trust.js";
import { endWarning, showQuantum, warnOfDevices } from "./warnings.js";
import { listed } from "./words.js";

/** Milliseconds between two looks at the counters. */
const SECOND = 1000;
/** In a room of more than this many others each page saves work. */
const FEW = 1;

/** Events: "full" (there is no place in the room). */
export class Visit extends EventTarget {
  #side;
  #wire;
  #source;
  #room;
  #stage;
  #ledger = new Ledger();
  #charts = new Charts();
  #trust;
  #panel;
  #lab;
  #cards;
  #own = new MediaStream();
  #way;
  /** Devices without protection from quantum computers. @type {string[]} */
  #classic = [];
  #expelledBy = "";
  /** The device of the one who speaks, or "". */
  #speaker = "";
  /** States of connections, by device. @type {Map<string, string>} */
  #links = new Map();
  /** What each reported last of our frames. @type {Map<string, number>} */
  #reported = new Map();
  #over = new AbortController();

  /**
   * @param {{ way: string, passphrase: string, side: import("./side.js").Side, wire: import("./wire.js").Wire, source: import("./source.js").Source, room: string, name: string, failed(error: Error): void }} parts
   */
  static async enter({ side, room, way, passphrase, ...parts }) {
    await side.enter(room, { way, passphrase });
    return new Visit({ side, room, way, ...parts });
  }

  constructor({ side, wire, source, room, way, name, failed }) {
    super();
    this.#way = way;
    this.#side = side;
    this.#wire = wire;
    this.#source = source;
    this.#trust = new Trust(side, way);
    // Who chose another way is in another room of the relay: their keys would not fit.
    this.#room = new Room(side, { room: `${room}-${way}`, name, media: source });
    this.#lab = new Lab({ side, room: this.#room, wire, ledger: this.#ledger });
    this.#stage = new Stage(way !== "passphrase");
    this.#panel = new ServerPanel(wire);
    this.#cards = new ExperimentCards({
      lab: this.#lab,
      failed,
      target: () => this.#room.people.get($("target").value),
      refusal: (id) => this.#refusal(id),
      // Between two workers there is nothing new to know.
      look: () => this.#look().catch(() => {}),
    });
    this.#stage.addOwn(side.id, name, this.#own);
    new GroupCode(side, (id) => this.#nameOf(id), this.#signal);
    this.#followRoom();
    this.#followSide();
    this.#followPage();
    followSpeaker(this.#room, (id) => this.#speaks(id), this.#signal);
    follow({
      side,
      room: this.#room,
      wire,
      nameOf: (id) => this.#nameOf(id),
      signal: this.#signal,
    });
    this.#changedPeople();
    this.#repeat();
  }

  async leave() {
    this.#over.abort();
    $("warnings").replaceChildren();
    this.#room.leave();
    await this.#side.leave();
  }

  #followRoom() {
    const room = this.#room;
    const on = (type, act) => room.addEventListener(type, ({ detail }) => act(detail));
    on("entered", () => this.#entered());
    on("came", ({ person }) => this.#came(person));
    on("left", ({ person }) => this.#left(person));
    on("removed", ({ person }) => this.#changedRoster(person));
    on("restored", ({ person }) => this.#changedRoster(person));
    on("link", ({ person, state }) => this.#links.set(person.id, state));
    on("changed", ({ person }) => this.#changedPerson(person));
    on("expelled", ({ by }) => (this.#expelledBy = by));
    on("readmitted", () => (this.#expelledBy = ""));
    room.addEventListener("full", () => this.dispatchEvent(new Event("full")));
  }

  #followSide() {
    const on = (type, act) =>
      this.#side.addEventListener(type, ({ detail }) => act(detail), { signal: this.#signal });
    on("restarted", () => this.#restarted());
    on("keys-changed", ({ name, added }) => {
      const compare = (id) => this.#room.people.has(id) && this.#trust.compare(id);
      warnOfDevices(name, added, compare);
    });
  }

  #followPage() {
    const options = { signal: this.#signal };
    const show = () => this.#own.getTracks().forEach((track) => this.#own.removeTrack(track));
    const changed = () => {
      show();
      this.#own.addTrack(this.#source.tracks.camera);
      this.#room.announce();
      this.#mark({ id: this.#side.id, muted: this.#source.muted, shares: this.#source.shares });
    };
    changed();
    this.#source.addEventListener("changed", changed, options);
    this.#source.addEventListener(
      "track",
      ({ detail }) => this.#room.replace(detail.label, detail.track),
      options,
    );
    this.#wire.addEventListener("frame", ({ detail }) => this.#see(detail), options);
    this.#wire.addEventListener("times", ({ detail }) => this.#charts.times(detail), options);
    this.#trust.addEventListener("marked", ({ detail }) => {
      endWarning(detail);
      this.#mark(this.#room.people.get(detail));
    });
    this.#stage.addEventListener("view", ({ detail: { stream, on } }) => {
      if (on) this.#panel.choose(stream);
      this.#watch();
    });
    this.#stage.addEventListener("remove", ({ detail }) => this.#removeOrRestore(detail));
  }

  #entered() {
    for (const id of this.#links.keys()) this.#stage.drop(id);
    this.#links.clear();
    this.#changedPeople();
  }

  #came(person) {
    const { id } = person;
    this.#links.set(id, "new");
    this.#ledger.forget(id);
    this.#wire.forget(id);
    this.#stage.add(person);
    this.#trust.add(person);
    if (person.removedBy) this.#stage.of(id).end(person.removedBy);
    this.#mark(person);
    this.#changedPeople();
  }

  #changedPerson(person) {
    const shared = $("stream").querySelector(`[value="${person.id} screen"]`) !== null;
    this.#mark(person);
    if (shared !== person.shares) this.#changedPeople();
  }

  #left({ id }) {
    this.#links.delete(id);
    this.#reported.delete(id);
    this.#stage.drop(id);
    this.#trust.drop(id);
    endWarning(id);
    this.#changedPeople();
  }

  #changedRoster(person) {
    this.#ledger.forget(person.id);
    this.#stage.of(person.id)?.end(person.removedBy);
    this.#mark(person);
    this.#changedPeople();
  }

  #removeOrRestore(id) {
    const person = this.#room.people.get(id);
    if (person.listed) this.#room.remove(person);
    else this.#room.restore(person);
  }

  #restarted() {
    this.#lab.restarted();
    this.#wire.renew().catch(() => {});
  }

  /** Brings everything up to date that lists who is here. */
  #changedPeople() {
    const people = [...this.#room.people.values()];
    const others = people.map(({ id, name, shares }) => ({ id, name, shares }));
    const own = { id: this.#side.id, name: "You", shares: this.#source.shares };
    this.#panel.offer([...others, own]);
    this.#source.calm = people.length > FEW;
    const before = $("target").value;
    const options = people.map(({ id, name }) => make("option", { value: id, textContent: name }));
    $("target").replaceChildren(...options);
    if (people.some(({ id }) => id === before)) $("target").value = before;
    $("target").disabled = people.length === 0;
    $("experiments-wait").hidden = people.length > 0;
    $("other").classList.toggle("strong", people.length === 0);
    this.#cards.allow();
    this.#watch();
  }

  #refusal(id) {
    const people = this.#room.listed.length;
    const { words } = EXPERIMENTS[id];
    if (this.#way === "passphrase" && words) return words;
    if (people === 0) return "Needs another member.";
    return (EXPERIMENTS[id].needs ?? 1) > people ? "Needs two other members." : "";
  }

  #speaks(id) {
    const both = [this.#speaker, id].map((one) => this.#room.people.get(one));
    this.#speaker = id;
    for (const person of both) if (person) this.#mark(person);
  }

  /** What a tile says beside the state. @param {{ id: string, muted: boolean, shares: boolean }} person */
  #mark(person) {
    const trust = this.#trust.markOf(person.id);
    const words = [
      person.muted && "muted",
      person.id === this.#speaker && "speaking",
      person.shares && "shares a screen",
      trust === "same" && "compared",
      trust === "other" && "numbers differ",
      this.#classic.includes(person.id) && "older device",
    ];
    const tile = this.#stage.of(person.id);
    tile?.mark(words.filter(Boolean).join(", "));
    tile?.speak(person.id === this.#speaker);
    this.#stage.showScreen(person);
  }

  #watch() {
    this.#wire.sample("stage", { watch: this.#stage.watched });
  }

  #see(sample) {
    this.#stage.see(sample);
    this.#panel.see(sample);
  }

  async #repeat() {
    while (!this.#signal.aborted) {
      await this.#look().catch(() => {});
      if (!this.#signal.aborted) this.#show();
      await new Promise((done) => setTimeout(done, SECOND));
    }
  }

  /** Brings the counters up to date. */
  async #look() {
    const { streams, hybrid, classic = [] } = await this.#side.stats();
    this.#ledger.update(streams);
    this.#classic = classic;
    showQuantum({ hybrid, classic, nameOf: (id) => this.#nameOf(id) });
    await this.#lab.look();
  }

  #show() {
    const { streams } = this.#ledger;
    const sealing = streams.filter(({ direction }) => direction === "seal");
    showCounters(streams, (id) => this.#room.people.get(id)?.name);
    this.#charts.bytes({ bytes: total(sealing, "bytes"), overhead: total(sealing, "overhead") });
    this.#room.tell({ type: "report", report: this.#ledger.report });
    this.#cards.show(this.#lab.now);
    const states = this.#room.listed.map((person) => ({ person, state: this.#showTile(person) }));
    this.#showOwn();
    this.#judge(states);
  }

  #showTile({ id }) {
    const now = this.#ledger.of(id);
    const state = stateOf(now, this.#links.get(id));
    this.#stage.of(id)?.show(state, state === "waiting" || state === "refused" ? now.code : "");
    this.#stage.of(`${id} screen`)?.show(this.#ledger.stateOfScreen(id));
    return state;
  }

  #showOwn() {
    const { own } = this.#ledger;
    const states = { sealed: "sealed", "waiting-for-key": "waiting", "": "connecting" };
    const tile = this.#stage.of(this.#side.id);
    tile.show(own ? (states[own.state] ?? "refused") : "connecting");
  }

  /** Says in one line how the call goes. */
  #judge(states) {
    const unheard = this.#room.listed.filter((person) => this.#isUnheard(person));
    const names = (...wanted) =>
      states.filter(({ state }) => wanted.includes(state)).map(({ person }) => person.name);
    const say = (tone, text, who) =>
      who.length > 0 ? (status(tone, text(listed(who))), true) : false;
    if (this.#expelledBy) return status("bad", `${this.#expelledBy} removed you`);
    if (states.length === 0) return status("wait", "Waiting for others");
    if (say("bad", (who) => `Frames of ${who} do not open here`, names("refused", "waiting")))
      return;
    if (say("bad", (who) => `${who} does not seal`, names("plain"))) return;
    if (say("bad", (who) => `Nothing comes from ${who}`, names("silent", "failed"))) return;
    if (say("wait", (who) => `Connecting with ${who}`, names("connecting"))) return;
    if (
      say(
        "bad",
        (who) => `Your frames do not open for ${who}`,
        unheard.map(({ name }) => name),
      )
    )
      return;
    status("good", "Every frame sealed, both ways");
  }

  /** Whether this person has reported more of our frames as refused since the last look. */
  #isUnheard({ id, report }) {
    const refused = report?.refused?.[this.#side.id] ?? 0;
    const before = this.#reported.get(id) ?? refused;
    this.#reported.set(id, refused);
    return refused > before;
  }

  #nameOf(id) {
    if (id === this.#side.id) return "You";
    return this.#room.people.get(id)?.name;
  }

  get #signal() {
    return this.#over.signal;
  }
}
