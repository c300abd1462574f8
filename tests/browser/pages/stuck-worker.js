// The shipped worker behind a server that is stuck. On request every frame at a receiver repeats
// the last one.
import "/dist/worker.js";

const channel = new BroadcastChannel("stuck");
let stuck = false;
channel.onmessage = ({ data }) => (stuck = data.stuck);

const shipped = self.onrtctransform;
self.onrtctransform = ({ transformer }) => shipped({ transformer: behind(transformer) });

function behind(transformer) {
  const { options, writable } = transformer;
  if (options.direction === "seal") return transformer;
  const reader = transformer.readable.getReader();
  let last = new ArrayBuffer(0);
  const read = async () => {
    const result = await reader.read();
    if (stuck && !result.done) result.value.data = last.slice(0);
    else if (result.value?.data.byteLength) last = result.value.data.slice(0);
    return result;
  };
  return { options, writable, readable: { getReader: () => ({ read }) } };
}
