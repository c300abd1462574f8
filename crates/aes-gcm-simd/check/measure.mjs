// Times two builds of `examples/engine.rs` in turn, in one process; for Node and for a worker.

export const SIZES = [120, 1200, 5000, 12_000, 60_000, 200_000];
const AAD = 48;
/** Short enough that most slices are not interrupted, long enough for a clock of 5 µs. */
const SLICE = 0.5;
const ROUNDS = 150;

/** Microseconds for each build, operation and size: medians over slices that take turns. */
export function measure(instances) {
  const subjects = Object.entries(instances).map(([name, { exports }]) => subject(name, exports));
  for (const { warm } of subjects) warm();
  const both = (size) => ["seal", "open"].map((operation) => row(subjects, operation, size));
  return SIZES.flatMap(both);
}

function row(subjects, operation, size) {
  const counts = subjects.map(({ prepare, run }) => {
    prepare(size);
    return count((n) => run[operation](size, n));
  });
  const times = subjects.map(() => []);
  for (let round = 0; round < ROUNDS; round++)
    subjects.forEach(({ run }, i) => {
      const copies = operation === "open" ? time(() => run.copy(size, counts[i])) : 0;
      times[i].push((time(() => run[operation](size, counts[i])) - copies) / counts[i]);
    });
  const us = Object.fromEntries(subjects.map(({ name }, i) => [name, 1000 * median(times[i])]));
  return { operation, size, us };
}

function subject(name, { allocate, memory, new_cipher, ...exports }) {
  const base = allocate(1 << 20);
  const cipher = new_cipher(base);
  const bytes = new Uint8Array(memory.buffer);
  const [nonce, aad, data, saved] = [base + 64, base + 128, base + 1024, base + (1 << 19)];
  const call = (operation, size) => exports[operation](cipher, nonce, aad, AAD, data, size);
  const copy = (size) => bytes.copyWithin(data, saved, saved + size + 16);
  const run = {
    seal: (size, n) => repeat(n, () => call("seal", size)),
    copy: (size, n) => repeat(n, () => copy(size)),
    open: (size, n) =>
      repeat(n, () => {
        copy(size);
        if (call("open", size)) throw new Error(`${name} does not open what it sealed`);
      }),
  };
  const prepare = (size) => {
    bytes.fill(7, data, data + size);
    call("seal", size);
    bytes.copyWithin(saved, data, data + size + 16);
  };
  const warm = () => {
    for (const size of SIZES) {
      prepare(size);
      for (const end = performance.now() + 80; performance.now() < end; ) run.open(size, 5);
      for (const end = performance.now() + 80; performance.now() < end; ) run.seal(size, 5);
    }
  };
  return { name, prepare, run, warm };
}

function repeat(n, work) {
  for (let i = 0; i < n; i++) work();
}

function time(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** How often `work` goes into a slice. */
function count(work) {
  for (let n = 1; ; n *= 2) {
    const took = time(() => work(n));
    if (took > SLICE) return Math.max(1, Math.round((n * SLICE) / took));
  }
}

export function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
