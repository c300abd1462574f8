/** Says when frames are due, to the millisecond and better. Timers of a busy worker would not. */
self.onmessage = ({ data, ports: [port] }) => {
  self.onmessage = null;
  port.onmessage = ({ data: { events, dues }, ports: [worker] }) => {
    play(events, new Float64Array(dues), worker);
    port.postMessage({ value: true });
  };
};

/** Frame by frame: its number as a message, when it was due in memory that both threads see. */
function play(events, dues, worker) {
  const sleeper = new Int32Array(new SharedArrayBuffer(4));
  const start = performance.now() - (events[0]?.[0] ?? 0);
  for (const [at, [due]] of events.entries()) {
    const pause = start + due - performance.now();
    if (pause > 0) Atomics.wait(sleeper, 0, 0, pause);
    dues[at] = performance.timeOrigin + performance.now();
    worker.postMessage(at);
  }
}
