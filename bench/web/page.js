/** The page: one worker for each peer, all in this process. `bench/browser.mjs` calls `measure`. */
import { measure } from "./measure.js";

const policy = globalThis.trustedTypes?.createPolicy("sealframe", { createScriptURL: (url) => url });

/** Runs a script of ours as a worker; its first message carries `data` and a port for the rest. */
export function startWorker(script, data) {
  const url = new URL(script, import.meta.url).href;
  const worker = new Worker(policy?.createScriptURL(url) ?? url, { type: "module" });
  const { port1: port, port2 } = new MessageChannel();
  worker.postMessage(data, [port2]);
  return { worker, port };
}

/** A worker and the requests to it. */
class Peer {
  constructor(name, data) {
    this.name = name;
    Object.assign(this, startWorker("worker.js", { ...data, peer: name }));
  }

  ask(request) {
    return new Promise((resolve, reject) => {
      const fail = (reason) => reject(new Error(`${this.name}: ${reason}`));
      this.worker.onerror = ({ message }) => fail(message ?? "worker failed");
      this.port.onmessage = ({ data: { value, error } }) => (error ? fail(error) : resolve(value));
      this.port.postMessage(request);
    });
  }
}

/** One question after the other; `peers` has the places of each. */
async function run(questions) {
  const answers = [];
  for (const question of questions) answers.push(await answer(question));
  return answers;
}

async function answer({ what, peers: places, ...plan }) {
  const peers = [];
  for (const [name, place] of Object.entries(places)) {
    const peer = new Peer(name, { what, places: place });
    await peer.ask("ready");
    peers.push(peer);
  }
  const cells = await measure(peers, { what, ...plan });
  peers.forEach(({ worker }) => worker.terminate());
  return cells;
}

globalThis.bench = { run };
