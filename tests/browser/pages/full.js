// Beside the shipped worker: the next writes fail as on a full disk.
const channel = new BroadcastChannel("full");
let fail = 0;
channel.onmessage = ({ data }) => {
  fail = data;
  channel.postMessage("full");
};
const { put } = IDBObjectStore.prototype;
IDBObjectStore.prototype.put = function (...row) {
  if (fail-- > 0) throw new DOMException("full", "QuotaExceededError");
  return put.apply(this, row);
};
