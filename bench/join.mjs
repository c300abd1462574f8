// Question "join": what does one join cost the members of a large call?
import { createHash, randomUUID } from "node:crypto";
import { join, serve } from "../tests/node/device.mjs";
import { sleep } from "../harness/sleep.js";
import { say } from "../harness/steps.mjs";
import { withPage } from "./page.mjs";
import { cpuTime, findRenderer, workerThreads } from "./processes.mjs";
import { align } from "../harness/table.mjs";
import { median } from "./web/stats.js";

/** Devices in the call before a join, including the measured one. */
const DEVICES = 200;
const KEMS = ["p256", "mlkem768-p256"];
/** Joins per process. */
const JOINS = 5;
/**
 * Milliseconds between two ticks of a member, of the silence that ends a join, and of the longest
 * wait.
 */
const [TICK, SILENCE, LIMIT] = [1_000, 2_000, 120_000];

/**
 * @param {{ url: string, processes: number }} plan
 * @returns one row per KEM: milliseconds of CPU
 */
export async function measureJoin({ url, processes }) {
  const runs = [];
  for (let count = 0; count < processes; count++) {
    for (const kem of KEMS) {
      runs.push(await withPage(url, (page) => runCall(page, kem)));
    }
    say(`  process ${count + 1} of ${processes}`);
  }
  return KEMS.map((kem) => {
    const own = runs.filter((run) => run.kem === kem);
    const member = median(own.flatMap(({ joins }) => joins));
    const joiner = median(own.map(({ entry }) => entry));
    return { what: "join", kem, devices: DEVICES, member, joiner };
  });
}

export function joinTable(rows) {
  const cells = rows.map(({ kem, member, joiner }) => [
    ...[kem, `${member.toFixed(1)} ms`, `${Math.round(joiner)} ms`],
    `${(joiner / (DEVICES - 1)).toFixed(1)} ms`,
  ]);
  const title = `\nOne join into a call of ${DEVICES} devices: CPU of the worker and its helpers`;
  const head = ["", "of each member", "of the joiner", "a member"];
  return [title, "", ...align([head, ...cells])].join("\n");
}

/** The page is the last to enter a large call. Then others join. */
async function runCall(page, kem) {
  const pid = await findRenderer(page);
  const before = workerThreads(pid);
  const room = randomUUID();
  const query = { room, hybrid: kem !== "p256" };
  const bundle = await page.evaluate((query) => bench.join.enter(query), query);
  const [thread] = workerThreads(pid).filter((id) => !before.includes(id));
  const spent = () => Object.values(cpuTime(pid, thread)).reduce((sum, part) => sum + part);
  const crowd = new Crowd(page, Buffer.from(bundle, "base64"));
  await crowd.connect();
  try {
    for (let i = 0; i < DEVICES + JOINS; i++) await crowd.make(room, kem);
    const cost = (count) => measure(spent, () => crowd.let(count));
    // A joiner meets all members at once.
    const entry = await cost(DEVICES - 1);
    const joins = [];
    for (let i = 0; i < JOINS; i++) joins.push(await cost(DEVICES + i));
    return { kem, entry, joins };
  } finally {
    crowd.close();
    await page.evaluate(() => bench.join.finish());
  }
}

/** The CPU time of the work, without the CPU time that the page takes when it is idle. */
async function measure(spent, work) {
  const [start, began] = [spent(), Date.now()];
  await work();
  const [end, ended] = [spent(), Date.now()];
  await sleep(SILENCE);
  const idle = (spent() - end) / (Date.now() - ended);
  return end - start - idle * (ended - began);
}

/** The offset of the recipient in the bytes to sign: after the label and 35 bytes of header. */
const RECIPIENT = "sealframe/2 key message".length + 35;

/**
 * Members as cores of this process, so that their CPU time does not count as the page's. Each has
 * all others on its roster, so that all rosters agree, and signs messages to the page only.
 */
class Crowd {
  #members = [];
  #present = 0;
  #outbox = [];
  #last = 0;
  #start = Date.now();

  constructor(page, bundle) {
    const id = createHash("sha256").update(bundle).digest().subarray(0, 16);
    Object.assign(this, { page, bundle, id });
  }

  async connect() {
    await this.page.exposeFunction("toMembers", (to, text) => this.#receive(to, text));
    this.timer = setInterval(() => this.#tick(), TICK);
  }

  async make(room, kem) {
    const member = await join(room, { kem });
    this.#members.push(member);
  }

  /** Waits until all members in the call have keys and no more messages come. */
  async let(count) {
    const present = this.#members.slice(0, count);
    this.#present = count;
    const bundles = present.map(({ bundle }) => bundle);
    const texts = bundles.map((bundle) => bundle.toString("base64"));
    await this.page.evaluate((texts) => bench.join.state(texts), texts);
    present.forEach((member) => {
      const others = bundles.filter((bundle) => bundle !== member.bundle);
      member.call.set_members([this.bundle, ...others], [], this.#now());
      this.#drive(member);
    });
    this.#last = Date.now();
    for (const end = Date.now() + LIMIT; Date.now() < end; ) {
      await sleep(100);
      if (Date.now() - this.#last < SILENCE) continue;
      if ((await this.page.evaluate(() => bench.join.keyed())) === count) return;
    }
    throw new Error(`${count} members did not get all keys`);
  }

  /** Host tasks that are still running will find no core. */
  close() {
    clearInterval(this.timer);
    this.#members.splice(0).forEach(({ call }) => call.free());
  }

  #now() {
    return Date.now() - this.#start;
  }

  #receive(to, text) {
    this.#last = Date.now();
    const member = this.#members.find(({ id }) => id === to);
    if (!member) return;
    member.call.receive(Buffer.from(text, "base64"), undefined, this.#now());
    this.#drive(member);
  }

  #tick() {
    this.#members.slice(0, this.#present).forEach((member) => {
      member.call.tick(this.#now());
      this.#drive(member);
    });
  }

  /** Handles the outputs of a core. Host tasks continue on their own. */
  #drive(member) {
    if (!this.#members.includes(member)) return;
    for (let output; (output = member.call.poll()); ) {
      if (output.type === "send") this.#send(member, output);
      else if (this.#isForAnother(output)) member.call.refused(output.ticket, this.#now());
      else serve(member, output, this.#now()).then(() => this.#drive(member));
    }
  }

  #isForAnother({ type, bytes }) {
    const end = RECIPIENT + this.id.length;
    return type === "sign" && !this.id.equals(bytes.subarray(RECIPIENT, end));
  }

  /** Sends all messages of one turn together. */
  #send({ id }, { bytes }) {
    this.#last = Date.now();
    if (this.#outbox.push({ from: id, bytes: Buffer.from(bytes).toString("base64") }) > 1) return;
    setImmediate(() => {
      const messages = this.#outbox.splice(0);
      this.page.evaluate((messages) => bench.join.deliver(messages), messages);
    });
  }
}
