/**
 * The cheapest way through a pair of streams, for peers that bring none of their own: the same
 * reader and writer by hand as in js/pump.js.
 */
export function pump({ readable, writable }, process) {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  const next = () => void reader.read().then(move);
  const move = ({ done, value }) => {
    if (done || writer.desiredSize === null) return;
    next();
    value.data = process(value);
    writer.write(value);
  };
  next();
}

/** The same for a `process` that gives a promise. One frame after the other: they stay in order. */
export async function pumpAsync({ readable, writable }, process) {
  const reader = readable.getReader();
  const writer = writable.getWriter();
  while (writer.desiredSize !== null) {
    const { done, value } = await reader.read();
    if (done) return;
    value.data = await process(value);
    writer.write(value);
  }
}
