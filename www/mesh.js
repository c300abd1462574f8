/** Media from browser to browser: a connection to each other member. */
import { Connection } from "./connection.js";

export class Mesh {
  #side;
  #media;
  #send;
  /** By the other's device. @type {Map<string, Connection>} */
  #connections = new Map();

  /**
   * @param {import("./side.js").Side} side
   * @param {{ media: { tracks: Record<string, MediaStreamTrack | null> }, send(message: object): void }} options
   */
  constructor(side, { media, send }) {
    this.#side = side;
    this.#media = media;
    this.#send = send;
  }

  async begin() {}

  /** @param {import("./person.js").Person} person @param {boolean} offers whether it is us who offer */
  async meet(person, offers) {
    this.part(person);
    const connection = new Connection(this.#side, {
      from: person.id,
      offers,
      media: this.#media,
      send: (signal) => this.#send({ type: "signal", to: person.relayId, signal }),
    });
    this.#connections.set(person.id, connection);
    connection.addEventListener("state", ({ detail }) => person.connected(detail));
    connection.addEventListener("track", ({ detail }) => person.play(detail));
    await connection.begin();
    this.#suit();
  }

  async hear(person, { signal }) {
    await this.#connections.get(person.id)?.hear(signal);
  }

  part(person) {
    this.#connections.get(person.id)?.close();
    this.#connections.delete(person.id);
    this.#suit();
  }

  /** @param {string} label @param {MediaStreamTrack | null} track */
  async replace(label, track) {
    await Promise.all(this.#all().map((connection) => connection.replace(label, track)));
  }

  adopt() {
    this.#all().forEach((connection) => connection.adopt());
  }

  voiceOf(person) {
    return this.#connections.get(person.id)?.voice;
  }

  close() {
    this.#all().forEach((connection) => connection.close());
    this.#connections.clear();
  }

  #suit() {
    this.#all().forEach((connection) => connection.suit(this.#connections.size));
  }

  #all() {
    return [...this.#connections.values()];
  }
}
