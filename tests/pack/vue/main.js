// Instances that an application keeps in Vue's ref() and reactive(), and the result of each method
// there.
import { Call, Sealframe, SealframeError } from "sealframe";
import { reactive, ref } from "vue";

const PASSPHRASE = "correct horse battery staple";
const bytes = () => new Uint8Array(10);

globalThis.scenarios = {
  names: () => [Sealframe, Call, SealframeError].map(({ name }) => name),

  /** Results by class and method: "done", or the code or text of an error. */
  async methods() {
    const said = {};
    const kept = ref(await Sealframe.start());
    const state = reactive({ call: await kept.value.join("room"), deep: { list: [kept.value] } });
    await each(said, () => state.call, {
      addEventListener: (call) => call.addEventListener("error", () => {}),
      configuration: (call) => call.configuration({ iceServers: [] }),
      ...{ ...connection(), setMembers: (call) => call.setMembers([]) },
      setKeys: (call) => call.setKeys({}),
      setPassphrase: (call) => call.setPassphrase(PASSPHRASE),
      sealData: (call) => call.sealData(bytes()),
      openData: (call) => call.openData(bytes(), kept.value.bundle.id),
      receive: (call) => call.receive(bytes()),
      rotate: (call) => call.rotate(),
      reconnected: (call) => call.reconnected(),
      stats: (call) => call.stats(),
      close: (call) => call.close(),
    });
    await each(said, () => state.deep.list[0], {
      join: (sealframe) => sealframe.join("another room"),
      safetyNumber: (sealframe) => sealframe.safetyNumber(sealframe.bundle),
      forgetDevice: (sealframe) => sealframe.forgetDevice("nobody", sealframe.bundle.id),
      recoveryFile: (sealframe) => sealframe.recoveryFile(),
      logOut: (sealframe) => sealframe.logOut(),
      close: (sealframe) => sealframe.close(),
    });
    return { said, there: { Call: methods(Call), Sealframe: methods(Sealframe) } };
  },
};
globalThis.ready = true;

/** `seal()` and `open()` of a real connection. */
function connection() {
  const pc = new RTCPeerConnection({ encodedInsertableStreams: true });
  const { sender, receiver } = pc.addTransceiver("video");
  return {
    seal: (call) => call.seal(sender, { track: "camera" }),
    open: (call) => call.open(receiver, { from: "0".repeat(32), track: "camera" }),
  };
}

async function each(said, instance, calls) {
  for (const [name, call] of Object.entries(calls)) {
    const outcome = Promise.resolve().then(() => call(instance()));
    const text = await outcome.then(
      () => "done",
      (error) => error.code ?? `${error}`,
    );
    said[`${Object.prototype.toString.call(instance())} ${name}`] = text;
  }
}

/** The public methods. Private ones have no names. */
function methods({ prototype }) {
  return Object.getOwnPropertyNames(prototype).filter(
    (name) =>
      name !== "constructor" &&
      typeof Object.getOwnPropertyDescriptor(prototype, name).value === "function",
  );
}
