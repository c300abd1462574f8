// The smallest application: a device in a call, then a call with a passphrase.
import { Sealframe } from "sealframe";

globalThis.scenarios = {
  async device() {
    const sealframe = await Sealframe.start();
    const call = await sealframe.join("room");
    await call.setMembers([]);
    await call.sealData(new Uint8Array(10));
    const { id } = sealframe.bundle;
    await sealframe.logOut();
    return id;
  },

  async passphrase() {
    const sealframe = await Sealframe.start({ device: false });
    const join = (as) => sealframe.join("room", { passphrase: "correct horse battery staple", as });
    const [alice, bob] = [await join("alice"), await join("bob")];
    const sealed = await alice.sealData(new TextEncoder().encode("hello"));
    const text = new TextDecoder().decode(await bob.openData(sealed, "alice"));
    await sealframe.close();
    return text;
  },
};
globalThis.ready = true;
