// Makes the next writes of the shipped worker fail, as on a full disk.
const channel = new BroadcastChannel("full");
let fail = 0;
channel.onmessage = ({ data }) => {
  fail = data;
  channel.postMessage("full");
};
for (const method of ["put", "clear"]) {
  const write = IDBObjectStore.prototype[method];
  IDBObjectStore.prototype[method] = function (...row) {
    if (fail-- > 0) throw new DOMException("full", "QuotaExceededError");
    return write.apply(this, row);
  };
}
