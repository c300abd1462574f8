// Key messages over STOMP, as an application with a broker carries them.

/** Milliseconds between attempts to reach the broker. */
const RECONNECT = 500;

/**
 * @param {import("../../dist/index.js").Call} call
 * @param {{ url: string, login: string, passcode: string }} broker
 * @param {{ connected(): void, failed(error: string): void }} events
 */
export async function carryOverStomp(call, { url, login, passcode }, { connected, failed }) {
  const [{ Client }, { connect }] = await Promise.all([
    import("/stompjs/index.js"),
    import("/dist/stomp.js"),
  ]);
  const client = new Client({
    brokerURL: url,
    connectHeaders: { login, passcode, host: "/" },
    reconnectDelay: RECONNECT,
  });
  client.onConnect = connected;
  client.onStompError = ({ headers }) => failed(`STOMP: ${headers.message}`);
  connect(call, client);
  client.activate();
}
