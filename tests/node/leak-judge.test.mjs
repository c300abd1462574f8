// The watchdog's judge: a leak is stopped as fast as ever, and packets that queue in the browser are
// no leak. A model of a sender gives it samples: encoder, worker, queue, network.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LeakJudge } from "../../target/js/page/leak-judge.js";

/** Milliseconds between two samples. */
const SAMPLE_MS = 200;
/** What sealing adds to a frame. */
const SEALED = 30;
/** A sender that only leaks is stopped by the second sample that shows it. */
const LEAK_SAMPLES = 2;
/** One layer that leaks is stopped by this sample, which is 4.8 seconds. */
const LAYER_SAMPLES = 24;

/** Frames: milliseconds between two, their bytes, and bytes of the codec's header in a packet. */
const SOUND = { every: 20, size: 100, header: 0, video: false };
const PICTURE = { every: 40, size: 3000, header: 6, video: true };
const KINDS = { sound: SOUND, "a picture": PICTURE };

/** A sender that samples itself. */
class Sender {
  #judge = new LeakJudge();
  #kind;
  #sent = { packets: 0, bytes: 0, encoded: 0 };
  #count = { received: 0, forwarded: 0, bytes: 0 };
  /** Bytes of packets that have not left. */
  #queue = [];
  /** Frames that the worker has not taken. */
  #waiting = 0;
  #frames = 0;
  /** Milliseconds until the next frame, below 0. */
  #time = 0;

  constructor(kind) {
    this.#kind = kind;
  }

