/** The page's end of a port to a worker of the bench. It carries one request at a time. */
export const policy = globalThis.trustedTypes?.createPolicy("sealframe", {
  createScriptURL: (url) => url,
});

export class Client {
  /** The worker's first message carries `data`, and the port for all that follows. */
  constructor(script, data) {
    this.script = script;
    const url = new URL(script, import.meta.url).href;
    this.worker = new Worker(policy?.createScriptURL(url) ?? url, { type: "module", name: script });
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.worker.postMessage(data, [port2]);
  }

  ask(request, transfer = []) {
    return new Promise((resolve, reject) => {
      const fail = (reason) => reject(new Error(reason));
      this.worker.onerror = ({ message }) => fail(message ?? `${this.script} does not load`);
      this.port.onmessage = ({ data: { value, error } }) => (error ? fail(error) : resolve(value));
      this.port.postMessage(request, transfer);
    });
  }

  close() {
    this.worker.terminate();
  }
}
