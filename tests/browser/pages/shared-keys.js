// Keys of the application and passphrases, and data sealed with them: scenarios for
// shared-keys.test.mjs.
import { Sealframe } from "/dist/index.js";
import { reaches, shows } from "./conversation.js";
import { dataKid } from "/harness/page/sframe-header.js";
import { forge, senderKey } from "./forge.js";
import { encoder } from "./profile.js";
import { thrown } from "./thrown.js";

globalThis.scenarios = {
  /** Data messages, replayed, altered, and opened by others. */
  async data() {
    const keys = () => ({
      near: new Uint8Array(32).fill(1),
      far: new Uint8Array(32).fill(2),
      third: new Uint8Array(32).fill(3),
    });
    const sealframe = await Sealframe.start({ device: false });
    const [near, far, third] = await Promise.all(
      ["near", "far", "third"].map((as) => sealframe.join("data", { as, keys: keys() })),
    );
    const sealed = await near.sealData(encoder.encode("to all"));
    const opened = new TextDecoder().decode(await far.openData(sealed, "near"));
    const one = await near.sealData(new Uint8Array(100_000), { to: "far" });
    const altered = (await near.sealData(encoder.encode("x"))).map((byte, i, { length }) =>
      i === length - 1 ? byte ^ 1 : byte,
    );
    const codes = {
      replayed: await thrown(() => far.openData(sealed, "near")),
      altered: await thrown(() => far.openData(altered, "near")),
      "another sender": await thrown(() => third.openData(sealed, "far")),
      "not for us": await thrown(() => third.openData(one, "near")),
      "for us": await thrown(() => far.openData(one, "near")),
      empty: await thrown(async () => far.openData(await near.sealData(new Uint8Array()), "near")),
      "as long as can be": await thrown(async () =>
        far.openData(await near.sealData(new Uint8Array(16 << 20)), "near"),
      ),
      "too long": await thrown(() => near.sealData(new Uint8Array((16 << 20) + 1))),
      "no bytes": await thrown(() => near.sealData("text")),
      "no sender": await thrown(() => far.openData(sealed)),
    };
    await sealframe.close();
    return { opened, codes };
  },

  /**
   * Mallory seals under the KID of alice and under the next one.
   * @returns whether alice's messages still open
   */
  async "taken KID"({ source, count }) {
    const sealframe = await Sealframe.start({ device: false });
    const { passphrase, call: room, secret } = await shared(source);
    const keys = () =>
      Object.fromEntries(["alice", "bob", "mallory"].map((name) => [name, secret.slice()]));
    const join = (as) =>
      sealframe.join(room, {
        as,
        ...(source === "application" ? { keys: keys() } : { passphrase }),
      });
    const [alice, bob] = [await join("alice"), await join("bob")];
    const kid = dataKid(await alice.sealData(encoder.encode("not delivered")));
    const mallory = await senderKey(secret, source, "mallory");
    const forged = await Promise.all(
      [kid, kid + 1n].map((kid) => forge(mallory, kid, encoder.encode("mine"))),
    );
    const codes = [];
    for (const message of forged) codes.push(await thrown(() => bob.openData(message, "mallory")));
    codes.push(await thrown(() => bob.openData(forged[0], "alice")));
    const opened = [await passing(alice, bob, count)];
    const { shown, dropped } = await shows(alice, bob);
    if (source === "application") await bob.setKeys({ alice: secret.slice(), bob: secret.slice() });
    opened.push(await passing(alice, bob, count));
    await sealframe.close();
    return { codes, opened, shown, dropped };
  },

  /** Members that share only a passphrase. Its Unicode form does not matter. */
  async passphrase() {
    const progress = [];
    const sealframe = await Sealframe.start({
      device: false,
      onprogress: (step) => progress.push(step),
    });
    const join = (as, passphrase) => sealframe.join("passphrase", { as, passphrase });
    const [near, far, wrong] = [
      await join("near", "Größe 密码"),
      await join("far", "Gro\u0308ße 密码"),
      await join("wrong", "Grosse 密码"),
    ];
    const { shown } = await shows(near, far);
    const data = await reaches(far, near);
    near.limit = 2_000;
    const other = await shows(near, wrong);
    // Both are set without waiting. The last one counts.
    const [last, steps] = [[], [...progress]];
    for (let i = 0; i < 6; i++) {
      const call = await sealframe.join("passphrase", { as: `${i}` });
      const words = i % 2 ? ["Größe 密码", "Grosse 密码"] : ["Grosse 密码", "Größe 密码"];
      await Promise.all(words.map((one) => call.setPassphrase(one)));
      last.push(await reaches(call, near, i % 2 ? 1_000 : undefined));
    }
    const codes = [
      await thrown(() => join("x", "")),
      await thrown(() => join("x", 5)),
      await thrown(() => near.setKeys({ near: new Uint8Array(32) })),
    ];
    await sealframe.close();
    return { shown, data, other, last, codes, progress: steps };
  },
};

/** A secret that all members of a call share. */
async function shared(source) {
  if (source === "application")
    return { call: "shared", secret: crypto.getRandomValues(new Uint8Array(32)) };
  const { calls } = await (await fetch("/vectors/sealframe-passphrase.json")).json();
  const { passphrase, call, callKey } = calls[0];
  return {
    passphrase,
    call,
    secret: Uint8Array.from(callKey.match(/../g), (byte) => parseInt(byte, 16)),
  };
}

/** The number of messages that open, of `count`. */
async function passing(from, to, count) {
  let opened = 0;
  for (let i = 0; i < count; i++) {
    const sealed = await from.sealData(encoder.encode(`${i}`));
    opened += (await thrown(() => to.openData(sealed, from.self))) === "nothing";
  }
  return opened;
}

globalThis.ready = true;
