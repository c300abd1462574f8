// Recovery files, in this browser and in another: scenarios for recovery-file.test.mjs.
import { Sealframe } from "/dist/index.js";
import { keys } from "./at-rest.js";
import { converse } from "./conversation.js";
import { databases, hex, PASSWORD, rows, using } from "./profile.js";
import { thrown } from "./thrown.js";

globalThis.scenarios = {
  /** A device is made recoverable, deleted, and restored from its file. */
  async recovery(options) {
    const name = "recovery";
    const progress = [];
    const onprogress = (step) => progress.push(step);
    const made = await using(
      { name, ...options, recovery: { password: PASSWORD }, onprogress },
      async (sealframe) => {
        const file = await sealframe.recoveryFile();
        return { id: sealframe.bundle.id, file, call: await converse(sealframe, "before") };
      },
    );
    const again = await using({ name }, async (sealframe) => {
      const same = hex(await sealframe.recoveryFile()) === hex(made.file);
      await sealframe.logOut();
      return same;
    });
    const gone = !(await databases()).includes("sealframe:recovery");
    const refused = await refusals(name, made.file);
    const untouched = !(await databases()).includes("sealframe:recovery");
    const restored = await restore(name, made.file);
    return {
      id: made.id,
      file: [...made.file],
      call: made.call,
      progress,
      again,
      gone,
      refused,
      untouched,
      restored,
    };
  },

  restore: ({ name, file }) => restore(name, Uint8Array.from(file)),

  /**
   * A file with a right password and wrong keys, in a profile without a device and in one with a
   * device.
   */
  async mismatched(file) {
    const options = {
      name: "mismatched",
      restore: { file: Uint8Array.from(file), password: PASSWORD },
    };
    const empty = await thrown(() => Sealframe.start(options));
    const made = (await databases()).includes("sealframe:mismatched");
    const id = await using({ name: "mismatched" }, ({ bundle }) => bundle.id);
    const codes = [empty, await thrown(() => Sealframe.start(options))];
    const kept = await using({ name: "mismatched" }, async (sealframe) => {
      await sealframe.logOut();
      return sealframe.bundle.id === id;
    });
    return { codes, made, kept };
  },

  /** Restores a file in a profile that has another device. */
  async "other device"(file) {
    return using({ name: "keeper" }, async ({ bundle }) => {
      const options = {
        name: "keeper",
        restore: { file: Uint8Array.from(file), password: PASSWORD },
      };
      const code = await thrown(() => Sealframe.start(options));
      const id = await using({ name: "keeper" }, (sealframe) => sealframe.bundle.id);
      const none = await using({ name: "keeper" }, (sealframe) =>
        thrown(() => sealframe.recoveryFile()),
      );
      await using({ name: "keeper" }, (sealframe) => sealframe.logOut());
      return { code, kept: id === bundle.id, none };
    });
  },
};

/** The codes of files and passwords that cannot be restored. */
async function refusals(name, file) {
  const start = (file, password) =>
    thrown(() => Sealframe.start({ name, restore: { file, password } }));
  const changed = (at) => file.map((byte, i) => (i === at ? byte ^ 1 : byte));
  return {
    "wrong password": await start(file, "Correct horse battery staple"),
    "no password": await start(file),
    "no file": await start(undefined, PASSWORD),
    "not a file": await start(new Uint8Array(100), PASSWORD),
    "cut short": await start(file.subarray(0, 80), PASSWORD),
    "salt changed": await start(changed(30), PASSWORD),
    "last byte changed": await start(changed(file.length - 1), PASSWORD),
    "later version": await start(changed(18), PASSWORD),
  };
}

/**
 * Restores a device in an empty profile.
 * @returns what shows that it is the same, and that its keys are locked
 */
async function restore(name, file) {
  const result = await using(
    { name, restore: { file, password: PASSWORD } },
    async (sealframe) => ({
      id: sealframe.bundle.id,
      file: hex(await sealframe.recoveryFile()) === hex(file),
      call: await converse(sealframe, "after"),
    }),
  );
  const { value } = (await rows(`sealframe:${name}`)).find(({ key }) => key === "device");
  const extractable = keys(value).filter(
    ({ type, extractable }) => type !== "public" && extractable,
  ).length;
  const twice = await using({ name, restore: { file, password: PASSWORD } }, async (sealframe) => {
    const { id } = sealframe.bundle;
    await sealframe.logOut();
    return id === result.id;
  });
  return { ...result, extractable, twice };
}

globalThis.ready = true;
