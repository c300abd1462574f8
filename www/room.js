/**
 * Who is in the room, and in which order they meet:
 *
 * 1. A newcomer says hello to all. Each of them says welcome and makes an offer.
 * 2. Both sides put each other on their lists of members, so their keys find each other.
 */
import { Mesh } from "./mesh.js";
import { Person } from "./person.js";
import { Relay } from "./signaling.js";

/** Names and ids come from others, so they have a form. */
const ID = /^[0-9a-f]{32}$/;
/** At most 40 characters of a name. */
const NAME = 40;

/**
 * Events, with the person as `detail.person`: "came", "left", "removed" and "restored" (with `by`,
 * a name), "link" (with `state`), "changed". Others: "expelled" and "readmitted" (with `by`: this
 * page itself), "entered" (`others`: how many were here), "full", "lost", "failed" (`detail`: an error).
 */
export class Room extends EventTarget {
  /** By device. @type {Map<string, Person>} */
  people = new Map();
  /** Devices that were removed, and who did it. @type {Map<string, string>} */
  #removed = new Map();
  #side;
  #relay;
  #path;
  #hello;
  #media;
  #turn = Promise.resolve();
  #known = new Set();

  /**
   * @param {import("./side.js").Side} side
   * @param {{ room: string, name: string, media: import("./source.js").Source }} options
   */
  constructor(side, { room, name, media }) {
    super();
    this.#side = side;
    this.#media = media;
    this.#hello = { id: side.id, name, bundle: side.bundle };
    const send = (message) => this.#relay.send(message);
    this.#path = new Mesh(side, { media, send });
    this.#relay = new Relay(room);
    this.#follow();
  }

  /** The people on the list of members. */
  get listed() {
    return [...this.people.values()].filter(({ listed }) => listed);
  }

  /** To all others. @param {{ type: string }} message */
  tell(message) {
    this.#relay.send(message);
  }

  /** Sends a track in another's place. */
  replace(label, track) {
    return this.#path.replace(label, track);
  }

  /** Takes a person off the list of members, at all others too. @param {Person} person */
  remove(person) {
    this.tell({ type: "remove", id: person.id });
    return this.#remove(person.id, this.#hello.name);
  }

  /** @param {Person} person */
  restore(person) {
    this.tell({ type: "restore", id: person.id });
    return this.#restore(person.id, this.#hello.name);
  }

  /** Says what others show of this page. */
  announce() {
    this.tell({ type: "state", ...this.#state });
  }

  /** @param {Person} person */
  voiceOf(person) {
    return this.#path.voiceOf(person);
  }

  leave() {
    this.#side.removeEventListener("send", this.#sendKey);
    this.#side.removeEventListener("another", this.#adopt);
    this.#relay.close();
    this.#path.close();
    this.people.clear();
  }

  #follow() {
    const relay = this.#relay;
    relay.addEventListener("here", ({ detail }) => this.#inTurn(() => this.#enter(detail)));
    relay.addEventListener("message", ({ detail }) => this.#inTurn(() => this.#hear(detail)));
    relay.addEventListener("left", ({ detail }) => this.#inTurn(() => this.#part(detail)));
    relay.addEventListener("full", () => this.#say("full"));
    relay.addEventListener("lost", () => this.#say("lost"));
    this.#side.addEventListener("send", this.#sendKey);
    this.#side.addEventListener("another", this.#adopt);
  }

  #sendKey = ({ detail: { to, text } }) => {
    const person = this.people.get(to);
    if (person) this.#relay.send({ type: "key", to: person.relayId, text });
  };

  #adopt = () => this.#path.adopt();

  /** After a loss of the relay all meet again: their names on it are others. */
  async #enter(others) {
    for (const person of this.people.values()) this.#path.part(person);
    this.people.clear();
    await this.#list();
    await this.#path.begin();
    this.#say("entered", { others: others.length });
    this.#introduce("hello");
  }

  #introduce(type, to) {
    const removed = Object.fromEntries(this.#removed);
    this.#relay.send({ type, to, ...this.#hello, removed, state: this.#state });
  }

  get #state() {
    return { muted: this.#media.muted, shares: this.#media.shares };
  }

  async #hear({ type, from, ...message }) {
    if (type === "hello" || type === "welcome") return this.#meet(type, from, message);
    const person = this.#byRelay(from);
    if (!person) return;
    const handlers = {
      key: () => this.#side.receive(message.text, person.id),
      report: () => person.changed({ report: message.report }),
      state: () => person.changed(stateOf(message)),
      remove: () => person.listed && this.#remove(message.id, person.name),
      restore: () => person.listed && this.#restore(message.id, person.name),
    };
    const handle = handlers[type] ?? (() => this.#path.hear(person, { type, ...message }));
    await handle();
  }

  async #meet(type, relayId, { id, name, bundle, removed = {}, state = {} }) {
    if (!ID.test(id) || typeof name !== "string" || id === this.#side.id) return;
    const person = new Person({ relayId, id, bundle, name: name.trim().slice(0, NAME) || id });
    Object.assign(person, stateOf(state));
    if (type === "welcome") for (const [who, by] of Object.entries(removed)) this.#note(who, by);
    person.removedBy = this.#removed.get(id) ?? "";
    this.people.set(id, person);
    person.addEventListener("link", ({ detail }) => this.#say("link", { person, state: detail }));
    person.addEventListener("changed", () => this.#say("changed", { person }));
    if (type === "hello") this.#introduce("welcome", relayId);
    await this.#list();
    this.#say("came", { person, again: this.#known.has(id), first: type === "hello" });
    this.#known.add(id);
    await this.#path.meet(person, type === "hello");
  }

  async #part(relayId) {
    const person = this.#byRelay(relayId);
    if (!person) return;
    this.#path.part(person);
    this.people.delete(person.id);
    this.#say("left", { person });
    await this.#list();
  }

  /** Their connection stays, as it would through a server that is on their side. */
  async #remove(id, by) {
    if (id === this.#side.id) return this.#say("expelled", { by });
    this.#note(id, by);
    const person = this.people.get(id);
    if (!person) return;
    person.removedBy = by;
    await this.#list();
    this.#say("removed", { person, by });
  }

  async #restore(id, by) {
    if (id === this.#side.id) return this.#say("readmitted", { by });
    this.#removed.delete(id);
    const person = this.people.get(id);
    if (!person) return;
    person.removedBy = "";
    await this.#list();
    this.#say("restored", { person, by });
  }

  #note(id, by) {
    if (ID.test(id) && id !== this.#side.id) this.#removed.set(id, String(by));
  }

  #list() {
    return this.#side.setRoster(this.listed);
  }

  #byRelay(relayId) {
    return [...this.people.values()].find((person) => person.relayId === relayId);
  }

  /** One after the other: a signal must find its connection, a key message the member it is from. */
  #inTurn(work) {
    this.#turn = this.#turn.then(work).catch((error) => this.#say("failed", error));
  }

  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** Only what a page expects of another one. */
function stateOf({ muted, shares }) {
  return { muted: muted === true, shares: shares === true };
}
