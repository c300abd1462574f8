// The pages of one call, who of them is there, and what those reported that are gone.
import { randomUUID } from "node:crypto";

/** How long two browsers may take from the first page to the first picture, in milliseconds. */
const SETTLE_LIMIT = 90_000;

/** How often Janus asks for a key frame on a bad network: Chromium would wait for 3 s till it asks again. */
const KEY_FRAMES = 1;

/** @typedef {"offer" | "answer"} Role the sending side and the receiving one, where it matters */

export class Talk {
  /** @type {Record<Role, object[]>} */
  reports = { offer: [], answer: [] };
  /** @type {Record<Role, string[]>} what the consoles said */
  lines = { offer: [], answer: [] };
  #pages = {};

  /** @param {import("./call.mjs").CallOptions} options @param {Record<Role, object>} browsers */
  constructor(options, server, browsers) {
    const { codec, audio, labels, key, plain, janus, simulcast } = options;
    const pulse = Boolean(options.scenario || options.loss);
    const keyFrames = options.loss && KEY_FRAMES;
    this.common = { room: randomUUID(), codec, audio, labels, key, plain, janus, simulcast, keyFrames, pulse, tap: true };
    this.url = `${server.url}call/page.html`;
    this.browsers = browsers;
  }

  /** @param {Role} role */
  async join(role) {
    this.#pages[role] = await this.browsers[role].page(this.url);
    await this.#start(role);
  }

  /** Until each of them has a first picture and tone, or can have none. @param {Role[]} roles */
  async settled(...roles) {
    const wait = (limit) => globalThis.side.settled(limit);
    const settled = await Promise.all(roles.map((role) => this.#pages[role].evaluate(wait, SETTLE_LIMIT)));
    return settled.every(Boolean);
  }

  /** Until every stream has enough frames to be judged by. */
  async plenty() {
    const wait = (limit) => globalThis.side.plenty(limit);
    const pages = Object.values(this.#pages).filter((page) => !page.isClosed());
    await Promise.all(pages.map((page) => page.evaluate(wait, SETTLE_LIMIT)));
  }

  /** Ends the page as a user does who leaves. @param {Role} role */
  async leave(role) {
    await this.report(role);
    await this.end(role);
  }

  async end(role) {
    const page = this.#pages[role];
    await page.evaluate(() => globalThis.side.stop());
    this.lines[role].push(...page.lines);
    await page.close();
  }

  /** Loads the page again, without a word to anybody. @returns when its media ended */
  async reload(role) {
    const page = this.#pages[role];
    await page.evaluate(() => globalThis.side.pc.close());
    const since = Date.now();
    await this.report(role);
    await page.reload();
    await this.#start(role);
    return since;
  }

  /** @param {Role} role @param {(argument: any) => any} what runs in the page */
  ask(role, what, ...args) {
    return this.#pages[role].evaluate(what, ...args);
  }

  async report(role) {
    this.reports[role].push(await this.ask(role, () => globalThis.side.report()));
  }

  /** Frames that the tap of the receiving side kept. */
  async drain(capture) {
    for (;;) {
      const frames = await this.ask("answer", () => globalThis.side.frames(200));
      if (frames.length === 0) return;
      capture(frames);
    }
  }

  async #start(role) {
    await this.ask(role, (options) => globalThis.peer(options), { ...this.common, role });
  }
}
