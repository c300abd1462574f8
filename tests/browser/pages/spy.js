// Counts the bytes of the shipped worker's wasm memory that are not zero when it reports a log-out.
const memories = [];
const { instantiate, instantiateStreaming } = WebAssembly;
const seen = (result) => (memories.push((result.instance ?? result).exports.memory), result);
WebAssembly.instantiateStreaming = async (...args) => seen(await instantiateStreaming(...args));
WebAssembly.instantiate = async (...args) => seen(await instantiate(...args));

const channel = new BroadcastChannel("spy");
const count = () =>
  memories.map(({ buffer }) => new Uint8Array(buffer).reduce((sum, byte) => sum + (byte !== 0), 0));
const post = self.postMessage.bind(self);
let asked;
self.addEventListener("message", ({ data }) => {
  if (data?.type === "logOut") [asked, self.before] = [data.id, count()];
});
self.postMessage = (message, ...rest) => {
  const over = message?.type === "reply" && message.id === asked;
  if (over || message?.type === "logged-out")
    channel.postMessage({ before: self.before, after: count() });
  post(message, ...rest);
};
const answer = MessagePort.prototype.postMessage;
MessagePort.prototype.postMessage = function (message, ...rest) {
  if (message?.value && self.name === "sealframe-argon2") channel.postMessage({ argon2: count() });
  answer.call(this, message, ...rest);
};
