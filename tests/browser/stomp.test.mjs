// Key messages over a real RabbitMQ: `sealframe/stomp` with real clients, then a call between two
// browsers that has nothing else for its keys.
import assert from "node:assert/strict";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { after, afterEach, before, describe, test } from "node:test";
import { Client } from "@stomp/stompjs";
import { connect } from "sealframe/stomp";
import WebSocket from "ws";
import { GUEST, startBroker } from "../../call/broker.mjs";
import { launch } from "../../call/browsers.mjs";
import { Stage, serveScenarios } from "../../call/scenario.mjs";
import { sleep } from "../../call/sleep.js";

const LIMIT = 45_000;
const RECONNECT = 100;
const hex = () => randomBytes(16).toString("hex");

/** Whoever logs in under a device's id may read what is for that device, and write to all. */
const DEVICES = [hex(), hex()].map((login) => ({ login, passcode: "secret", read: "^sealframe\\.[0-9a-f]{32}\\.{username}$" }));

describe("sealframe/stomp", () => {
  let broker;
  const open = new Set();
  before(async () => {
    // Node 20 has none of its own.
    globalThis.WebSocket ??= WebSocket;
    broker = await startBroker([GUEST, ...DEVICES]);
  });
  afterEach(async () => {
    await Promise.all([...open].map((client) => client.deactivate({ force: true })));
    open.clear();
  });
  after(() => broker?.close());

  /** A client of the application's. */
  const stomp = ({ login, passcode } = GUEST) => {
    const client = new Client({ brokerURL: broker.url, connectHeaders: { login, passcode, host: "/" }, reconnectDelay: RECONNECT });
    open.add(client);
    client.errors = [];
    client.onStompError = ({ headers }) => client.errors.push(headers.message);
    return client;
  };
  const online = async (user) => {
    const client = stomp(user);
    client.activate();
    await until(() => client.connected);
    return client;
  };
  /** What reaches a destination, seen by somebody who may see all. */
  const spy = async (destination) => {
    const client = await online();
    const seen = [];
    let ready = false;
    client.watchForReceipt("ready", () => (ready = true));
    client.subscribe(destination, ({ body }) => body && seen.push(body), { receipt: "ready" });
    await until(() => ready);
    return seen;
  };

  test("each device has its own destination; nothing else is sent", async () => {
    const call = new Call(randomUUID());
    const [one, two] = [hex(), hex()];
    const tag = createHash("sha256").update(call.id).digest("hex").slice(0, 32);
    const [all, first, second] = await Promise.all([spy("/topic/#"), spy(`/topic/sealframe.${tag}.${one}`), spy(`/exchange/amq.topic/sealframe.${tag}.${two}`)]);
    connect(call, await online());
    call.say(one, [1, 2, 3]);
    call.say(two, [0, 255]);
    await until(() => all.length === 2);
    assert.deepEqual([first, second], [["AQID"], ["AP8="]]);
  });

  test("from one device to another and back, two calls on one client", async () => {
    const rooms = [randomUUID(), randomUUID()];
    const [a, b] = await Promise.all([online(), online()]);
    const ours = rooms.map((room) => new Call(room));
    const theirs = rooms.map((room) => new Call(room));
    ours.forEach((call) => connect(call, a));
    theirs.forEach((call) => connect(call, b));
    await until(() => subscribed(b, 2) && subscribed(a, 2));
    await quiet(b);
    ours.forEach((call, i) => call.say(theirs[i].self, [i, 1]));
    await until(() => theirs.every(({ received }) => received.length === 1));
    theirs.forEach((call, i) => call.say(ours[i].self, [i, 2]));
    await until(() => ours.every(({ received }) => received.length === 1));
    assert.deepEqual(theirs.map(({ received }) => received), [[[0, 1]], [[1, 1]]]);
    assert.deepEqual(ours.map(({ received }) => received), [[[0, 2]], [[1, 2]]]);
  });

  test("said before there is a connection: sent in order once there is one, each once", async () => {
    const client = stomp();
    const call = new Call(randomUUID());
    let told = 0;
    client.onConnect = () => told++;
    connect(call, client, { prefix: "/topic/early." });
    for (const byte of [1, 2, 1, 3, 2]) call.say("x", [byte]);
    const seen = await spy("/topic/#");
    client.activate();
    await until(() => seen.length === 3);
    await quiet(client);
    assert.deepEqual(seen, ["AQ==", "Ag==", "Aw=="]);
    assert.equal(told, 1, "the application's own onConnect");
  });

  test("no more than 1024 messages wait; the newest do", async () => {
    const client = stomp();
    // RabbitMQ 3.10's heartbeater dies of the flow control that so many in a row bring about, and the connection with it.
    Object.assign(client, { heartbeatIncoming: 0, heartbeatOutgoing: 0 });
    const call = new Call(randomUUID());
    connect(call, client);
    for (let i = 0; i < 1030; i++) call.say("x", [i >> 8, i & 255]);
    const seen = await spy("/topic/#");
    client.activate();
    await until(() => seen.length === 1024);
    await quiet(client);
    assert.equal(seen.length, 1024);
    assert.deepEqual([...Buffer.from(seen[0], "base64")], [0, 6]);
    assert.deepEqual([...Buffer.from(seen[1023], "base64")], [4, 5]);
  });

  test("a connection that broke: subscribed again, and queues keep what came meanwhile", async () => {
    const room = randomUUID();
    const settings = { prefix: `/queue/sealframe-${hex()}.`, headers: { "x-expires": "60000" } };
    const [a, b] = await Promise.all([online(), online()]);
    const [ours, theirs] = [new Call(room), new Call(room)];
    connect(ours, a, settings);
    connect(theirs, b, settings);
    for (let i = 0; i < 3; i++) {
      b.webSocket.close();
      await until(() => !b.connected);
      ours.say(theirs.self, [i]);
      if (i === 1) a.webSocket.close(); // perhaps before it was confirmed
      await until(() => theirs.received.some(([byte]) => byte === i));
    }
    assert.deepEqual([a.errors, b.errors], [[], []]);
  });

  test("an inbox of another name than what others send to, subscribed again when a connection broke", async () => {
    const room = randomUUID();
    const [ours, theirs] = [new Call(room), new Call(room)];
    const [a, b] = await Promise.all([online(), online()]);
    const elsewhere = await spy("/topic/sealframe.#");
    const [first, second] = [hex(), hex()];
    const send = (names) => (device) => `/topic/${names}.${device}`;
    // What each calls itself when it sends is not where it listens: without its inbox nothing would reach it.
    connect(ours, a, { destination: send(first), inbox: `/exchange/amq.topic/${second}.${ours.self}` });
    connect(theirs, b, { destination: send(second), inbox: `/exchange/amq.topic/${first}.${theirs.self}` });
    for (let round = 0; round < 2; round++) {
      await until(() => subscribed(a, 1) && subscribed(b, 1));
      await Promise.all([quiet(a), quiet(b)]);
      ours.say(theirs.self, [round, 1]);
      theirs.say(ours.self, [round, 2]);
      await until(() => ours.received.length > round && theirs.received.length > round);
      for (const { webSocket } of [a, b]) webSocket.close();
      await until(() => !a.connected && !b.connected);
    }
    assert.deepEqual([ours.received, theirs.received], [[[0, 2], [1, 2]], [[0, 1], [1, 1]]]);
    assert.deepEqual([elsewhere, a.errors, b.errors], [[], [], []]);
  });

  test("an onConnect that the application sets later displaces ours only until the next message", async () => {
    const client = await online();
    const call = new Call(randomUUID());
    connect(call, client, { prefix: "/topic/later." });
    await until(() => subscribed(client, 1));
    let told = 0;
    client.onConnect = () => told++;
    client.webSocket.close();
    await until(() => told === 1);
    call.say("x", [1]);
    assert.ok(subscribed(client, 1));
  });

  test("nonsense and what the call refuses: an error event each, and the call goes on", async () => {
    const client = await online();
    const call = new Call(randomUUID());
    connect(call, client, { destination: (device) => `/topic/nonsense.${device}` });
    await until(() => subscribed(client, 1));
    await quiet(client);
    const bodies = ["", "AQID\n", "!!!!", "AQI", "{}", "A".repeat(90_000), "\u0000\ufffd", "/w==", "AQID"];
    for (const body of bodies) client.publish({ destination: `/topic/nonsense.${call.self}`, body });
    await until(() => call.received.length === 1);
    assert.deepEqual(call.received, [[1, 2, 3]]);
    assert.deepEqual(call.errors, [...Array(7).fill("bad-message"), "refused"]);
    assert.ok(client.connected);
  });

  test("ended: nothing goes, nothing comes, and the client is as it was", async () => {
    const client = await online();
    const call = new Call(randomUUID());
    const seen = await spy(`/topic/#`);
    const theirs = client.onConnect;
    const end = connect(call, client);
    await until(() => subscribed(client, 1));
    end();
    call.say("x", [1]);
    await quiet(client);
    assert.deepEqual([seen, client.onConnect, subscribed(client, 0)], [[], theirs, true]);
    end();
    // A call that was closed ends it by itself.
    connect(call, client, { destination: () => "/topic/closed" });
    await until(() => subscribed(client, 1));
    await quiet(client);
    call.closed = true;
    client.publish({ destination: "/topic/closed", body: "AQID" });
    await until(() => subscribed(client, 0));
    assert.deepEqual([call.received, call.errors], [[], []]);
  });

  test("ended at once: nothing was begun", async () => {
    const client = await online();
    const call = new Call(randomUUID());
    const seen = await spy("/topic/#");
    connect(call, client)();
    call.say("x", [1]);
    await sleep(200);
    await quiet(client);
    assert.deepEqual([seen, subscribed(client, 0)], [[], true]);
  });

  test("wrong arguments: a code", async () => {
    const [call, client] = [new Call("room"), stomp()];
    for (const wrong of [[undefined, client], [{}, client], [call], [call, {}], [call, client, null], [call, client, []]]) {
      assert.throws(() => connect(...wrong), { name: "SealframeError", code: "bad-argument" });
    }
  });

  test("where the broker has permissions, no device reads what is for another", async () => {
    const room = randomUUID();
    const [alice, mallory] = DEVICES;
    const call = new Call(room, alice.login);
    const client = await online(alice);
    connect(call, client);
    await until(() => subscribed(client, 1));
    await quiet(client);
    const tag = createHash("sha256").update(room).digest("hex").slice(0, 32);
    for (const destination of [`/topic/sealframe.${tag}.${alice.login}`, "/topic/#", `/topic/sealframe.${tag}.*`]) {
      const spying = await online(mallory);
      const seen = [];
      spying.reconnectDelay = 0;
      spying.subscribe(destination, ({ body }) => seen.push(body));
      // RabbitMQ 3.10 says why in an ERROR frame over TCP; over WebSockets it only hangs up.
      await until(() => !spying.connected);
      assert.deepEqual(seen, [], destination);
    }
    const other = new Call(room, mallory.login);
    connect(other, await online(mallory));
    other.say(alice.login, [7]);
    await until(() => call.received.length === 1);
  });

  test("a call whose keys have no other way, chromium and firefox, and the broker restarts while a key is changed", async () => {
    const server = await serveScenarios(broker);
    const browsers = { a: await launch("chromium"), b: await launch("firefox") };
    const stage = new Stage({ codec: "vp8", labels: { video: "", audio: "" }, say: () => {} }, server, browsers, broker);
    try {
      const { a, b } = await stage.enter("a", "b");
      await broker.stop();
      await a.ask("rotate");
      await sleep(2_500); // then A seals with it all the same
      const before = await b.ask("passed", "a");
      await broker.start();
      await until(async () => (await b.ask("passed", "a")).frames > before.frames + 20);
      await stage.settled();
      for (const [side, other] of [[a, "b"], [b, "a"]]) {
        const { census, stats } = await side.ask("report", other);
        assert.equal(census.plaintext, 0);
        assert.ok(stats.streams.filter(({ direction }) => direction === "open").every(({ frames }) => frames > 20));
      }
    } finally {
      await stage.close();
      await Promise.all(Object.values(browsers).map((browser) => browser.close()));
      await server.close();
    }
  });
});

/** As much of a call as the transport sees: what it says and what it is given. */
class Call extends EventTarget {
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

const subscribed = (client, count) => Object.keys(client._stompHandler?._subscriptions ?? {}).length === count;

/** The broker has dealt with all that this client sent before. */
async function quiet(client) {
  let dealt = false;
  const receipt = hex();
  client.watchForReceipt(receipt, () => (dealt = true));
  client.publish({ destination: "/topic/nobody", body: "", headers: { receipt } });
  await until(() => dealt);
}

async function until(condition) {
  const end = Date.now() + LIMIT;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`did not happen: ${condition}`);
    await sleep(20);
  }
}