  /**
   * Runs for some samples. Returns those in which the sender was stopped, counted from 1.
   * @param {object} way
   * `bypass`: one frame in this many leaves as plaintext, past the worker.
   * `worker`: whether the worker takes frames; `drops`: whether it drops all.
   * `rate`: at most this many packets leave for each frame.
   * `loses`: one sealed frame in this many never leaves.
   * `tone`: a tone replaces sound. `padding`: packets without payload in a sample.
   * `stale`: the page is busy, and the last pulse is old.
   */
  run(samples, way = {}) {
    const stops = [];
    for (let i = 1; i <= samples; i++) {
      const before = { ...this.#count };
      for (this.#time += SAMPLE_MS; this.#time > 0; this.#time -= this.#kind.every)
        this.#frame(way);
      this.#send(way);
      const { video } = this.#kind;
      const encoded = video ? this.#sent.encoded : this.#sent.bytes;
      const count = way.stale ? before : { ...this.#count };
      const sample = { ...this.#sent, encoded, video, count };
      if (this.#judge.isLeaking(sample, { ...this.#count })) stops.push(i);
    }
    return stops;
  }

  #frame({ bypass = 0, worker = true, drops = false, loses = 0, tone = false }) {
    const { size, header } = this.#kind;
    const every = (n) => n > 0 && this.#frames % n === 0;
    this.#frames++;
    this.#sent.encoded++;
    if (every(bypass)) this.#queue.push(size + header);
    else this.#waiting++;
    for (; worker && this.#waiting > 0; this.#waiting--) {
      this.#count.received++;
      if (drops) continue;
      this.#count.forwarded++;
      this.#count.bytes += size + SEALED;
      if (!tone && !every(loses)) this.#queue.push(size + SEALED + header);
    }
    if (tone) this.#queue.push(4);
  }

  #send({ rate = Infinity, padding = 0 }) {
    for (const bytes of this.#queue.splice(0, (rate * SAMPLE_MS) / this.#kind.every)) {
      this.#sent.packets++;
      this.#sent.bytes += bytes;
    }
    this.#sent.packets += padding;
  }
}

/** A sender that has sent for ten seconds without an alarm. */
function healthy(kind) {
  const sender = new Sender(kind);
  assert.deepEqual(sender.run(50), []);
  return sender;
}

for (const [name, kind] of Object.entries(KINDS)) {
  test(`${name}: packets that leave late, while the worker gets no frame, are no leak`, () => {
    const sender = healthy(kind);
    for (let i = 0; i < 20; i++) {
      const stops = [
        sender.run(5, { rate: 0 }), // packets queue
        sender.run(4, { worker: false, rate: 1 }), // they leave, and frames queue before the worker
        sender.run(5, { rate: 2 }),
        sender.run(5),
      ];
      assert.deepEqual(stops, [[], [], [], []]);
    }
  });

  test(`${name}: a sender that loses its transform is stopped at once`, () => {
    const stops = healthy(kind).run(10, { bypass: 1 });
    assert.equal(stops[0], LEAK_SAMPLES);
  });

  test(`${name}: a sender that never had a transform is stopped at once`, () => {
    assert.equal(new Sender(kind).run(10, { bypass: 1 })[0], 1 + LEAK_SAMPLES);
  });

  test(`${name}: a leak behind sealed frames that never left is stopped within two seconds`, () => {
    const sender = healthy(kind);
    assert.deepEqual(sender.run(50, { loses: 1 }), []);
    const [first] = sender.run(20, { bypass: 1 });
    assert.ok(first <= 10, `${first}`);
  });

  test(`${name}: a leak after a queue has left is stopped at once`, () => {
    const sender = healthy(kind);
    assert.deepEqual([sender.run(5, { rate: 0 }), sender.run(10)], [[], []]);
    assert.equal(sender.run(10, { bypass: 1 })[0], LEAK_SAMPLES);
  });

  test(`${name}: a sender that leaks on is stopped again`, () => {
    assert.ok(healthy(kind).run(20, { bypass: 1 }).length > 1);
  });

  test(`${name}: padding is no leak, if the worker drops all frames`, () => {
    assert.deepEqual(healthy(kind).run(50, { drops: true, padding: 20 }), []);
  });
}

for (const layers of [2, 3, 5]) {
  test(`one layer of ${layers} that bypasses the worker is stopped`, () => {
    const stops = healthy(PICTURE).run(40, { bypass: layers });
    assert.ok(stops[0] <= LAYER_SAMPLES, `${stops}`);
  });
}

for (const [name, kind] of Object.entries(KINDS))
  test(`${name}: pulses that reach a busy page late are no leak`, () => {
    const sender = healthy(kind);
    const stops = Array.from({ length: 20 }, () => [
      sender.run(3, { stale: true }),
      sender.run(2, { worker: false, rate: 1, stale: true }),
      sender.run(3),
    ]);
    assert.deepEqual(stops.flat(2), []);
  });

test("frames that queue before a slow worker, again and again, are no missing layer", () => {
  const sender = healthy(PICTURE);
  for (let i = 0; i < 20; i++)
    assert.deepEqual([...sender.run(3, { worker: false }), ...sender.run(2)], []);
});

test("one picture a second is no leak, though the worker gets it late", () => {
  const sender = new Sender({ ...PICTURE, every: 1000 });
  for (let i = 0; i < 20; i++)
    assert.deepEqual([...sender.run(4, { worker: false }), ...sender.run(6)], []);
});

test("sound that leaves past a worker that drops all is stopped", () => {
  assert.deepEqual(healthy(SOUND).run(11, { drops: true, bypass: 2 }).length, 0);
  assert.ok(healthy(SOUND).run(20, { drops: true, bypass: 2 }).length > 0);
});

test("a tone beside sealed sound is stopped by its first sample", () => {
  assert.equal(healthy(SOUND).run(10, { tone: true })[0], 1);
  assert.equal(healthy(SOUND).run(1, { tone: true }).length, 1, "also if it lasts no longer");
});

test("one sealed packet among packets without payload, as a call begins, is no tone", () => {
  const sender = new Sender(SOUND);
  const stops = [sender.run(2, { rate: 0 }), sender.run(1, { rate: 0.1, padding: 25 })];
  assert.deepEqual([...stops, sender.run(20)], [[], [], []]);
});
