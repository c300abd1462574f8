// What tests of `sealframe/stomp` use in place of a call, and how they wait for a client.
import { randomBytes } from "node:crypto";
import { Client } from "@stomp/stompjs";
import { sleep } from "../../harness/sleep.js";

/** Milliseconds after which a condition counts as false for ever. */
const LIMIT = 45_000;

/** Milliseconds between attempts of a client to connect. */
const RECONNECT = 100;

/** A random device id. */
export const hex = () => randomBytes(16).toString("hex");

/** The part of a call that the transport sees: the messages that it sends and receives. */
export class Call extends EventTarget {
  received = [];
  errors = [];
  closed = false;

  constructor(id, self = hex()) {
    super();
    Object.assign(this, { id, self });
    this.addEventListener("error", ({ code }) => this.errors.push(code));
  }

  say(to, bytes) {
    this.dispatchEvent(Object.assign(new Event("message"), { to, bytes: Uint8Array.from(bytes) }));
  }

  async receive(bytes) {
    if (this.closed) throw Object.assign(new Error(), { code: "call-closed" });
    if (bytes[0] === 255) throw Object.assign(new Error(), { code: "refused" });
    this.received.push([...bytes]);
  }
}

/** A client of the application. Its `errors` collect those of the broker. */
export function newClient(brokerURL, login, passcode) {
  const connectHeaders = { login, passcode, host: "/" };
  const client = new Client({ brokerURL, connectHeaders, reconnectDelay: RECONNECT });
  client.errors = [];
  client.onStompError = ({ headers }) => client.errors.push(headers.message);
  return client;
}

/** Whether the client has this number of subscriptions. */
export const subscribed = (client, count) =>
  Object.keys(client._stompHandler?._subscriptions ?? {}).length === count;

/** Waits until the broker has handled all messages that this client sent before. */
export async function quiet(client) {
  let dealt = false;
  const receipt = hex();
  client.watchForReceipt(receipt, () => (dealt = true));
  client.publish({ destination: "/topic/nobody", body: "", headers: { receipt } });
  await until(() => dealt);
}

/** Waits until `condition` holds. The limit ends a test that hangs. */
export async function until(condition) {
  const end = Date.now() + LIMIT;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`did not happen: ${condition}`);
    await sleep(20);
  }
}
