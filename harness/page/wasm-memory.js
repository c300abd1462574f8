// The memories of the WebAssembly instances of a worker. Import it before the file that makes them.
const memories = [];

/** Bytes of all memories that still exist. One that is not used any more may still count. */
export function wasmBytes() {
  const alive = memories.flatMap((memory) => memory.deref() ?? []);
  return alive.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
}

const { Instance, instantiate, instantiateStreaming } = WebAssembly;

WebAssembly.instantiate = async (...args) => noted(await instantiate(...args));
WebAssembly.instantiateStreaming = async (...args) => noted(await instantiateStreaming(...args));
// Not a class of its own: instances must stay instances of `WebAssembly.Instance`.
WebAssembly.Instance = new Proxy(Instance, {
  construct: (...args) => noted(Reflect.construct(...args)),
});

/** `made` is an instance, or an object that has one. */
function noted(made) {
  const { memory } = (made.instance ?? made).exports;
  if (memory) memories.push(new WeakRef(memory));
  return made;
}
