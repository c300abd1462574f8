// Key messages over a real RabbitMQ: `sealframe/stomp` with real clients. scenario.test.mjs has
// calls whose keys go this way.
import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { after, afterEach, before, describe, test } from "node:test";
import { connect } from "sealframe/stomp";
import WebSocket from "ws";
import { GUEST, startBroker } from "../../harness/rabbitmq.mjs";
import { sleep } from "../../harness/sleep.js";
import { Call, hex, newClient, quiet, subscribed, until } from "./stomp-call.mjs";

/** Users named after a device may read the messages for that device, and write to all. */
const DEVICES = [hex(), hex()].map((login) => ({
  login,
  passcode: "secret",
  read: "^sealframe\\.[0-9a-f]{32}\\.{username}$",
}));

describe("sealframe/stomp", () => {
  let broker;
  const open = new Set();
  before(async () => {
    // Node 20 has no WebSocket.
    globalThis.WebSocket ??= WebSocket;
    broker = await startBroker([GUEST, ...DEVICES]);
  });
  afterEach(async () => {
    await Promise.all([...open].map((client) => client.deactivate({ force: true })));
    open.clear();
  });
  after(() => broker?.close());

  /** A client of the application. */
  const stomp = ({ login, passcode } = GUEST) => {
    const client = newClient(broker.url, login, passcode);
    open.add(client);
    return client;
  };
  const online = async (user) => {
    const client = stomp(user);
    client.activate();
    await until(() => client.connected);
    return client;
  };
  /** The messages that reach a destination, seen by a user that may read all. */
  const spy = async (destination) => {
    const client = await online();
    const seen = [];
    let ready = false;
    client.watchForReceipt("ready", () => (ready = true));
    client.subscribe(destination, ({ body }) => body && seen.push(body), { receipt: "ready" });
    await until(() => ready);
    return seen;
  };

  test("messages for a device go to its own destination and nowhere else", async () => {
    const call = new Call(randomUUID());
    const [one, two] = [hex(), hex()];
    const tag = createHash("sha256").update(call.id).digest("hex").slice(0, 32);
    const [all, first, second] = await Promise.all([
      spy("/topic/#"),
      spy(`/topic/sealframe.${tag}.${one}`),
      spy(`/exchange/amq.topic/sealframe.${tag}.${two}`),
    ]);
    connect(call, await online());
    call.say(one, [1, 2, 3]);
    call.say(two, [0, 255]);
    await until(() => all.length === 2);
    assert.deepEqual([first, second], [["AQID"], ["AP8="]]);
  });

  test("two calls on one client exchange messages in both directions", async () => {
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
    assert.deepEqual(
      theirs.map(({ received }) => received),
      [[[0, 1]], [[1, 1]]],
    );
    assert.deepEqual(
      ours.map(({ received }) => received),
      [[[0, 2]], [[1, 2]]],
    );
  });

  test("messages before the connection are sent in order, once each, when it opens", async () => {
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

  test("at most 1024 messages wait for a connection, and they are the newest", async () => {
    const client = stomp();
    // So many messages in a row trigger flow control, which kills RabbitMQ 3.10's heartbeater and
    // the connection.
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

  test("after a broken connection the inbox is subscribed again, and queues kept its messages", async () => {
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

  test("an inbox with its own name gets messages, also after a broken connection", async () => {
    const room = randomUUID();
    const [ours, theirs] = [new Call(room), new Call(room)];
    const [a, b] = await Promise.all([online(), online()]);
    const elsewhere = await spy("/topic/sealframe.#");
    const [first, second] = [hex(), hex()];
    const send = (names) => (device) => `/topic/${names}.${device}`;
    // Each side sends under another name than it listens to, so without its inbox it would get
    // nothing.
    connect(ours, a, {
      destination: send(first),
      inbox: `/exchange/amq.topic/${second}.${ours.self}`,
    });
    connect(theirs, b, {
      destination: send(second),
      inbox: `/exchange/amq.topic/${first}.${theirs.self}`,
    });
    for (let round = 0; round < 2; round++) {
      await until(() => subscribed(a, 1) && subscribed(b, 1));
      await Promise.all([quiet(a), quiet(b)]);
      ours.say(theirs.self, [round, 1]);
      theirs.say(ours.self, [round, 2]);
      await until(() => ours.received.length > round && theirs.received.length > round);
      for (const { webSocket } of [a, b]) webSocket.close();
      await until(() => !a.connected && !b.connected);
    }
    assert.deepEqual(
      [ours.received, theirs.received],
      [
        [
          [0, 2],
          [1, 2],
        ],
        [
          [0, 1],
          [1, 1],
        ],
      ],
    );
    assert.deepEqual([elsewhere, a.errors, b.errors], [[], [], []]);
  });

  test("an onConnect that the application sets later replaces ours until the next message only", async () => {
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

  test("invalid and refused messages raise an error event each, and later ones arrive", async () => {
    const client = await online();
    const call = new Call(randomUUID());
    connect(call, client, { destination: (device) => `/topic/nonsense.${device}` });
    await until(() => subscribed(client, 1));
    await quiet(client);
    const bodies = [
      "",
      "AQID\n",
      "!!!!",
      "AQI",
      "{}",
      "A".repeat(90_000),
      "\u0000\ufffd",
      "/w==",
      "AQID",
    ];
    for (const body of bodies)
      client.publish({ destination: `/topic/nonsense.${call.self}`, body });
    await until(() => call.received.length === 1);
    assert.deepEqual(call.received, [[1, 2, 3]]);
    assert.deepEqual(call.errors, [...Array(7).fill("bad-message"), "refused"]);
    assert.ok(client.connected);
  });

  test("after end() nothing is sent or received, and the client is as before", async () => {
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
    // A closed call ends the connection to the client by itself.
    connect(call, client, { destination: () => "/topic/closed" });
    await until(() => subscribed(client, 1));
    await quiet(client);
    call.closed = true;
    client.publish({ destination: "/topic/closed", body: "AQID" });
    await until(() => subscribed(client, 0));
    assert.deepEqual([call.received, call.errors], [[], []]);
  });

  test("end() at once sends and subscribes nothing", async () => {
    const client = await online();
    const call = new Call(randomUUID());
    const seen = await spy("/topic/#");
    connect(call, client)();
    call.say("x", [1]);
    await sleep(200);
    await quiet(client);
    assert.deepEqual([seen, subscribed(client, 0)], [[], true]);
  });

  test("connect() refuses wrong arguments as bad-argument", async () => {
    const [call, client] = [new Call("room"), stomp()];
    for (const wrong of [
      [undefined, client],
      [{}, client],
      [call],
      [call, {}],
      [call, client, null],
      [call, client, []],
    ]) {
      assert.throws(() => connect(...wrong), { name: "SealframeError", code: "bad-argument" });
    }
  });

  test("with permissions at the broker no device can read messages for another", async () => {
    const room = randomUUID();
    const [alice, mallory] = DEVICES;
    const call = new Call(room, alice.login);
    const client = await online(alice);
    connect(call, client);
    await until(() => subscribed(client, 1));
    await quiet(client);
    const tag = createHash("sha256").update(room).digest("hex").slice(0, 32);
    for (const destination of [
      `/topic/sealframe.${tag}.${alice.login}`,
      "/topic/#",
      `/topic/sealframe.${tag}.*`,
    ]) {
      const spying = await online(mallory);
      const seen = [];
      spying.reconnectDelay = 0;
      spying.subscribe(destination, ({ body }) => seen.push(body));
      // Over WebSockets RabbitMQ 3.10 closes the connection without an ERROR frame.
      await until(() => !spying.connected);
      assert.deepEqual(seen, [], destination);
    }
    const other = new Call(room, mallory.login);
    connect(other, await online(mallory));
    other.say(alice.login, [7]);
    await until(() => call.received.length === 1);
  });
});
