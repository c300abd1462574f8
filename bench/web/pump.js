/**
 * The cheapest way through a pair of streams, for peers that have none of their own. It uses reader
 * and writer directly, as js/worker/pump.ts does.
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

/**
 * The same for a `process` that returns a promise. It handles one frame at a time, so they stay in
 * order.
 */
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
