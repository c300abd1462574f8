// The page of one member, as Node drives it.
import { until } from "./until.mjs";

export class MemberPage {
  /** What the member reported so far: one entry for each time its page was loaded. */
  reports = [];

  /** @param {string} name @param {object} page of a browser that `launch()` started */
  constructor(name, page) {
    Object.assign(this, { name, page, lines: page.lines });
  }

  /** Asks one of `Questions` (page/questions.js). */
  ask(question, ...args) {
    return this.page.evaluate(
      (question, args) => globalThis.questions[question](...args),
      question,
      args,
    );
  }

  /** Waits until the member has told the others that it is there. */
  async ready() {
    if (await until(() => this.page.evaluate(() => globalThis.ready))) return;
    throw new Error(`${this.name} did not start: ${await this.complaints()}`);
  }

  async reload() {
    await this.page.reload({ waitUntil: "load" });
    await this.ready();
  }

  /** `limit` is how long media may take to come, in milliseconds. */
  async keepReport(subject, { limit } = {}) {
    const limits = limit === undefined ? [] : [limit];
    this.reports.push(await this.ask("report", subject, ...limits));
  }

  /** Gives all frames that the tap kept to `capture`. */
  async drain(capture) {
    for (;;) {
      const frames = await this.ask("frames", 200);
      if (frames.length === 0) return;
      capture(frames);
    }
  }

  async complaints() {
    return [...this.lines, ...(await this.ask("errors"))].join("\n");
  }

  async leave() {
    await this.ask("leave");
    await this.page.close();
  }

  async close() {
    await this.ask("stop");
    await this.page.close();
  }
}
