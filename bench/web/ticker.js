/** Reports when frames are due, within a millisecond. Timers of a busy worker are less exact. */
self.onmessage = ({ ports: [port] }) => {
  self.onmessage = null;
  port.onmessage = ({ data: { events, arrived, dues } }) => {
    play(events, new Int32Array(arrived), new Float64Array(dues));
    port.postMessage({ value: true });
  };
};

/** Records when each frame was due, counts it as arrived, and wakes the worker. */
function play(events, arrived, dues) {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const start = performance.now() - (events[0]?.[0] ?? 0);
  for (const [at, [due]] of events.entries()) {
    const pause = start + due - performance.now();
    if (pause > 0) Atomics.wait(sleeper, 0, 0, pause);
    dues[at] = performance.timeOrigin + performance.now();
    Atomics.add(arrived, 0, 1);
    Atomics.notify(arrived, 0);
  }
}
